import type { IdConflict } from './id-conflicts.js'
import { sameId } from './package-ids.js'

/** A part of a log that could not be read, and may contain the last lane change of a package. */
export interface LogGap {
  /** The package that the part is about; null if that is unknown, so that it may be about any package. */
  readonly wp: string | null
  readonly what: string
  /**
   * The packages that a later line moves, as `sameId` returns them. Their last lane change is known, whatever the unread
   * part contains.
   */
  readonly settled: readonly string[]
  /** Whether the part is the end of the file, which may still be being written. */
  readonly is_end: boolean
}

interface Place {
  readonly line: number
  readonly what: string
}

/**
 * The unread parts of one copy of a log, and the lines that move packages. Of several unread parts about a package, the
 * last one counts.
 */
export interface FileGaps {
  /** How many lines at the beginning of this copy are the same as in the first copy. */
  skipped: number
  /** The last unread part that may be about any package. */
  any: Place | null
  /** The last line, if it is cut off. */
  end: (Place & { readonly wp: string | null }) | null
  readonly own: Map<string, Place>
  /** The first lane changes that do not count because of their ids. */
  readonly conflicts: IdConflict[]
  /** The last line that moves each package. */
  readonly moved: Map<string, number>
  lastMove: number
}

/** The maximum number of packages that are tracked. */
const MAX_NAMED = 2000

export function noGaps(): FileGaps {
  return { skipped: 0, any: null, end: null, own: new Map(), conflicts: [], moved: new Map(), lastMove: 0 }
}

/** Records that a part of a copy was not read. If nothing moves between several such parts, only the first is recorded. */
export function addGap(gaps: FileGaps, wp: string | null, place: Place): void {
  const { any, own, lastMove } = gaps
  if (wp !== null && (own.size < MAX_NAMED || own.has(wp))) own.set(wp, place)
  else gaps.any = any === null || lastMove > any.line ? place : { ...any, line: place.line }
}

export function addMove(gaps: FileGaps, wp: string, line: number): void {
  gaps.moved.set(wp, line)
  gaps.lastMove = line
}

/** Returns the gaps of each copy because of which the lane of a package is unknown. */
export function openGaps(files: readonly FileGaps[]): readonly (readonly LogGap[])[] {
  const known = new Set(files.flatMap(({ moved }) => [...moved.keys()]))
  return files.map((file) => {
    const { any, end, own } = file
    // The lines that a copy shares with the first one are in both.
    const same = (line: number): readonly FileGaps[] =>
      files.filter((other) => other === file || (file === files[0] && other.skipped >= line))
    const isSettled = (wp: string, line: number): boolean =>
      same(line).some(({ moved }) => (moved.get(wp) ?? 0) > line)
    const settled = any === null ? [] : [...known].filter((wp) => isSettled(wp, any.line)).map(sameId)
    const open = [...own].filter(([wp, { line }]) => !isSettled(wp, line))
    return [
      ...(any === null ? [] : [{ wp: null, what: any.what, settled, is_end: false }]),
      ...open.map(([wp, { what }]) => ({ wp, what, settled: [], is_end: false })),
      ...(end === null ? [] : [{ wp: end.wp, what: end.what, settled: [], is_end: true }]),
    ]
  })
}

const NAMED = /"(?:wp_id|work_package_id)"\s*:\s*"([^"\\]{1,200})"/g

/** Matches an object that begins where none is allowed: a line was cut off, and the next one was appended to it. */
const STUCK = /[^\s:,[]\s*\{/

/** Returns the only package that parts of a line name; null if they name none or several, or do not belong to a single line. */
export function packageNamedIn(parts: readonly string[]): string | null {
  const names = new Set(parts.flatMap((part) => [...part.matchAll(NAMED)].map(([, name]) => name ?? '')))
  const [name, ...others] = names
  return name === undefined || others.length > 0 || parts.some((part) => STUCK.test(part)) ? null : name
}
