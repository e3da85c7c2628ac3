import type { BoardColumn, Lane } from '../api.js'
import { columnOf, isLane, weightOf } from './lane-columns.js'

/** Returns how many packages are in each lane that this version knows. */
export function countLanes(lanes: readonly (string | null)[]): Readonly<Partial<Record<Lane, number>>> {
  const counts: Partial<Record<Lane, number>> = {}
  for (const lane of lanes) if (lane !== null && isLane(lane)) counts[lane] = (counts[lane] ?? 0) + 1
  return counts
}

/** Returns how many packages are in each column. */
export function countColumns(lanes: readonly (string | null)[]): Readonly<Record<BoardColumn, number>> {
  const counts = { planned: 0, doing: 0, for_review: 0, approved: 0, done: 0 }
  for (const lane of lanes) {
    const column = columnOf(lane)
    if (column !== null) counts[column] += 1
  }
  return counts
}

/**
 * Returns the progress from 0 to 1; null if nothing is on the board, or everything on it is canceled. What is not on the board
 * because its lane is not known counts as 0.
 */
export function progressOf(lanes: readonly (string | null)[]): number | null {
  const weights = lanes.flatMap((lane) => weightOf(lane) ?? [])
  if (lanes.every((lane) => columnOf(lane) === null)) return null
  return weights.length === 0 ? null : weights.reduce((sum, weight) => sum + weight, 0) / weights.length
}
