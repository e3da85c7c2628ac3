import type { CleanUpReport } from '../act/clean-up.js'
import type { Daemon } from '../define/daemon.js'
import { identityRecord, type Tool } from '../doctor/identity-record.js'
import { withRemedy, type DoctorRecord } from '../doctor/remedies.js'
import { resetResult } from '../doctor/reset-result.js'
import type { Scan } from '../observe/scan.js'
import { isSpared } from '../observe/spared.js'
import { EXIT } from './exit-codes.js'
import { note, type Io } from './io.js'
import { printJson } from './json.js'
import { startProgress } from './progress.js'
import { renderCandidates, renderRemedies, renderReset } from './render-doctor.js'
import { assertListener } from './target.js'
import { toolOf } from './tool.js'

export interface CleanUpAllOptions extends Pick<Tool, 'record'> {
  readonly port: number | null
  readonly force: boolean
  readonly dryRun: boolean
  readonly json: boolean
  /** Asked, after the user has seen what was found, if there is something to end. */
  readonly mayEnd: () => Promise<boolean>
}

/**
 * Ends the orphans of every scope: shows what it found, asks, and reports how many processes and stale records it cleaned
 * up. Live daemons of other scopes are left alone, even with `force`. Returns the exit code.
 */
export async function cleanUpAll(daemon: Daemon, options: CleanUpAllOptions, io: Io): Promise<number> {
  const tool = toolOf(daemon, options.record)
  const seen = await daemon.scan({ forCleanUp: true })
  if (options.port !== null) assertListener(seen, options.port)
  if (!options.json) io.out(`${describeScan(options, seen, tool, io)}\n`)
  if (countOf(options, seen) > 0 && !(await options.mayEnd())) return EXIT.ok
  const progress = startProgress(io, (done, total) => `cleaning up: ${done} of ${total} done`)
  try {
    const report = await daemon.cleanUp({
      force: options.force,
      seen,
      ...(options.port === null ? {} : { port: options.port }),
      dryRun: options.dryRun,
      onProgress: progress.update,
      onWait: (message) => note(io, message),
    })
    return tell(options, report, tool, io)
  } finally {
    progress.stop()
  }
}

/** Returns the largest number of daemons that may be ended. */
function countOf({ force, port }: CleanUpAllOptions, seen: Scan): number {
  const classes = force ? ['safe_auto', 'operator_required'] : ['safe_auto']
  return seen.candidates.filter(
    (candidate) =>
      classes.includes(candidate.verdict.class) &&
      (candidate.verdict.class === 'safe_auto' || !isSpared(candidate, seen)) &&
      (port === null || port === candidate.observation.port),
  ).length
}

function describeScan(options: CleanUpAllOptions, seen: Scan, tool: Tool, io: Io): string {
  const candidates = recordsOf(seen, tool)
  const orphans = candidates.filter((record) => record.cleanup_class !== 'never_touch')
  const remedies = options.force ? [] : renderRemedies(orphans, io)
  return [...renderCandidates({ candidates }, io), ...remedies].join('\n')
}

function recordsOf(seen: Scan, tool: Tool): readonly DoctorRecord[] {
  return seen.candidates.map((candidate) =>
    withRemedy(identityRecord(candidate, seen, tool), candidate, seen, tool),
  )
}

function tell(
  options: CleanUpAllOptions,
  report: CleanUpReport & { readonly tidied: number },
  tool: Tool,
  io: Io,
): number {
  const result = resetResult(report, tool.self, options.dryRun)
  const { tidied } = report
  if (options.json) {
    printJson({ ...result, records_cleaned: tidied, candidates: recordsOf(report.after, tool) }, io)
  } else {
    const records = tidied === 1 ? '1 stale record' : `${tidied} stale records`
    io.out(`${[...renderReset(result, io), `records: ${records}`].join('\n')}\n`)
  }
  return result.failed.length > 0 ? EXIT.problem : EXIT.ok
}
