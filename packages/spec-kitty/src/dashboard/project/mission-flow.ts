import type { Flow, FlowDay } from '../api.js'
import { isFuture, toMilliseconds } from './timestamps.js'
import { columnOf } from './lane-columns.js'
import type { LaneHistory, LaneMove } from './lane-history.js'

const MAX_DAYS = 400

/**
 * Returns how many packages were in each column at the end of each day on which one was moved. The moves of each package
 * must be in order, because only the last one of a day counts.
 */
export function daysOf(packages: Iterable<readonly LaneMove[]>): readonly FlowDay[] {
  const dates = new Map<string, Map<number, string>>()
  for (const [index, moves] of [...packages].entries()) {
    for (const { at, lane } of moves) {
      const date = at.slice(0, 10)
      const ends = dates.get(date) ?? new Map<number, string>()
      dates.set(date, ends.set(index, lane))
    }
  }
  const lanes = new Map<number, string>()
  const sorted = [...dates].toSorted(([one], [other]) => (one < other ? -1 : 1))
  const days = sorted.map(([date, ends]) => {
    for (const [index, lane] of ends) lanes.set(index, lane)
    return dayOf(date, lanes.values())
  })
  return days.slice(-MAX_DAYS)
}

/** Returns a flow without the days and times that are in the future: nobody knows what has happened by then. */
export function withoutFuture(flow: Flow): Flow {
  const today = new Date().toISOString().slice(0, 10)
  return {
    days: flow.days.filter(({ date }) => date <= today),
    packages: flow.packages.map((one) => {
      const [started_at, finished_at] = [come(one.started_at), come(one.finished_at)]
      const cycle_seconds = started_at === null || finished_at === null ? null : one.cycle_seconds
      return { ...one, started_at, finished_at, cycle_seconds }
    }),
  }
}

/** Returns a time, or null if it has not come. */
function come(time: string | null): string | null {
  return time !== null && isFuture(time) ? null : time
}

function dayOf(date: string, lanes: Iterable<string>): FlowDay {
  const counts = { planned: 0, doing: 0, for_review: 0, approved: 0, done: 0 }
  let [total, canceled] = [0, 0]
  for (const lane of lanes) {
    const column = columnOf(lane)
    if (column === null) continue
    counts[column] += 1
    total += 1
    if (lane === 'canceled') canceled += 1
  }
  return { date, ...counts, canceled, total }
}

/** Returns the flow of one package. */
export function flowOf(
  id: string,
  { started, finished, sent_back }: Pick<LaneHistory, 'started' | 'finished' | 'sent_back'>,
): Flow['packages'][number] {
  const [start, end] = [started, finished].map((at) => (at === null ? null : toMilliseconds(at)))
  return {
    id,
    started_at: start ?? null,
    finished_at: end ?? null,
    cycle_seconds:
      start == null || end == null ? null : Math.max(0, (Date.parse(end) - Date.parse(start)) / 1000),
    sent_back,
  }
}
