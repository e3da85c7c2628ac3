import type { CleanUpReport } from '../act/clean-up.js'
import type { Daemon } from '../define/daemon.js'
import { processKey } from '../identity/proof.js'
import type { Scan } from '../observe/scan.js'
import { isSpared } from '../observe/spared.js'
import type { Io } from './io.js'
import { namesOf } from './name-process.js'
import { showingCleanUp } from './show-clean-up.js'

export interface ResetOptions {
  readonly force: boolean
  readonly dryRun: boolean
  readonly json: boolean
  readonly port: number | null
}

/**
 * Cleans up as the options say, after the scan `seen`. Where a prompt is allowed, asks first about the candidates that need a
 * decision.
 */
export async function resetRange(
  daemon: Daemon,
  options: ResetOptions,
  seen: Scan,
  io: Io,
): Promise<CleanUpReport> {
  const confirmed = await askAboutTheRest(daemon, options, seen, io)
  return showingCleanUp(io, (watch) =>
    daemon.cleanUp({
      force: options.force,
      seen,
      ...(options.port === null ? {} : { port: options.port }),
      dryRun: options.dryRun,
      confirmed,
      ...watch,
    }),
  )
}

/**
 * Asks about each process that needs a decision and may be ended, and names it. Returns the keys (pid and start time) of those
 * that the user agreed to end. Asks before any lock is taken.
 */
async function askAboutTheRest(
  daemon: Daemon,
  options: ResetOptions,
  seen: Scan,
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
  const names = namesOf(daemon, open, seen, io)
  const [these, question] =
    open.length === 1
      ? ['This one needs', 'Also end it?']
      : [`These ${open.length} need`, `Also end these ${open.length}?`]
  const list = names.map((name) => `  ${name}\n`).join('')
  io.out(`${endedAnyway(options, seen)}${these} a decision (operator_required):\n${list}`)
  await io.flushed()
  const isYes = await io.confirm(question)
  io.out('\n')
  return new Set(
    isYes ? open.flatMap(({ proof }) => (proof ? [processKey(proof.pid, proof.startTime)] : [])) : [],
  )
}

/** The answer does not change what is proven stale. */
function endedAnyway({ port }: ResetOptions, { candidates }: Scan): string {
  const stale = candidates.filter(
    ({ verdict, observation }) =>
      verdict.class === 'safe_auto' && (port === null || port === observation.port),
  ).length
  if (stale === 0) return ''
  return `${stale} ${stale === 1 ? 'is' : 'are'} proven stale (safe_auto) and will be ended whatever you answer.\n`
}
