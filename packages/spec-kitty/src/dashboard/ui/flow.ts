import type { FlowDay, PackageFlow, WorkPackage } from '../api.js'
import type { ShareName } from './board-shares.js'
import { formatCount, formatDuration } from './format.js'

/**
 * The columns from the bottom of the chart to its top, then canceled packages. Finished work is at the bottom, so that
 * its upper edge is the burn-up line.
 */
const STACK: readonly ShareName[] = ['done', 'approved', 'for_review', 'doing', 'planned', 'canceled']

export interface Area {
  readonly column: ShareName
  /** The points of a polygon in the format of SVG. */
  readonly points: string
}

export interface BurnUp {
  readonly areas: readonly Area[]
  /** The highest number of packages. */
  readonly top: number
}

const DAY_MS = 86_400_000

/**
 * Returns the areas of a burn-up chart of this size. The numbers of a day are those at its end, and days without changes
 * keep the numbers of the previous day, so the edges are steps.
 */
export function burnUp(days: readonly FlowDay[], width: number, height: number): BurnUp {
  const top = Math.max(1, ...days.map(({ total }) => total))
  const edges = edgesOf(days, width)
  return {
    top,
    areas: STACK.map((column, at) => {
      const upper = days.map((day) => height - (stacked(day, at + 1) / top) * height)
      const lower = days.map((day) => height - (stacked(day, at) / top) * height)
      const points = [...steps(edges, upper), ...steps(edges, lower).toReversed()]
      return { column, points: points.map(([x, y]) => `${round(x)},${round(y)}`).join(' ') }
    }),
  }
}

/** Returns the position at which each day begins, and at which the last one ends. */
function edgesOf(days: readonly FlowDay[], width: number): readonly number[] {
  const first = Date.parse(days[0]?.date ?? '')
  const end = Date.parse(days.at(-1)?.date ?? '') + DAY_MS
  const xOf = (ms: number) => (end > first ? ((ms - first) / (end - first)) * width : 0)
  return [...days.map(({ date }) => xOf(Date.parse(date))), width]
}

function steps(edges: readonly number[], heights: readonly number[]): readonly (readonly [number, number])[] {
  return heights.flatMap((y, at) => [[edges[at] ?? 0, y] as const, [edges[at + 1] ?? 0, y] as const])
}

function stacked(day: FlowDay, count: number): number {
  return STACK.slice(0, count).reduce((sum, column) => sum + countIn(day, column), 0)
}

/**
 * Returns how many packages were in a group. Canceled packages are a group of their own: they are in the column Done, but
 * do not count as done.
 */
export function countIn(day: FlowDay, column: ShareName): number {
  return column === 'done' ? day.done - day.canceled : day[column]
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}

/** How long a package took from Doing to Approved or, as long as it is on its way, has taken until now. */
export interface Span {
  readonly seconds: number
  readonly isOpen: boolean
}

/**
 * Returns the span of a package. Without `now`, only of one that was finished: null for a package that will not go on, that
 * has not begun, or that was finished after an unknown time.
 */
export function spanOf(
  { cycle_seconds: took, started_at: startedAt, finished_at: finishedAt }: PackageFlow,
  now: number | null,
): Span | null {
  if (took !== null) return { seconds: took, isOpen: false }
  if (now === null) return null
  const seconds = (now - Date.parse(startedAt ?? '')) / 1000
  return finishedAt === null && seconds >= 0 ? { seconds, isOpen: true } : null
}

/** Returns the median of the cycle times in seconds; null if there are none. */
export function medianCycle(packages: readonly PackageFlow[]): number | null {
  const times = packages
    .flatMap(({ cycle_seconds: seconds }) => seconds ?? [])
    .toSorted((one, other) => one - other)
  const middle = times.length / 2
  if (times.length === 0) return null
  return times.length % 2 === 1
    ? (times[Math.floor(middle)] ?? null)
    : ((times[middle - 1] ?? 0) + (times[middle] ?? 0)) / 2
}

/**
 * Returns the cycle times in words, and which packages have none: those that were never in Doing, because they have not begun or
 * because the log skips it, those whose lane is in doubt, because they may have been there, and canceled ones.
 */
export function describeCycles(
  packages: readonly PackageFlow[],
  all: readonly Pick<WorkPackage, 'id' | 'lane' | 'column' | 'lane_doubt'>[],
): string {
  const median = medianCycle(packages)
  const known = packages.filter(({ cycle_seconds: seconds }) => seconds !== null).length
  const unstarted = new Set(packages.filter((one) => one.started_at === null).map(({ id }) => id))
  const left = all.filter(({ id, lane }) => unstarted.has(id) && lane !== 'canceled')
  const certain = left.filter(({ lane_doubt: doubt }) => doubt === null)
  const waiting = certain.filter(({ column }) => column === 'planned').length
  const skipped = certain.filter(({ column }) => column !== 'planned' && column !== null).length
  const canceled = all.filter(({ lane }) => lane === 'canceled').length
  const words =
    median === null
      ? ': no cycle time is known yet.'
      : `: half of ${formatCount(known, 'work package')} took ${formatDuration(median)} or less.`
  const rest = [
    skipped === 0
      ? ''
      : ` ${skipped} came further without Doing, and ${skipped === 1 ? 'has' : 'have'} no cycle time.`,
    waiting === 0 ? '' : ` ${waiting} not started.`,
    left.length === certain.length ? '' : ` ${left.length - certain.length} in doubt.`,
    canceled === 0 ? '' : ` ${canceled} canceled.`,
  ]
  return `From Doing to Approved${words}${rest.join('')}`
}
