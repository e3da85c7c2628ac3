import type { CleanUpEntry, CleanUpReport } from '../act/clean-up.js'
import type { CleanupPath, FailureReason } from '../act/terminate-process.js'
import { inUseBy, staleEvidence } from '../classify/stale-evidence.js'
import type { Self } from '../identity/versions.js'
import { versionOf } from './identity-record.js'

interface Named {
  readonly pid: number | null
  readonly port: number | null
}

interface Versioned extends Named {
  readonly package_version: string | null
  readonly protocol_version: number | null
  /** The skip reason that `--force` overrode, or the evidence that the daemon is stale. */
  readonly reason: string
}

/** The `reset_result` block. Every candidate that could have been cleaned up, or was named, is in exactly one list. */
export interface ResetResult {
  readonly swept: readonly (Versioned & { readonly cleanup_path: CleanupPath })[]
  readonly skipped: readonly (Named & {
    readonly cleanup_class: string
    readonly skip_reason: string | null
    /** The scope that uses this process as its live daemon; null if no scope does. */
    readonly in_use_by: string | null
  })[]
  /** In a dry run: those that would fail, because it is known already that they would not be signalled. */
  readonly failed: readonly (Named & { readonly failure_reason: FailureReason })[]
  readonly dry_run: boolean
  readonly would_sweep: readonly Versioned[]
}

/**
 * Returns what the clean-up did with each candidate. Versions and evidence come from the scan that the clean-up acted on.
 * `namedPort` is the port that the user named: a `never_touch` candidate on that port is reported as skipped too.
 */
export function resetResult(
  report: CleanUpReport,
  self: Self,
  isDryRun: boolean,
  namedPort: number | null = null,
): ResetResult {
  const { entries } = report
  const untouched = report.seen.candidates.filter(
    ({ verdict, observation }) =>
      namedPort !== null && observation.port === namedPort && verdict.class === 'never_touch',
  )
  return {
    swept: entries.flatMap((entry) =>
      entry.result.outcome === 'swept'
        ? [{ ...versioned(entry, report, self), cleanup_path: entry.result.path }]
        : [],
    ),
    skipped: [
      ...entries.flatMap((entry) => (entry.result.outcome === 'skipped' ? [skipped(entry, report)] : [])),
      ...untouched.map((candidate) => skipped({ candidate }, report)),
    ],
    failed: entries.flatMap((entry) =>
      entry.result.outcome === 'failed' || entry.result.outcome === 'would_fail'
        ? [{ ...named(entry), failure_reason: entry.result.reason }]
        : [],
    ),
    dry_run: isDryRun,
    would_sweep: entries.flatMap((entry) =>
      entry.result.outcome === 'would_sweep' ? [versioned(entry, report, self)] : [],
    ),
  }
}

function named({ candidate }: Pick<CleanUpEntry, 'candidate'>): Named {
  return { pid: candidate.observation.pid, port: candidate.observation.port }
}

function skipped(
  entry: Pick<CleanUpEntry, 'candidate'>,
  { seen }: CleanUpReport,
): ResetResult['skipped'][number] {
  const { verdict, observation } = entry.candidate
  return {
    ...named(entry),
    cleanup_class: verdict.class,
    skip_reason: verdict.reason,
    in_use_by: inUseBy(observation, seen.context),
  }
}

function versioned(entry: CleanUpEntry, report: CleanUpReport, self: Self): Versioned {
  const { observation, verdict } = entry.candidate
  const evidence = staleEvidence(observation, report.seen.context, self)
  return {
    ...named(entry),
    package_version: versionOf(entry.candidate, report.seen),
    protocol_version: observation.report?.protocolVersion ?? null,
    reason: verdict.reason ?? evidence.join(', '),
  }
}
