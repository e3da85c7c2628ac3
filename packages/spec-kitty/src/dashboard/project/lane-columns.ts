import type { BoardColumn, Lane } from '../api.js'

interface LanePlace {
  /** The column on the board; null if packages in this lane are not on the board. */
  readonly column: BoardColumn | null
  /** How much of a package in this lane counts as finished, from 0 to 1; null if the package does not count for the progress. */
  readonly weight: number | null
}

/** A canceled package is shown in Done, but its work was not done, so it does not count for the progress. */
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

/**
 * The position of a package without a lane, or in a lane of a later version. It is in no column, and its work counts as
 * not done.
 */
const UNKNOWN: LanePlace = { column: null, weight: 0 }

/** Other names of lanes: the first versions of the tool said `doing`, and people write `cancelled`. */
const ALIASES: ReadonlyMap<string, Lane> = new Map([
  ['doing', 'in_progress'],
  ['cancelled', 'canceled'],
])

/** Returns the lane that a text names, in any spelling; the text itself if this version does not know the lane. */
export function laneNamed(text: string): string {
  if (isLane(text)) return text
  const name = text.trim().toLowerCase().replaceAll(/[ -]/g, '_')
  const lane = ALIASES.get(name) ?? name
  return isLane(lane) ? lane : text
}

/** Folders below `tasks`. In projects without a log, the folder of a prompt determines the lane of its package. */
export const LANE_FOLDERS: readonly string[] = ['planned', 'doing', 'for_review', 'done']

/** Returns whether this version knows the lane. */
export function isLane(lane: string): lane is Lane {
  return Object.hasOwn(LANES, lane)
}

/** Returns the column of a lane; null if the lane is missing, unknown, or not on the board. */
export function columnOf(lane: string | null): BoardColumn | null {
  return placeOf(lane).column
}

/** Returns how much of a package in this lane counts as finished, from 0 to 1; null: it is left out of the progress. */
export function weightOf(lane: string | null): number | null {
  return placeOf(lane).weight
}

/** Returns whether packages that depend on a package in this lane can begin. */
export function isSatisfied(lane: string | null): boolean {
  return lane === 'approved' || lane === 'done'
}

/** Returns whether an agent should be working on a package in this lane. */
export function isAtWork(lane: string | null): boolean {
  return columnOf(lane) === 'doing' || lane === 'in_review'
}

function placeOf(lane: string | null): LanePlace {
  return lane !== null && isLane(lane) ? LANES[lane] : UNKNOWN
}
