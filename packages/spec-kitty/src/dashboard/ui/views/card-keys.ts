/**
 * Moves the focus: up and down within a column, to its ends with Home and End, left and right to the same row of the next
 * column that has cards.
 */
export function moveBetweenCards(event: KeyboardEvent): void {
  if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return
  const from = event.target instanceof Element ? event.target.closest<HTMLElement>('[data-card-link]') : null
  const board = event.currentTarget
  if (from === null || !(board instanceof HTMLElement)) return
  const columns = [...board.querySelectorAll('section')].map(cardsOf)
  const column = columns.findIndex((cards) => cards.includes(from))
  const row = columns[column]?.indexOf(from) ?? 0
  const next = neighbour(columns, column, row, event.key)
  if (next === undefined) return
  event.preventDefault()
  next.focus()
}

function cardsOf(column: Element): HTMLElement[] {
  return [...column.querySelectorAll<HTMLElement>('[data-card-link]')]
}

function neighbour(columns: readonly HTMLElement[][], column: number, row: number, key: string) {
  switch (key) {
    case 'ArrowUp':
      return columns[column]?.[row - 1]
    case 'ArrowDown':
      return columns[column]?.[row + 1]
    case 'Home':
      return columns[column]?.[0]
    case 'End':
      return columns[column]?.at(-1)
    case 'ArrowLeft':
      return atHeight(columns.slice(0, Math.max(0, column)).findLast(hasCards), row)
    case 'ArrowRight':
      return atHeight(columns.slice(column + 1).find(hasCards), row)
    default:
      return undefined
  }
}

function hasCards(cards: readonly HTMLElement[]): boolean {
  return cards.length > 0
}

function atHeight(cards: readonly HTMLElement[] | undefined, row: number): HTMLElement | undefined {
  return cards?.[Math.min(row, cards.length - 1)]
}
