/** More letters than this are no slip of the finger. */
const MOST_EDITS = 2

/**
 * Returns the candidate that was probably meant by a mistyped word: one that differs in at most two letters that are
 * missing, too many, wrong or swapped, and by less than half of the word. Null if there is none.
 */
export function nearest(word: string, candidates: readonly string[]): string | null {
  const typed = word.toLowerCase()
  const most = Math.min(MOST_EDITS, Math.floor((typed.length - 1) / 2))
  const distances = candidates.map((candidate) => editsBetween(typed, candidate.toLowerCase()))
  const least = Math.min(...distances)
  return least <= most ? (candidates[distances.indexOf(least)] ?? null) : null
}

/** Returns how many letters must be inserted, removed, replaced, or swapped with their neighbour. */
function editsBetween(one: string, other: string): number {
  const rows = [Array.from({ length: other.length + 1 }, (_, column) => column)]
  const at = (row: number, column: number): number => rows[row]?.[column] ?? Infinity
  for (let row = 1; row <= one.length; row++) {
    const current = [row]
    rows.push(current)
    for (let column = 1; column <= other.length; column++) {
      const isSame = one[row - 1] === other[column - 1]
      const isSwapped = one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1]
      const edits = [
        at(row - 1, column) + 1,
        at(row, column - 1) + 1,
        at(row - 1, column - 1) + (isSame ? 0 : 1),
        isSwapped ? at(row - 2, column - 2) + 1 : Infinity,
      ]
      current.push(Math.min(...edits))
    }
  }
  return at(one.length, other.length)
}
