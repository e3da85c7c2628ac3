import type { BoardColumn, Lane } from '../api.js'

interface LanePlace {
  /** Null: not on the board. */
  readonly column: BoardColumn | null
  /** How much of a package in this lane counts as finished, from 0 to 1; null: it is left out of the progress. */
  readonly weight: number | null
}

/** A canceled package is shown in Done, but its work was not done, so it is left out of the progress. */
const LANES: Readonly<Record<Lane, LanePlace>> = {
  genesis: { column: null, weight: null },
  planned: { column: 'planned', weight: 0 },
  blocked: { column: 'planned', weight: 0 },
  claimed: { column: 'doing', weight: 0.05 },
  in_progress: { column: 'doing', weight: 0.3 },
  for_review: { column: 'for_review', weight: 0.6 },
  in_review: { column: 'for_review', weight: 0.7 },
  approved: { column: 'approved', weight: 0.8 },
  done: { column: 'done', weight: 1 },
  canceled: { column: 'done', weight: null },
}

/** A lane of a later version counts as planned: its work is not known to have begun. */
const UNKNOWN: LanePlace = { column: 'planned', weight: 0 }

/** The lane of a package that no event names. */
export const FIRST_LANE: Lane = 'planned'

/** Returns whether this version knows the lane. */
export function isLane(lane: string): lane is Lane {
  return Object.hasOwn(LANES, lane)
}

/** Returns the column of a lane; null if it is not on the board, Planned for an unknown lane. */
export function columnOf(lane: string): BoardColumn | null {
  return placeOf(lane).column
}

/** Returns how many packages are in each column. */
export function countColumns(lanes: readonly string[]): Readonly<Record<BoardColumn, number>> {
  const counts = { planned: 0, doing: 0, for_review: 0, approved: 0, done: 0 }
  for (const lane of lanes) {
    const column = columnOf(lane)
    if (column !== null) counts[column] += 1
  }
  return counts
}

/** Returns the progress from 0 to 1; null if nothing is on the board, 1 if everything on it is canceled. */
export function progressOf(lanes: readonly string[]): number | null {
  const weights = lanes.flatMap((lane) => placeOf(lane).weight ?? [])
  if (weights.length > 0) return weights.reduce((sum, weight) => sum + weight, 0) / weights.length
  return lanes.some((lane) => columnOf(lane) !== null) ? 1 : null
}

function placeOf(lane: string): LanePlace {
  return isLane(lane) ? LANES[lane] : UNKNOWN
}
