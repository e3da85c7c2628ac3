import { readFileSync } from 'node:fs'
import { errnoOf, throwLack } from '../../errors.js'
import { parseBootTime, parseProcStat, parseThreadGroup, type ProcStat } from './parse-proc.js'
import { readFile, readLink } from './read-quietly.js'

/** Clock ticks per second in /proc: `USER_HZ`, 100 on every architecture that Node 20 runs on. */
export const TICKS_PER_SECOND = 100

/** Returns what the kernel says of a process; null if it cannot be read. */
export function readStat(pid: number): ProcStat | 'gone' | null {
  try {
    return parseProcStat(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch (error) {
    throwLack(error)
    const errno = errnoOf(error)
    if (errno === null) throw error
    return errno === 'ENOENT' || errno === 'ESRCH' ? 'gone' : null
  }
}

/**
 * Returns whether the process is dead. A zombie with other threads is not: until they end, its sockets may still be open
 * (measured: 24 of 25 times).
 */
export function isDead(stat: ProcStat): boolean {
  return stat.state === 'X' || (stat.state === 'Z' && stat.threads <= 1)
}

let knownBootMs: number | null = null

/**
 * Returns the start by the wall clock, ISO 8601, in whole seconds: the same with each look, because the time of the boot is
 * read once. (An age that is taken from the time now differs by some milliseconds.)
 */
export function startedAt({ startTicks }: ProcStat): string | null {
  knownBootMs ??= parseBootTime(readFile('/proc/stat') ?? '')
  if (knownBootMs === null) return null
  const seconds = Math.round(startMs(knownBootMs, startTicks) / 1000)
  return new Date(seconds * 1000).toISOString()
}

function startMs(bootMs: number, startTicks: string): number {
  return bootMs + (Number(startTicks) * 1000) / TICKS_PER_SECOND
}

/**
 * Returns when processes started, in milliseconds since 1970: null if it is not known, and no entry if there is no such
 * process. The id of a thread is that of no process, though /proc answers to it. The kernel counts from the boot, also while
 * the machine sleeps.
 */
export function readStartTimes(
  pids: readonly number[],
  ownNamespace: string,
): ReadonlyMap<number, number | null> {
  const bootMs = parseBootTime(readFile('/proc/stat') ?? '')
  const starts = new Map<number, number | null>()
  let visible: boolean | null = null
  for (const pid of new Set(pids)) {
    const stat = readStat(pid)
    if (stat === 'gone' ? (visible ??= areAllVisible()) : stat !== null && isDead(stat)) continue
    if (stat !== 'gone' && isThread(pid)) continue
    const isKnown = stat !== 'gone' && stat !== null && bootMs !== null && !isElsewhere(pid, ownNamespace)
    starts.set(pid, isKnown ? startMs(bootMs, stat.startTicks) : null)
  }
  return starts
}

/** Returns whether absence proves that a process does not exist: with `hidepid`, /proc hides those of other users. */
function areAllVisible(): boolean {
  return readStat(1) !== 'gone'
}

/** Returns whether an id is known to be that of a thread which is not the first of its process. */
function isThread(id: number): boolean {
  const group = parseThreadGroup(readFile(`/proc/${id}/status`) ?? '')
  return group !== null && group !== id
}

/** Returns whether a process is known to be in another pid namespace: there it goes by another pid. */
function isElsewhere(pid: number, ownNamespace: string): boolean {
  const namespace = readLink(`/proc/${pid}/ns/pid`)
  return namespace !== null && namespace !== ownNamespace
}
