import type { CleanUpReport, DaemonStatus, Scan, Self } from 'familiar'
import { identityRecord } from './identity-record.js'
import type { Io } from '../cli/io.js'
import type { ConfigRead } from '../sync/config.js'
import { readDaemon, type DaemonView } from './daemon.js'
import { findingsOf, type Finding } from './findings.js'
import { withRemedy, type DoctorRecord } from './remedies.js'
import { resetResult, type ResetResult } from './reset-result.js'
import { readSession, type SessionView } from './session.js'

export const SCHEMA_VERSION = 2

/** What `auth doctor --json` prints. Names and meanings are permanent. */
export interface DoctorDocument {
  readonly schema_version: typeof SCHEMA_VERSION
  readonly generated_at: string
  readonly auth_root: string
  readonly session: SessionView | null
  readonly daemon: DaemonView | null
  /** Candidates of class safe_auto and operator_required. */
  readonly orphans: readonly DoctorRecord[]
  /** Every listener in the range, and a process that holds the daemon lock but does not listen. */
  readonly candidates: readonly DoctorRecord[]
  readonly findings: readonly Finding[]
  readonly reset_result?: ResetResult
}

/**
 * What the document is made from besides the scan. `report` is null without a clean-up; after one, the scan must be the
 * one made after it.
 */
export interface DocumentParts {
  readonly root: string
  readonly self: Self
  readonly env: Io['env']
  readonly status: DaemonStatus
  readonly config: ConfigRead
  readonly report: CleanUpReport | null
  readonly isDryRun: boolean
}

/** Returns the document about the scan `seen`. */
export function doctorDocument(
  seen: Scan,
  { root, self, env, status, config, report, isDryRun }: DocumentParts,
): DoctorDocument {
  const candidates = seen.candidates.map((candidate) =>
    withRemedy(identityRecord(candidate, seen, self), candidate, seen),
  )
  const session = readSession(root)
  const daemon = readDaemon(status)
  const orphans = candidates.filter((record) => record.cleanup_class !== 'never_touch')
  return {
    schema_version: SCHEMA_VERSION,
    generated_at: new Date().toISOString(),
    auth_root: root,
    session,
    daemon,
    orphans,
    candidates,
    findings: findingsOf({ seen, session, status, config, env, self }),
    ...(report === null ? {} : { reset_result: resetResult(report, self, isDryRun) }),
  }
}
