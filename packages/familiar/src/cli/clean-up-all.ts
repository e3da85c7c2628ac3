import { isSpared, type CleanUpReport, type Scan } from 'familiar'
import { EXIT } from '../cli/exit-codes.js'
import { note, type Io } from '../cli/io.js'
import { printJson } from '../cli/json.js'
import { startProgress } from '../cli/progress.js'
import { UsageError } from '../cli/usage.js'
import { identityRecord } from '../doctor/identity-record.js'
import { withRemedy, type DoctorRecord } from '../doctor/remedies.js'
import { renderCandidates, renderRemedies, renderReset } from '../doctor/render.js'
import { resetResult } from '../doctor/reset-result.js'
import { dashboardDaemon } from '../daemons/dashboard.js'
import { installedSelf } from '../installation.js'
import { findProject, workingDirectory } from '../daemons/project-directory.js'

export interface CleanUpOptions {
  readonly port: number | null
  readonly force: boolean
  readonly dryRun: boolean
  readonly yes: boolean
  readonly json: boolean
}

/**
 * Ends the orphaned dashboards of every project: shows what it found, asks, and reports how many processes and stale
 * records it cleaned up. Live dashboards of other projects are left alone, even with `force`.
 */
export async function cleanUpDashboards(options: CleanUpOptions, io: Io): Promise<number> {
  const here = workingDirectory(io)
  const dashboard = dashboardDaemon.at(findProject(here) ?? here)
  const seen = await dashboard.scan({ forCleanUp: true })
  if (!options.json) io.out(`${describeLook(options, seen, io)}\n`)
  const count = countOf(options, seen)
  if (count > 0 && !(await isAllowed(options, io))) return EXIT.ok
  const progress = startProgress(io, (done, total) => `cleaning up: ${done} of ${total} done`)
  try {
    const report = await dashboard.cleanUp({
      force: options.force,
      seen,
      ...(options.port === null ? {} : { port: options.port }),
      dryRun: options.dryRun,
      onProgress: progress.update,
      onWait: (message) => note(io, message),
    })
    return await tell(options, report, io)
  } finally {
    progress.stop()
  }
}

/** Returns the largest number of dashboards that may be ended. */
function countOf({ force, port }: CleanUpOptions, seen: Scan): number {
  const classes = force ? ['safe_auto', 'operator_required'] : ['safe_auto']
  return seen.candidates.filter(
    (candidate) =>
      classes.includes(candidate.verdict.class) &&
      (candidate.verdict.class === 'safe_auto' || !isSpared(candidate, seen)) &&
      (port === null || port === candidate.observation.port),
  ).length
}

async function isAllowed({ dryRun, yes, json }: CleanUpOptions, io: Io): Promise<boolean> {
  if (dryRun || yes) return true
  if (json || !io.isInteractive) throw new UsageError('--cleanup-all needs --yes where nobody can be asked')
  return io.confirm('Kill all orphaned dashboards?')
}

function describeLook(options: CleanUpOptions, seen: Scan, io: Io): string {
  const candidates = recordsOf(seen, io)
  const orphans = candidates.filter((record) => record.cleanup_class !== 'never_touch')
  const remedies = options.force ? [] : renderRemedies(orphans, io)
  return [...renderCandidates({ candidates }, io), ...remedies].join('\n')
}

function recordsOf(seen: Scan, io: Io): readonly DoctorRecord[] {
  const self = installedSelf(io.executable)
  return seen.candidates.map((candidate) =>
    withRemedy(identityRecord(candidate, seen, self), candidate, seen),
  )
}

async function tell(
  options: CleanUpOptions,
  report: CleanUpReport & { readonly tidied: number },
  io: Io,
): Promise<number> {
  const result = resetResult(report, installedSelf(io.executable), options.dryRun)
  const { tidied } = report
  if (options.json) {
    const candidates = recordsOf(report.after, io)
    printJson({ ...result, records_cleaned: tidied, candidates }, io)
  } else {
    const records = tidied === 1 ? '1 stale record' : `${tidied} stale records`
    io.out(`${[...renderReset(result, io), `records: ${records}`].join('\n')}\n`)
  }
  return result.failed.length > 0 ? EXIT.problem : EXIT.ok
}
