import type { BoardColumn, Lane } from '../api.js'

export interface ColumnName {
  readonly column: BoardColumn
  readonly name: string
}

/** The board's columns, from left to right. (The server maps a lane to its column: `dashboard/project/lane-columns.ts`.) */
export const COLUMNS: readonly ColumnName[] = [
  { column: 'planned', name: 'Planned' },
  { column: 'doing', name: 'Doing' },
  { column: 'for_review', name: 'For review' },
  { column: 'approved', name: 'Approved' },
  { column: 'done', name: 'Done' },
]

export const LANE_NAMES: Readonly<Record<Lane, string>> = {
  genesis: 'Genesis',
  planned: 'Planned',
  blocked: 'Blocked',
  claimed: 'Claimed',
  in_progress: 'In progress',
  for_review: 'For review',
  in_review: 'In review',
  approved: 'Approved',
  done: 'Done',
  canceled: 'Canceled',
}

/** The lanes that a reader can filter by. */
export const LANE_CHOICES: readonly { readonly value: string; readonly name: string }[] = Object.entries(
  LANE_NAMES,
)
  .filter(([lane]) => lane !== 'genesis')
  .map(([value, name]) => ({ value, name }))

/** Returns the display name of a lane; a lane that this version does not know is shown as it is. */
export function laneName(lane: string): string {
  return isLane(lane) ? LANE_NAMES[lane] : lane
}

export function isLane(lane: string): lane is Lane {
  return Object.hasOwn(LANE_NAMES, lane)
}
