/** What stands in an input or textarea now: uni-app's event carries it, though the browser's type does not say so. */
export function inputValue(event: Event): string {
  return (event as unknown as { detail: { value: string } }).detail.value
}
