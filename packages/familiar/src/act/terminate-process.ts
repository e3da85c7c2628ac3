import { setTimeout as sleep } from 'node:timers/promises'
import { monotonicMs } from '../clock.js'
import { throwLack } from '../errors.js'
import type { Family } from '../family.js'
import type { ProcessView } from '../identity/machine.js'
import type { ProvenProcess } from '../identity/proof.js'
import type { Platform } from '../observe/platform/platform.js'
import type { HeldLock } from './acquire-lock.js'
import { assertMayBegin, assertMayFinish, noteTold, type Ending } from './endings.js'
import { sendSignal } from './signal.js'

/** How long each step of ending a process may take by default. */
export const STEP_MS = 1_000

/**
 * How long SIGTERM may take in total by default while the process visibly ends. A healthy daemon needs about 0.1 s of
 * CPU time to end. Eighteen that ended at once on two cores took 0.93 to 0.96 s, so one step is too short.
 */
export const ENDING_MS = 5_000

/**
 * The longest time that `terminate` takes with the default limits and without a shutdown request: SIGTERM, SIGKILL, and
 * the last check of the port.
 */
export const LONGEST_END_MS = ENDING_MS + 2 * STEP_MS

/** The pause between two polls for the end of a process: short at first, later 50 ms. */
const FIRST_POLL_MS = 1
const LAST_POLL_MS = 50

/** How the process ended. `already_gone`: it was gone before any signal was sent. */
export type CleanupPath = 'http_shutdown' | 'terminate' | 'kill' | 'already_gone'

export type FailureReason =
  | 'permission_denied'
  | 'identity_changed'
  | 'survived_kill'
  | 'port_still_listening'
  | 'identity_unproven'
  | `unknown: ${string}`

export type Termination =
  | { readonly outcome: 'swept'; readonly path: CleanupPath }
  | { readonly outcome: 'failed'; readonly reason: FailureReason }

export interface TerminateOptions {
  /** How long SIGTERM and SIGKILL may each take, in milliseconds; for SIGTERM this is the minimum. */
  readonly stepMs?: number
  /** How long SIGTERM may take in total while the process visibly ends, in milliseconds. */
  readonly endingMs?: number
  /**
   * Asks the process to shut down. Returns how long that may take, in milliseconds, or null if the process did not
   * accept.
   */
  readonly ask?: () => Promise<number | null>
}

/**
 * Ends a proven process: asks it to shut down if possible, then sends SIGTERM, then SIGKILL. Each step gets time to take
 * effect, and the process is proven again before each signal. SIGTERM gets one step, and up to `endingMs` while the
 * process visibly ends: its CPU time grew within the last step, or its port has closed. A stopped or sleeping process is
 * killed after one step.
 *
 * Returns `swept` only if the process no longer exists *and* none of its sockets listens. Both are read from the
 * machine, not concluded from the signals sent: a process stopped by SIGSTOP does not answer, but is not gone. A
 * failure to end the process is returned, not thrown. Throws `E_RESOURCES` if this process lacks descriptors or memory:
 * then nothing is known about the target.
 *
 * After Ctrl+C, a process that was not told to end yet is left alone, and one that was told is still ended
 * (`endings.ts`): it may have closed its port, and then no later scan would find it.
 *
 * The lock is the permission to change the scope. It must be held for the whole call; throws `E_LOCK_BUSY` if it is not
 * held at the start.
 */
export async function terminate(
  lock: HeldLock,
  platform: Platform,
  family: Family,
  target: ProvenProcess,
  { stepMs = STEP_MS, endingMs = ENDING_MS, ask }: TerminateOptions = {},
): Promise<Termination> {
  lock.assertHeld()
  let endBy = Number.POSITIVE_INFINITY
  /** Sends a signal. A process that is already ending gets no signal, only time to end. */
  const send = async (signal: 'SIGTERM' | 'SIGKILL') => {
    lock.assertHeld()
    const result = await sendSignal(platform, family, target, signal)
    if (result !== 'ending') return result
    return (await isGoneWithin(platform, target, endBy - monotonicMs())) ? 'gone' : 'identity_unproven'
  }
  const over: (() => void)[] = []
  const note = (): void => {
    if (over.length === 0) over.push(noteTold(endingOf(platform, target)))
  }
  try {
    assertMayBegin()
    const drainMs = (await ask?.()) ?? null
    if (drainMs !== null) note()
    else assertMayBegin()
    if (drainMs !== null && (await isGoneWithin(platform, target, drainMs + stepMs))) {
      return await confirm(platform, target, 'http_shutdown', stepMs)
    }
    endBy = monotonicMs() + Math.max(stepMs, endingMs) + stepMs
    const first = await send('SIGTERM')
    if (first === 'gone') return await confirm(platform, target, 'already_gone', stepMs)
    if (first !== 'sent') return failed(first)
    note()
    if (await hasEndedAfterTerm(platform, target, stepMs, endingMs)) {
      return await confirm(platform, target, 'terminate', stepMs)
    }
    assertMayFinish()
    const second = await send('SIGKILL')
    if (second === 'gone') return await confirm(platform, target, 'terminate', stepMs)
    if (second !== 'sent') return failed(second)
    if (await isGoneWithin(platform, target, stepMs)) return await confirm(platform, target, 'kill', stepMs)
    return failed('survived_kill')
  } catch (error) {
    throwLack(error)
    return failed(`unknown: ${error instanceof Error ? error.message : String(error)}`)
  } finally {
    for (const noteOver of over) noteOver()
  }
}

