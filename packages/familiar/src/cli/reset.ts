import type { CleanUpReport } from '../act/clean-up.js'
import type { Daemon } from '../define/daemon.js'
import { processKey } from '../identity/proof.js'
import type { Scan } from '../observe/scan.js'
import { isSpared } from '../observe/spared.js'
import { note, type Io } from './io.js'
import { startProgress } from './progress.js'

export interface ResetOptions {
  readonly force: boolean
  readonly dryRun: boolean
  readonly json: boolean
  readonly port: number | null
}

/** The scan to clean up after. `show` returns it as text, for the user to read before the question. */
export interface ResetScene {
  readonly seen: Scan
  readonly show: () => Promise<string>
}

/** Cleans up as the options say. Where a prompt is allowed, asks first about the candidates that need a decision. */
export async function resetRange(
  daemon: Daemon,
  options: ResetOptions,
  { seen, show }: ResetScene,
  io: Io,
): Promise<CleanUpReport> {
  const confirmed = await askAboutTheRest(options, seen, show, io)
  const progress = startProgress(io, (done, total) =>
    done === total ? `${total} done, looking again` : `cleaning up: ${done} of ${total} done`,
  )
  try {
    return await daemon.cleanUp({
      force: options.force,
      seen,
      ...(options.port === null ? {} : { port: options.port }),
      dryRun: options.dryRun,
      confirmed,
      onProgress: progress.update,
      onWait: (message) => note(io, message),
    })
  } finally {
    progress.stop()
  }
}

/**
 * Returns the keys (pid and start time) of the processes that the user agreed to end: only processes that were shown.
 * Asks before any lock is taken.
 */
async function askAboutTheRest(
  options: ResetOptions,
  seen: Scan,
  show: ResetScene['show'],
  io: Io,
): Promise<ReadonlySet<string>> {
  const open = seen.candidates.filter(
    (candidate) =>
      candidate.verdict.class === 'operator_required' &&
      !isSpared(candidate, seen) &&
      candidate.proof !== null &&
      (options.port === null || options.port === candidate.observation.port),
  )
  if (open.length === 0 || options.force || options.dryRun || options.json || !io.isInteractive)
    return new Set()
  io.out(`${await show()}\n`)
  const isYes = await io.confirm(`Also end the ${open.length} that need a decision (operator_required)?`)
  return new Set(
    isYes ? open.flatMap(({ proof }) => (proof ? [processKey(proof.pid, proof.startTime)] : [])) : [],
  )
}
