import { monotonicMs } from '../clock.js'
import { MOST_MS } from '../protocol/daemon-timing.js'
import type { Log } from './log.js'
import { WATCHDOG_MS } from './default-timing.js'
import type { LifecycleOptions, Work } from './lifecycle.js'

/** How often the daemon checks during its shutdown whether the work has ended. */
const DRAIN_POLL_MS = 20

/** Shuts the daemon down and ends the process. Only the first call has an effect. */
export type Leave = (reason: string, rule: string | null) => Promise<void>

export function leaveOnSignals({ isForeground }: LifecycleOptions, leave: Leave): void {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void leave(signal, null))
  process.on('SIGHUP', () => void (isForeground === true && leave('SIGHUP', null)))
}

export function createLeave(
  options: LifecycleOptions,
  log: Log,
  markStopped: (reason: string) => void,
): Leave {
  const { timing, work, server, activity, leaving } = options
  const inFlight = (): number => activity.requests() + (work?.inFlight?.() ?? 0)
  return async (reason, rule) => {
    if (leaving.signal.aborted) return
    leaving.abort()
    const watchdog = setTimeout(() => options.exit(1), Math.min(timing.drainMs + WATCHDOG_MS, MOST_MS))
    log.write('leaving', { reason, rule, in_flight: inFlight() })
    server.stopListening()
    const stopped = stopWork(work).catch((error: unknown) => log.write('work_failed', { why: String(error) }))
    const end = monotonicMs() + timing.drainMs
    while (inFlight() + server.promised() > 0 && monotonicMs() < end) {
      await new Promise((resolve) => setTimeout(resolve, DRAIN_POLL_MS))
    }
    await stopped
    try {
      markStopped(reason)
    } catch (error) {
      log.write('record_failed', { why: String(error) })
    }
    log.write('stopped', { reason, abandoned: inFlight() })
    clearTimeout(watchdog)
    options.exit(0)
  }
}

/** Rejects also if the work throws. */
async function stopWork(work: Work | undefined): Promise<void> {
  await work?.stop?.()
}
