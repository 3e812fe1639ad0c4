const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

/** A key of letters and digits that nobody can guess; WeChat takes no others. */
export function randomKey(length: number): string {
  const key: string[] = []
  while (key.length < length) {
    // A byte beyond the last whole turn of the alphabet would make some letters likelier.
    const usable = [...crypto.getRandomValues(new Uint8Array(length))].filter((one) => one < 248)
    key.push(...usable.map((one) => LETTERS[one % LETTERS.length]!))
  }
  return key.slice(0, length).join('')
}

export const TOKEN_LENGTH = 32
export const AES_KEY_LENGTH = 43
