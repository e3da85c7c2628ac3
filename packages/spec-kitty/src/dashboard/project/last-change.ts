import type { MissionReply } from '../api.js'
import type { LogFile } from './event-log.js'
import type { LocatedEntry } from './locate.js'
import { futureOf, isoOf, toMilliseconds } from './timestamps.js'

/** Returns the newest of the times that are not in the future; null if there is none. All are as `instantOf` returns them. */
export function newestCome(times: readonly string[]): string | null {
  return times
    .filter((time) => futureOf(time) === null)
    .reduce<string | null>((last, time) => (last === null || time > last ? time : last), null)
}

/** Returns the time of the newest event. Events that were in the future when they were read count once their time has come. */
export function newestOf(newest: string | null, files: readonly LogFile[]): string | null {
  const ahead = files.flatMap(({ future }) => future.map(({ at }) => at))
  return newestCome(newest === null ? ahead : [newest, ...ahead])
}

export function changedMs({ stats }: LocatedEntry): number {
  return Number(stats.mtimeMs)
}

/** The times of files are the last resort, because git changes them when it checks out a branch. */
export function lastChange(
  event: string | null,
  date: string | null,
  files: readonly LocatedEntry[],
): Pick<MissionReply, 'updated_at' | 'updated_from'> {
  if (event !== null) return { updated_at: toMilliseconds(event), updated_from: 'event' }
  if (date !== null) return { updated_at: toMilliseconds(date), updated_from: 'meta' }
  if (files.length === 0) return { updated_at: null, updated_from: null }
  const times = files.map((file) => changedMs(file))
  return { updated_at: isoOf(times.reduce((last, time) => Math.max(last, time))), updated_from: 'files' }
}