/** Returns the process as Ctrl+C names it. */
export function endingOf(
  platform: Platform,
  target: Pick<ProvenProcess, 'pid' | 'port' | 'listeners'> & { readonly startTime: string | null },
): Ending {
  const { pid, port } = target
  return {
    pid,
    port,
    look: async () => {
      if ((await find(platform, target)) === null) return 'gone'
      const isKnown = port !== null && target.listeners.length > 0
      return isKnown && !(await listensStill(platform, target)) ? 'hidden' : 'running'
    },
  }
}

function failed(reason: FailureReason): Termination {
  return { outcome: 'failed', reason }
}

/**
 * Called when the process is gone. Waits for its port to close, because a child may have inherited the socket and still
 * listen.
 */
async function confirm(
  platform: Platform,
  target: ProvenProcess,
  path: CleanupPath,
  stepMs: number,
): Promise<Termination> {
  const end = monotonicMs() + stepMs
  const isClosed = await pollUntil(
    async () => !(await listensStill(platform, target)),
    () => end,
  )
  return isClosed ? { outcome: 'swept', path } : failed('port_still_listening')
}

async function listensStill(
  platform: Platform,
  target: Pick<ProvenProcess, 'port' | 'listeners'>,
): Promise<boolean> {
  if (target.port === null) return false
  const sockets = new Set(target.listeners.map((listener) => listener.socket))
  const listeners = await platform.listeners(
    { from: target.port, to: target.port + 1 },
    AbortSignal.timeout(STEP_MS),
  )
  return listeners.some((listener) => sockets.has(listener.socket))
}

/** Waits after SIGTERM: one step, and longer while the process visibly ends. Returns whether it is gone. */
async function hasEndedAfterTerm(
  platform: Platform,
  target: ProvenProcess,
  stepMs: number,
  endingMs: number,
): Promise<boolean> {
  const began = monotonicMs()
  const last = began + Math.max(stepMs, endingMs)
  let end = began + stepMs
  let spent = Number.POSITIVE_INFINITY
  const isGone = async (): Promise<boolean> => {
    const view = await find(platform, target)
    if (view === null) return true
    if ((view.cpuSeconds ?? 0) > spent) end = Math.min(monotonicMs() + stepMs, last)
    spent = view.cpuSeconds ?? Number.POSITIVE_INFINITY
    return false
  }
  if (await pollUntil(isGone, () => end)) return true
  // A process that has closed its port is shutting down, so it gets more time. Listing the listeners is expensive when
  // many processes are being ended, but once is enough: a closed port does not open again.
  if (target.port === null || (await listensStill(platform, target))) return false
  return pollUntil(isGone, () => last)
}

/** Returns true as soon as the target is gone, false if it still exists after `ms` milliseconds. */
export function isGoneWithin(
  platform: Platform,
  target: { readonly pid: number; readonly startTime: string | null },
  ms: number,
): Promise<boolean> {
  const end = monotonicMs() + ms
  return pollUntil(
    async () => (await find(platform, target)) === null,
    () => end,
  )
}

/**
 * Returns the process with this pid and start time, null if it is gone. A process whose start time cannot be read is
 * assumed to be the same one.
 */
async function find(
  platform: Platform,
  { pid, startTime }: { readonly pid: number; readonly startTime: string | null },
): Promise<ProcessView | null> {
  const found = (await platform.inspect([pid], AbortSignal.timeout(STEP_MS))).get(pid)
  return found === undefined || (found.startTime !== null && found.startTime !== startTime) ? null : found
}

/** Polls until `isDone` returns true or the time is over. Polls at least once, and once more at the end. */
async function pollUntil(isDone: () => Promise<boolean>, endAt: () => number): Promise<boolean> {
  for (let pause = FIRST_POLL_MS; ; pause = Math.min(pause * 2, LAST_POLL_MS)) {
    if (await isDone()) return true
    const left = endAt() - monotonicMs()
    if (left <= 0) return false
    await sleep(Math.min(pause, left))
  }
}
