interface Steps {
  undo: () => void
  redo: () => void
}

/** Ctrl + Z and Ctrl + Shift + Z for a draft; in a field they stay what they are there. */
export function undoByKey(event: KeyboardEvent, steps: Steps): void {
  const typing = event.target instanceof HTMLInputElement || event.target instanceof HTMLTextAreaElement
  if (typing || !(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== 'z') return
  event.preventDefault()
  if (event.shiftKey) steps.redo()
  else steps.undo()
}
