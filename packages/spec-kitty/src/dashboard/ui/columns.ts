import type { BoardColumn, Lane, WorkPackage } from '../api.js'

export interface ColumnName {
  readonly column: BoardColumn
  readonly name: string
}

/** The board's columns, from left to right. */
export const COLUMNS: readonly ColumnName[] = [
  { column: 'planned', name: 'Planned' },
  { column: 'doing', name: 'Doing' },
  { column: 'for_review', name: 'For review' },
  { column: 'approved', name: 'Approved' },
  { column: 'done', name: 'Done' },
]

const LANE_NAMES: Readonly<Record<Lane, string>> = {
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

/** Returns the display name of a lane; a lane that this version does not know is shown as it is. */
export function laneName(lane: string): string {
  return isLane(lane) ? LANE_NAMES[lane] : lane
}

export function isLane(lane: string): lane is Lane {
  return Object.hasOwn(LANE_NAMES, lane)
}

/** Returns the packages in one column, in the order given. */
export function inColumn(packages: readonly WorkPackage[], column: BoardColumn): readonly WorkPackage[] {
  return packages.filter((workPackage) => workPackage.column === column)
}

/** Returns the counts in words, in the order of the columns: `1 doing, 3 done`; null when nothing is on the board. */
export function describeCounts(counts: Readonly<Record<BoardColumn, number>>): string | null {
  const parts = COLUMNS.filter(({ column }) => counts[column] > 0).map(
    ({ column, name }) => `${counts[column]} ${name.toLowerCase()}`,
  )
  return parts.length === 0 ? null : parts.join(', ')
}
