import { monotonicMs } from '../clock.js'
import { MOST_MS } from '../protocol/daemon-timing.js'
import type { Log } from './log.js'
import { WATCHDOG_MS } from './default-timing.js'
import type { LifecycleOptions } from './lifecycle.js'
import type { StartGate } from './start-gate.js'
import { awaitSettled, type WorkStart } from './start-work.js'

/** How often the daemon checks during its shutdown whether the work has ended. */
const DRAIN_POLL_MS = 20

/** How long a daemon that could not start waits for its clients to send their requests, and to read that. They are local. */
const REFUSED_MS = 500

/** Shuts the daemon down and ends the process. Only the first call has an effect. */
export type Leave = (reason: string, rule: string | null) => Promise<void>

/** Returns a function that removes the listeners again. */
export function leaveOnSignals({ isForeground }: LifecycleOptions, leave: Leave): () => void {
  const told = (signal: NodeJS.Signals): void => void leave(signal, null)
  const closed = (): void => void (isForeground === true && leave('SIGHUP', null))
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, told)
  process.on('SIGHUP', closed)
  return () => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.off(signal, told)
    process.off('SIGHUP', closed)
  }
}

/** What ends, besides the work, when the daemon does. */
interface Ending {
  readonly log: Log
  readonly start: () => WorkStart | null
  readonly markStopped: (reason: string) => void
}

export function createLeave(options: LifecycleOptions, ending: Ending): Leave {
  const { timing, server, activity, leaving } = options
  const { log, start } = ending
  const inFlight = (): number => activity.requests() + workInFlight(options, start())
  return async (reason, rule) => {
    if (leaving.signal.aborted) return
    beginEnd(options, 'stopping')
    const watchdog = setTimeout(() => options.exit(1), Math.min(timing.drainMs + WATCHDOG_MS, MOST_MS))
    log.write('leaving', { reason, rule, in_flight: inFlight() })
    const end = monotonicMs() + timing.drainMs
    // Work that is still starting cannot stop in good order: it may not even have read what it would save.
    await untilStarted(start(), end)
    const stopped = stopWork(options, start()).catch((error: unknown) =>
      log.write('work_failed', { why: String(error) }),
    )
    await drained(() => inFlight() + server.promised(), end)
    await stopped
    mark(ending, reason)
    log.write('stopped', { reason, abandoned: inFlight() })
    clearTimeout(watchdog)
    options.exit(0)
  }
}

/**
 * Undoes the start of a daemon whose work did not start: the waiting requests are refused, and the record says why the
 * daemon has stopped. The caller ends the process.
 */
export async function abandonStart(options: LifecycleOptions, ending: Ending): Promise<void> {
  const reason = 'start_failed'
  beginEnd(options, reason)
  mark(ending, reason)
  const { activity, server } = options
  await drained(() => activity.requests() + server.promised(), monotonicMs() + REFUSED_MS)
}

/** Lets no new request begin: neither one of a new connection, nor one that waits for the work. */
function beginEnd(options: LifecycleOptions, refusal: Parameters<StartGate['refuse']>[0]): void {
  const { server, leaving, gate } = options
  leaving.abort()
  server.stopListening()
  gate.refuse(refusal)
}

/** Returns the number of uploads, drains and streams of the work, which is asked only once it has started. */
export function workInFlight({ work }: LifecycleOptions, start: WorkStart | null): number {
  return start?.state() === 'started' ? (work?.inFlight?.() ?? 0) : 0
}

async function untilStarted(start: WorkStart | null, end: number): Promise<void> {
  if (start !== null) await awaitSettled(start, end)
}

async function drained(inFlight: () => number, end: number): Promise<void> {
  while (inFlight() > 0 && monotonicMs() < end) {
    await new Promise((resolve) => setTimeout(resolve, DRAIN_POLL_MS))
  }
}

function mark({ log, markStopped }: Ending, reason: string): void {
  try {
    markStopped(reason)
  } catch (error) {
    log.write('record_failed', { why: String(error) })
  }
}

/** Stops work that has started. Rejects if it has not, and if `work.stop` fails. */
async function stopWork({ work }: LifecycleOptions, start: WorkStart | null): Promise<void> {
  if (start === null) return
  if (start.state() === 'failed') return start.done
  if (start.state() === 'starting') {
    throw new Error('work.start has not ended within the drain time, so work.stop was not called')
  }
  await work?.stop?.()
}
