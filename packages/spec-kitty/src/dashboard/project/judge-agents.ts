import type { AgentProcess } from '../api.js'
import { isoOf } from './timestamps.js'
import type { ClaimedProcess, ProcessGap } from './runtime-facts.js'

/**
 * When each of some pids started on this machine, in milliseconds since 1970. A process that does not exist has no entry;
 * null means that its start time is unknown. If nothing is known about this machine's processes, the value is null
 * instead of a map.
 */
export type ProcessStarts = ReadonlyMap<number, number | null> | null

/** Reads the start times of processes on this machine. */
export type LookAtProcesses = (pids: readonly number[]) => Promise<ProcessStarts>

/**
 * The maximum difference between equal start times: the log and the kernel each round them, and the clock may be
 * corrected slightly in between.
 */
const SAME_START_MS = 2_000

/** Why the log does not name the process of the present work. `earlier`: it only names one from before. */
export type NoProcess = ProcessGap['why'] | 'earlier' | 'never'

const WITHOUT_PROCESS: Readonly<Record<NoProcess, string>> = {
  never: 'The log names no process.',
  earlier: 'The log names no process since the present work, or the present review, began.',
  released: 'The log says that the process was released, and names none since.',
  invalid: 'The log names a process by something that is not a process number.',
  taken_over: 'The log says that another agent took over, and does not name its process.',
}

/** Returns what the log says about a process, before this machine is asked. */
export function processInLog(claimed: ClaimedProcess | NoProcess): AgentProcess {
  if (typeof claimed === 'string') return unknown(null, null, WITHOUT_PROCESS[claimed])
  const started = claimed.started_ms === null ? null : isoOf(claimed.started_ms)
  if (started === null)
    return unknown(
      claimed.pid,
      null,
      'The log does not say when the process started, so its number proves nothing.',
    )
  return unknown(claimed.pid, started, 'This machine was not asked about the process.')
}

/** Returns the pid if it can be compared with this machine's processes; otherwise null. */
export function pidToLookAt(process: AgentProcess | null): number | null {
  return process === null || process.started_at === null ? null : process.pid
}

/** Returns whether the process is running, according to this machine. A pid without its start time proves nothing. */
export function judge(process: AgentProcess, starts: ProcessStarts): AgentProcess {
  const pid = pidToLookAt(process)
  if (pid === null || process.started_at === null) return process
  if (starts === null)
    return { ...process, liveness: 'unknown', why: 'The processes of this machine cannot be read.' }
  if (!starts.has(pid))
    return notHere(
      process,
      'There is no such process on this machine. It has ended, or it runs on another machine.',
    )
  const start = starts.get(pid) ?? null
  if (start === null)
    return { ...process, liveness: 'unknown', why: 'The system does not say when the process started.' }
  if (Math.abs(start - Date.parse(process.started_at)) > SAME_START_MS)
    return notHere(
      process,
      'The number belongs to another process now. The one in the log has ended, or it runs on another machine.',
    )
  return {
    ...process,
    liveness: 'running',
    why: 'A process with this number and start time runs on this machine.',
  }
}

function unknown(pid: number | null, started_at: string | null, why: string): AgentProcess {
  return { liveness: 'unknown', pid, started_at, why }
}

function notHere(process: AgentProcess, why: string): AgentProcess {
  return { ...process, liveness: 'not_running_here', why }
}
