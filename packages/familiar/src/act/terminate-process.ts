import { monotonicMs } from '../clock.js'
import { throwLack } from '../errors.js'
import type { Family } from '../family.js'
import type { ProcessView } from '../identity/machine.js'
import type { ProvenProcess } from '../identity/proof.js'
import { byHand } from '../observe/platform/look-command.js'
import type { Platform } from '../observe/platform/platform.js'
import type { HeldLock } from './acquire-lock.js'
import { noteEnding, type Ending, type EndingNotes } from './endings.js'
import { pollUntil } from './poll-until.js'
import { LONGEST_DRAIN_MS, LONGEST_REQUEST_MS } from './request-shutdown.js'
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

/** What the checks before the two signals may take in addition where they start tools. */
const CHECKS_MS = 2_000

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
  | {
      readonly outcome: 'failed'
      readonly reason: FailureReason
      /** How the process ended, if it ended and only its port still listens. */
      readonly path?: CleanupPath
    }

export interface TerminateOptions {
  /** How long SIGTERM and SIGKILL may each take, in milliseconds; for SIGTERM this is the minimum. */
  readonly stepMs?: number
  /** How long SIGTERM may take in total while the process visibly ends, in milliseconds. */
  readonly endingMs?: number
  /**
   * Asks the process to shut down (`requestShutdown`). Returns how long that may take, in milliseconds, or null if the
   * process did not accept.
   */
  readonly ask?: () => Promise<number | null>
  /** The command that finds and ends the process even if it has closed its port; null if none does. */
  readonly stopCommand?: string | null
  /** Whether this process has started the target and not adopted it. It is then ended after Ctrl+C too. */
  readonly isOwnChild?: boolean
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
 * After Ctrl+C, a process that was neither asked nor signalled yet is left alone, and one that was is still ended
 * (`endings.ts`): it may have closed its port, and then no later scan would find it. After a second Ctrl+C nothing is
 * asked or signalled. Only a child of this process that is not adopted (`isOwnChild`) is ended in every case.
 *
 * The lock is the permission to change the scope. It must be held for the whole call; throws `E_LOCK_BUSY` if it is not
 * held at the start.
 */
export async function terminate(
  lock: HeldLock,
  platform: Platform,
  family: Family,
  target: ProvenProcess,
  options: TerminateOptions = {},
): Promise<Termination> {
  lock.assertHeld()
  const ending = noteEnding(endingOf(platform, target, options.stopCommand ?? null), options.isOwnChild)
  let isGone = false
  try {
    const result = await escalate({ lock, platform, family, target, ending }, options)
    isGone = result.outcome === 'swept'
    return result
  } catch (error) {
    return unknown(error)
  } finally {
    ending.over(isGone)
  }
}

interface Means {
  readonly lock: HeldLock
  readonly platform: Platform
  readonly family: Family
  readonly target: ProvenProcess
  readonly ending: EndingNotes
}

async function escalate(
  { lock, platform, family, target, ending }: Means,
  { stepMs = STEP_MS, endingMs = ENDING_MS, ask }: TerminateOptions,
): Promise<Termination> {
  const termMs = Math.max(stepMs, endingMs)
  const restMs = termMs + 2 * stepMs + CHECKS_MS
  let endBy = Number.POSITIVE_INFINITY
  /** Sends a signal. A process that is already ending gets no signal, only time to end. */
  const send = async (signal: 'SIGTERM' | 'SIGKILL') => {
    lock.assertHeld()
    const result = await sendSignal(platform, family, target, signal, ending.assertMayTell)
    if (result !== 'ending') return result
    return (await isGoneWithin(platform, target, endBy - monotonicMs())) ? 'gone' : 'identity_unproven'
  }
  ending.assertMayTell()
  if (ask !== undefined) {
    // Noted before, because the process may have got the request although no reply comes.
    ending.tell(LONGEST_REQUEST_MS, LONGEST_REQUEST_MS + LONGEST_DRAIN_MS + stepMs + restMs)
    const drainMs = await ask()
    if (drainMs !== null) {
      ending.tell(drainMs + stepMs, drainMs + stepMs + restMs)
      if (await isGoneWithin(platform, target, drainMs + stepMs))
        return confirm(platform, target, 'http_shutdown', stepMs)
    }
  }
  endBy = monotonicMs() + termMs + stepMs
  const first = await send('SIGTERM')
  if (first === 'gone') return confirm(platform, target, 'already_gone', stepMs)
  if (first !== 'sent') return failed(first)
  // No turn of the event loop has passed since the signal, so Ctrl+C finds this noted.
  ending.tell(termMs, restMs)
  if (await hasEndedAfterTerm(platform, target, stepMs, termMs)) {
    return confirm(platform, target, 'terminate', stepMs)
  }
  const second = await send('SIGKILL')
  if (second === 'gone') return confirm(platform, target, 'terminate', stepMs)
  if (second !== 'sent') return failed(second)
  if (await isGoneWithin(platform, target, stepMs)) return confirm(platform, target, 'kill', stepMs)
  return failed('survived_kill')
}

/**
 * Returns what became of a process that was to be ended, and that a later scan does not show any more. Signals nothing:
 * that scan has not proven it. A failure to look is returned, as by `terminate`.
 */
export async function whatBecameOf(platform: Platform, target: ProvenProcess): Promise<Termination> {
  try {
    const now = await lookAt(platform, target)
    if (now === 'gone') return await confirm(platform, target, 'already_gone', STEP_MS)
    const how = now === 'hidden' ? 'it closed its port and still runs' : 'it still runs'
    return failed(`unknown: ${how}; another command may be ending it. If it stays: ${byHand(target.pid)}`)
  } catch (error) {
    return unknown(error)
  }
}

type Target = Pick<ProvenProcess, 'pid' | 'port' | 'listeners'> & { readonly startTime: string | null }

/** Returns the process as Ctrl+C names it. */
export function endingOf(platform: Platform, target: Target, stopCommand: string | null): Ending {
  const { pid, port } = target
  return { pid, port, stopCommand, look: () => lookAt(platform, target) }
}

async function lookAt(platform: Platform, target: Target): Promise<'gone' | 'running' | 'hidden'> {
  if ((await find(platform, target)) === null) return 'gone'
  const isKnown = target.port !== null && target.listeners.length > 0
  return isKnown && !(await listensStill(platform, target)) ? 'hidden' : 'running'
}

function failed(reason: FailureReason): Termination {
  return { outcome: 'failed', reason }
}

/** Returns the failure for an error. Throws it if this process lacks resources. */
function unknown(error: unknown): Termination {
  throwLack(error)
  return failed(`unknown: ${error instanceof Error ? error.message : String(error)}`)
}

/**
 * Called when the process is gone. Waits for its port to close, because a child may have inherited the socket and still
 * listen.
 */
async function confirm(
  platform: Platform,
  target: Pick<ProvenProcess, 'port' | 'listeners'>,
  path: CleanupPath,
  stepMs: number,
): Promise<Termination> {
  const end = monotonicMs() + stepMs
  const isClosed = await pollUntil(
    async () => !(await listensStill(platform, target)),
    () => end,
  )
  return isClosed ? { outcome: 'swept', path } : { ...failed('port_still_listening'), path }
}

/**
 * Returns what became of another port of a process, given the result for one of them: a child may have inherited only one of
 * the sockets. A failure to look is returned, as by `terminate`.
 */
export async function whatBecameOfPort(
  platform: Platform,
  port: Pick<ProvenProcess, 'port' | 'listeners'>,
  result: Termination,
  stepMs: number,
): Promise<Termination> {
  if (result.path === undefined) return result
  try {
    return await confirm(platform, port, result.path, stepMs)
  } catch (error) {
    return unknown(error)
  }
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
  termMs: number,
): Promise<boolean> {
  const began = monotonicMs()
  const last = began + termMs
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
