/** Matches a line that git writes between the two versions of a conflict. */
const MARKER = /^(?:<{7}|\|{7}|={7}|>{7})(?:[ \r]|$)/

/** Matches the lines with which every conflict begins and ends. A line of `=` may also underline a heading. */
const BEGIN_OR_END = /^(?:<{7}|>{7})(?: |\r?$)/m

/** The problem with a text in which a merge was not finished. */
export const CONFLICT = 'has the markers of a merge conflict'

/** Returns whether a line is one of the markers that git writes into a file with a merge conflict. */
export function isConflictMarker(line: string): boolean {
  return MARKER.test(line)
}

/** Returns whether a text has the markers of a merge conflict. */
export function hasConflict(text: string): boolean {
  return BEGIN_OR_END.test(text)
}
