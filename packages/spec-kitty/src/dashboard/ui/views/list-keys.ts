/** Moves the focus through the rows of a list with the arrow keys, Home and End. */
export function moveInList(event: KeyboardEvent): void {
  if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return
  const list = event.currentTarget
  const from = event.target instanceof Element ? event.target.closest<HTMLElement>('[data-row-link]') : null
  if (from === null || !(list instanceof HTMLElement)) return
  const rows = [...list.querySelectorAll<HTMLElement>('[data-row-link]')]
  const next = neighbour(rows, rows.indexOf(from), event.key)
  if (next === undefined) return
  event.preventDefault()
  next.focus()
}

function neighbour(rows: readonly HTMLElement[], at: number, key: string): HTMLElement | undefined {
  switch (key) {
    case 'ArrowUp':
      return rows[at - 1]
    case 'ArrowDown':
      return rows[at + 1]
    case 'Home':
      return rows[0]
    case 'End':
      return rows.at(-1)
    default:
      return undefined
  }
}
