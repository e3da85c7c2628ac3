import { setTimeout as sleep } from 'node:timers/promises'
import { throwLack } from '../errors.js'
import type { Family } from '../family.js'
import type { ProcessView } from '../identity/machine.js'
import type { ProvenProcess } from '../identity/proof.js'
import type { Platform } from '../observe/platform/platform.js'
import type { HeldLock } from './lock.js'
import { sendSignal } from './signal.js'

/** How long each step may take before the next one, unless told otherwise. */
export const STEP_MS = 1_000

/**
 * How long SIGTERM may take in all while the process visibly ends, unless told otherwise. A healthy daemon needs about 0.1 s of CPU for it, and
 * eighteen that end at once on two cores share these: measured 0.93 to 0.96 s for all, so one step is too short.
 */
export const ENDING_MS = 5_000

/** How the wait for an end looks again: soon at first, then at most 20 times a second. */
const FIRST_POLL_MS = 1
const LAST_POLL_MS = 50

/** Which step ended it. */
export type CleanupPath = 'http_shutdown' | 'terminate' | 'kill' | 'already_gone'

export type FailureReason =
  | 'permission_denied'
  | 'identity_changed'
  | 'survived_kill'
  | 'port_still_listening'
  | 'identity_unproven'
  | `unknown: ${string}`

export type Retirement =
  | { readonly outcome: 'swept'; readonly path: CleanupPath }
  | { readonly outcome: 'failed'; readonly reason: FailureReason }

export interface RetireOptions {
  /** How long SIGTERM and SIGKILL each may take, in milliseconds: at least that, for SIGTERM. */
  readonly stepMs?: number
  /** How long SIGTERM may take in all while the process visibly ends, in milliseconds. */
  readonly endingMs?: number
  /** Asks it to leave by itself, and tells how long that may take; null when it did not accept. */
  readonly ask?: () => Promise<number | null>
}

/**
 * Ends a proven process: by asking where it can be asked, then SIGTERM, then SIGKILL, each with its time to take effect
 * and each signal after a new proof. SIGTERM gets one step, and up to `endingMs` while the process visibly ends: its CPU
 * time has grown within the last step, or its port has closed. One that is stopped, or sleeps on, is killed after the step.
 *
 * `swept` only when the process no longer exists *and* none of its sockets listens: read from the machine, not from
 * what was sent. A stopped process that no longer answers is not gone. Never throws for what the target does.
 * Throws `E_RESOURCES` where this process lacks descriptors or memory: then nothing is known about the target.
 *
 * The lock is the licence to change the scope; it must be held for the whole call.
 */
export async function retire(
  lock: HeldLock,
  platform: Platform,
  family: Family,
  target: ProvenProcess,
  { stepMs = STEP_MS, endingMs = ENDING_MS, ask }: RetireOptions = {},
): Promise<Retirement> {
  lock.assertHeld()
  /** One that is just ending needs no signal, only its time. */
  const send = async (signal: 'SIGTERM' | 'SIGKILL') => {
    lock.assertHeld()
    const result = await sendSignal(platform, family, target, signal)
    if (result !== 'ending') return result
    return (await isGoneWithin(platform, target, stepMs)) ? 'gone' : 'identity_changed'
  }
  try {
    const drainMs = (await ask?.()) ?? null
    if (drainMs !== null && (await isGoneWithin(platform, target, drainMs + stepMs))) {
      return await confirm(platform, target, 'http_shutdown', stepMs)
    }
    const first = await send('SIGTERM')
    if (first === 'gone') return await confirm(platform, target, 'already_gone', stepMs)
    if (first !== 'sent') return failed(first)
    if (await hasEndedAfterTerm(platform, target, stepMs, endingMs)) {
      return await confirm(platform, target, 'terminate', stepMs)
    }
    const second = await send('SIGKILL')
    if (second === 'gone') return await confirm(platform, target, 'terminate', stepMs)
    if (second !== 'sent') return failed(second)
    if (await isGoneWithin(platform, target, stepMs)) return await confirm(platform, target, 'kill', stepMs)
    return failed('survived_kill')
  } catch (error) {
    throwLack(error)
    return failed(`unknown: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function failed(reason: FailureReason): Retirement {
  return { outcome: 'failed', reason }
}

/** The process is gone; now the port. A child may have inherited the socket and keep it listening. */
async function confirm(
  platform: Platform,
  target: ProvenProcess,
  path: CleanupPath,
  stepMs: number,
): Promise<Retirement> {
  const end = performance.now() + stepMs
  const isClosed = await pollUntil(
    async () => !(await listensStill(platform, target)),
    () => end,
  )
  return isClosed ? { outcome: 'swept', path } : failed('port_still_listening')
}

async function listensStill(platform: Platform, target: ProvenProcess): Promise<boolean> {
  if (target.port === null) return false
  const sockets = new Set(target.listeners.map((listener) => listener.socket))
  const listeners = await platform.listeners(
    { from: target.port, to: target.port + 1 },
    AbortSignal.timeout(STEP_MS),
  )
  return listeners.some((listener) => sockets.has(listener.socket))
}

/** Waits for the effect of SIGTERM: one step, and more while the process visibly ends. Returns whether it is gone. */
async function hasEndedAfterTerm(
  platform: Platform,
  target: ProvenProcess,
  stepMs: number,
  endingMs: number,
): Promise<boolean> {
  const began = performance.now()
  const last = began + Math.max(stepMs, endingMs)
  let end = began + stepMs
  let spent = Number.POSITIVE_INFINITY
  const isGone = async (): Promise<boolean> => {
    const view = await find(platform, target)
    if (view === null) return true
    if ((view.cpuSeconds ?? 0) > spent) end = Math.min(performance.now() + stepMs, last)
    spent = view.cpuSeconds ?? Number.POSITIVE_INFINITY
    return false
  }
  if (await pollUntil(isGone, () => end)) return true
  // A look at the listeners is dear on a machine where many end: only now, and a closed port does not open again.
  if (target.port === null || (await listensStill(platform, target))) return false
  return pollUntil(isGone, () => last)
}

/** Returns whether that very process is gone, as soon as it is, and at the latest when the time is over. */
export function isGoneWithin(
  platform: Platform,
  target: { readonly pid: number; readonly birth: string | null },
  ms: number,
): Promise<boolean> {
  const end = performance.now() + ms
  return pollUntil(
    async () => (await find(platform, target)) === null,
    () => end,
  )
}

/** Returns that very process, null when it is gone. One whose birth cannot be told is taken for it. */
async function find(
  platform: Platform,
  { pid, birth }: { readonly pid: number; readonly birth: string | null },
): Promise<ProcessView | null> {
  const found = (await platform.inspect([pid], AbortSignal.timeout(STEP_MS))).get(pid)
  return found === undefined || (found.birth !== null && found.birth !== birth) ? null : found
}

/** Asks until the answer is yes or the time is over; always asks at least once, and once more at the end. */
async function pollUntil(isDone: () => Promise<boolean>, endAt: () => number): Promise<boolean> {
  for (let pause = FIRST_POLL_MS; ; pause = Math.min(pause * 2, LAST_POLL_MS)) {
    if (await isDone()) return true
    const left = endAt() - performance.now()
    if (left <= 0) return false
    await sleep(Math.min(pause, left))
  }
}
