import { monotonicMs } from '../clock.js'
import { FamiliarError } from '../errors.js'
import { READY_MS } from '../protocol/daemon-timing.js'
import type { Work } from './lifecycle.js'

/** How long before its starter gives up a daemon gives up, so that the starter still learns the reason. */
const BEFORE_STARTER_MS = 1_000

/** The same, as a part of the time that the starter waits, which may be short. */
const BEFORE_STARTER_PART = 0.1

/** The time that the work gets in any case, even if the process itself took all of it to start. */
const LEAST_MS = 1_000

/** The start of the daemon's work, which may fail, take long, or never end. */
export interface WorkStart {
  readonly state: () => 'starting' | 'started' | 'failed'
  /** Settles as `work.start` does. */
  readonly done: Promise<void>
}

export function startWork(
  work: Work | undefined,
  tools: Parameters<NonNullable<Work['start']>>[0],
): WorkStart {
  let state: ReturnType<WorkStart['state']> = work?.start === undefined ? 'started' : 'starting'
  const done = call(work, tools)
  done.then(
    () => (state = 'started'),
    () => (state = 'failed'),
  )
  return { state: () => state, done }
}

/** Rejects also if the function throws. */
async function call(...[work, tools]: Parameters<typeof startWork>): Promise<void> {
  await work?.start?.(tools)
}

/**
 * Resolves to `started` when the work has started, and to `leaving` if the daemon begins to shut down before. Rejects
 * with the error of `work.start`, and with `E_DAEMON_START_FAILED` after `limitMs`; null is no limit.
 */
export async function awaitStart(
  { state, done }: WorkStart,
  leaving: AbortSignal,
  limitMs: number | null,
): Promise<'started' | 'leaving'> {
  if (state() === 'started') return 'started'
  return new Promise((resolve, reject) => {
    const timer = limitMs === null ? null : setTimeout(() => end(() => reject(tooLong(limitMs))), limitMs)
    const left = (): void => end(() => resolve('leaving'))
    const end = (settle: () => void): void => {
      if (timer !== null) clearTimeout(timer)
      leaving.removeEventListener('abort', left)
      settle()
    }
    leaving.addEventListener('abort', left)
    done.then(
      () => end(() => resolve('started')),
      (error: unknown) => end(() => reject(error)),
    )
  })
}

/** Waits until the work has started or failed to, at most until `end` on the clock of `monotonicMs`. */
export async function awaitSettled({ state, done }: WorkStart, end: number): Promise<void> {
  if (state() !== 'starting') return
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, Math.max(0, end - monotonicMs()))))
  await Promise.race([done.catch(() => undefined), late])
  clearTimeout(timer)
}

/**
 * Returns how long the work of a daemon may take to start, in milliseconds, if its starter waits for `readyMs` from the
 * start of this process.
 */
export function startLimit(readyMs: number = READY_MS): number {
  const before = Math.min(BEFORE_STARTER_MS, readyMs * BEFORE_STARTER_PART)
  return Math.max(LEAST_MS, readyMs - before - process.uptime() * 1000)
}

function tooLong(limitMs: number): FamiliarError {
  return new FamiliarError(
    'E_DAEMON_START_FAILED',
    `its work (\`work.start\`) has not started within ${Math.round(limitMs / 1000)} s`,
  )
}
