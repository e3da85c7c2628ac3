/** Counts the events of one copy that the main checkout does not have. */
export interface OwnEvents {
  /** Returns how many a line adds: 1 or 0. `isNew`: whether no line before had this event. */
  line(event: { readonly id: string; readonly line: number; readonly isNew: boolean }): number
  /** Returns how many are in the first lines of the copy, which are those of the first copy. */
  skip(lines: number): number
}

/**
 * Returns a counter for the events of each copy of a log that the main checkout does not have. Two worktrees that have the
 * same event count it both. Copies are numbered from 0, and that of the main checkout comes first.
 */
export function countOwnEvents() {
  /** The events that the main checkout does not have, each with the last copy that counted it. */
  const counted = new Map<string, number>()
  /** Those of the first copy, if it is not that of the main checkout: later copies may begin with the same lines. */
  const first: { readonly line: number; readonly id: string }[] = []
  const count = (copy: number, id: string): number => {
    if (counted.get(id) === copy) return 0
    counted.set(id, copy)
    return 1
  }
  return (copy: number, isMain: boolean): OwnEvents => ({
    line({ id, line, isNew }) {
      if (isMain || (!isNew && !counted.has(id))) return 0
      if (copy === 0) first.push({ line, id })
      return count(copy, id)
    },
    skip: (lines) => first.reduce((sum, { line, id }) => (line <= lines ? sum + count(copy, id) : sum), 0),
  })
}
