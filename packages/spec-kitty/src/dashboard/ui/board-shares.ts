import type { BoardColumn, MissionSummary } from '../api.js'
import { COLUMNS, LANE_NAMES } from './board-words.js'

/** The groups in which the packages of a mission are counted: the columns, and a separate group for canceled packages. */
export type ShareName = BoardColumn | 'canceled'

export interface Share {
  readonly share: ShareName
  readonly name: string
  readonly count: number
}

/**
 * Returns how many packages are in each column, and how many are canceled. Canceled ones are in the column Done, but are
 * not counted as done.
 */
export function sharesOf({ counts, lanes }: Pick<MissionSummary, 'counts' | 'lanes'>): readonly Share[] {
  const canceled = lanes.canceled ?? 0
  const columns = COLUMNS.map(({ column, name }) => ({
    share: column,
    name,
    count: column === 'done' ? counts.done - canceled : counts[column],
  }))
  return [...columns, { share: 'canceled', name: LANE_NAMES.canceled, count: canceled }]
}

type Counted = Pick<
  MissionSummary,
  'counts' | 'lanes' | 'not_finalised' | 'unknown_lanes' | 'unread_lanes' | 'lanes_in_doubt'
>

/**
 * Returns the counts in words, in the order of the columns, then canceled packages and those in no column: `1 doing, 3
 * done, 2 not finalised`; null if there is nothing to count.
 */
export function describeCounts(mission: Counted): string | null {
  const { not_finalised: open, unknown_lanes: unknown, unread_lanes: unread } = mission
  const parts = sharesOf(mission)
    .filter(({ count }) => count > 0)
    .map(({ name, count }) => `${count} ${name.toLowerCase()}`)
  if (open > 0) parts.push(`${open} not finalised`)
  if (unread > 0) parts.push(`${unread} not readable`)
  if (unknown > 0) parts.push(`${unknown} in an unknown lane`)
  if (mission.lanes_in_doubt > 0) parts.push(`${mission.lanes_in_doubt} of these in doubt`)
  return parts.length === 0 ? null : parts.join(', ')
}

/** A segment of the bar that shows the progress of a mission. The whole bar has the length 1. */
export interface BarSegment {
  readonly column: BoardColumn
  readonly start: number
  readonly end: number
}

/**
 * Divides the progress of a mission among the columns in which work has begun, in proportion to their packages, in the
 * order of the board. Canceled packages do not count, unless all are canceled.
 */
export function segmentsOf({ counts, lanes }: Pick<MissionSummary, 'counts' | 'lanes'>, progress: number) {
  const canceled = lanes.canceled ?? 0
  const begun = COLUMNS.filter(({ column }) => column !== 'planned').map(({ column }) => ({
    column,
    count: column === 'done' ? Math.max(0, counts.done - canceled) : counts[column],
  }))
  const total = begun.reduce((sum, { count }) => sum + count, 0)
  if (total === 0) return progress === 0 ? [] : [{ column: 'done' as const, start: 0, end: progress }]
  let from = 0
  const segments: readonly BarSegment[] = begun.map(({ column, count }) => {
    const start = from
    from += (count / total) * progress
    return { column, start, end: from }
  })
  return segments.filter(({ start, end }) => end > start)
}

/** Returns the share of packages that are in no column, among those that count for the progress. */
export function shareInNoColumn(mission: Pick<MissionSummary, 'counts' | 'lanes'> & Counted): number {
  const { counts, lanes, not_finalised: open, unknown_lanes: unknown } = mission
  const shown = Object.values(counts).reduce((sum, count) => sum + count, 0) - (lanes.canceled ?? 0)
  return open + unknown === 0 ? 0 : (open + unknown) / (open + unknown + shown)
}
