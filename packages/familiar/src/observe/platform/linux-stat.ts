import { uptime } from 'node:os'
import { readFileSync } from 'node:fs'
import { errnoOf, throwLack } from '../../errors.js'
import { parseBootTime, parseProcStat, parseThreadGroup, type ProcStat } from './parse-proc.js'
import { readFile, readLink } from './read-quietly.js'

/** Clock ticks per second in /proc: `USER_HZ`, 100 on every architecture that Node 20 runs on. */
export const TICKS_PER_SECOND = 100

/** Returns what the kernel reports about a process; null if it cannot be read. */
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
 * Returns whether the process is dead. A zombie with other threads is not: its sockets may still be open until those
 * threads end (measured: 24 of 25 times).
 */
export function isDead(stat: ProcStat): boolean {
  return stat.state === 'X' || (stat.state === 'Z' && stat.threads <= 1)
}

let knownBootMs: number | null = null

/**
 * Returns the start time by the wall clock, ISO 8601, in whole seconds. Repeated calls give the same result, because the
 * time of the boot is read only once. (An age computed from the current time would differ by some milliseconds.)
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
 * Returns when processes started, in milliseconds since 1970. Null means unknown; a process that does not exist has no
 * entry. /proc also answers for the id of a thread, which does not count as a process. The kernel counts from the boot,
 * including the time in which the machine sleeps.
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

/**
 * Returns whether a missing entry proves that a process does not exist. With `hidepid`, /proc hides the processes of
 * other users.
 */
function areAllVisible(): boolean {
  return readStat(1) !== 'gone'
}

/** Returns whether an id is known to belong to a thread other than the first of its process. */
function isThread(id: number): boolean {
  const group = parseThreadGroup(readFile(`/proc/${id}/status`) ?? '')
  return group !== null && group !== id
}

/** Returns whether a process is known to be in another pid namespace, where it has another pid. */
function isElsewhere(pid: number, ownNamespace: string): boolean {
  const namespace = readLink(`/proc/${pid}/ns/pid`)
  return namespace !== null && namespace !== ownNamespace
}

/** Read once and used for all processes. Only the start time in it is used, which never changes. */
let knownOwnStat: ProcStat | null = null

/**
 * Returns the age of a process: how much longer it has run than this process, added to the age of this process. The kernel
 * counts start times and its uptime from boot, with the time in which the machine was suspended, and `process.uptime` does not
 * count that time. But a container may fake /proc/uptime. An old process must not look young in either case, so of the
 * two ages of this process the greater one counts.
 */
export function ageSeconds(stat: ProcStat): number | null {
  const own = knownOwnStat ?? readStat(process.pid)
  if (own === null || own === 'gone') return null
  knownOwnStat = own
  const older = (Number(own.startTicks) - Number(stat.startTicks)) / TICKS_PER_SECOND
  return Math.max(0, older + ageOf(Number(own.startTicks) / TICKS_PER_SECOND, uptime(), process.uptime()))
}

/** Returns the age of this process, given when it started and the uptime, both in seconds since boot. */
export function ageOf(startedSeconds: number, uptimeSeconds: number, awakeSeconds: number): number {
  return Math.max(uptimeSeconds - startedSeconds, awakeSeconds)
}
