import type { LogGap } from './log-gaps.js'
import { isLater, type LaneMove } from './lane-history.js'

/** A lane change that does not count, because an earlier line has its id and says something else. */
export interface IdConflict {
  readonly wp: string
  readonly move: LaneMove
  /** The package that the earlier line moves; null if that line moves none. */
  readonly counted: string | null
  readonly what: string
}

/** The maximum number of conflicts in one copy of a log that are compared with the lanes. */
export const MAX_CONFLICTS = 200

const ENDING = 'and does not count'

export function conflictText(id: string): string {
  return `has the event_id of another event, ${id}, ${ENDING}`
}

/** Returns whether a problem is about a conflict, so that the line was read. */
export function isConflictText(what: string): boolean {
  return what.startsWith('line ') && what.endsWith(ENDING)
}

/**
 * Returns the conflicts that leave the lane of a package open: it would be another one if the line that does not count did,
 * beside the earlier one or in its place. Lines that differ only in their reasons, or whose times are before the last
 * change, leave nothing open.
 */
export function openConflicts(
  conflicts: readonly IdConflict[],
  moves: ReadonlyMap<string, readonly LaneMove[]>,
): readonly LogGap[] {
  return conflicts.flatMap(({ wp, move, counted, what }) =>
    [...new Set(counted === null ? [wp] : [wp, counted])].flatMap((one) => {
      const own = moves.get(one) ?? []
      const others = own.filter(({ id }) => id !== move.id)
      const possible =
        one === wp
          ? [
              [...own, move],
              [...others, move],
            ]
          : [others]
      const lane = laneAfter(own)
      return possible.every((some) => laneAfter(some) === lane)
        ? []
        : [{ wp: one, what, settled: [], is_end: false }]
    }),
  )
}

function laneAfter(moves: readonly LaneMove[]): string | null {
  const [first, ...rest] = moves
  return first === undefined
    ? null
    : rest.reduce((last, move) => (isLater(last, move) ? last : move), first).lane
}
