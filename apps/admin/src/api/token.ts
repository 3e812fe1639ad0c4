// The session token lives as long as the tab: on a shared ward computer, closing the browser signs out.
const KEY = 'kh.token'

export const token = {
  read: (): string | null => sessionStorage.getItem(KEY),
  keep: (value: string): void => sessionStorage.setItem(KEY, value),
  drop: (): void => sessionStorage.removeItem(KEY),
}
