import { identityRecord, type CleanUpReport, type Look, type Self } from 'familiar'
import type { Io } from '../cli/io.js'
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
  /** Every listener in the range. */
  readonly candidates: readonly DoctorRecord[]
  readonly findings: readonly Finding[]
  readonly reset_result?: ResetResult
}

/** Returns the document of one look; after a clean-up, of the look after it. */
export function doctorDocument(
  root: string,
  seen: Look,
  self: Self,
  env: Io['env'],
  report: CleanUpReport | null,
  isDryRun: boolean,
): DoctorDocument {
  const candidates = seen.candidates.map((candidate) =>
    withRemedy(identityRecord(candidate, seen, self), candidate),
  )
  const session = readSession(root)
  const daemon = readDaemon(seen)
  const orphans = candidates.filter((record) => record.cleanup_class !== 'never_touch')
  return {
    schema_version: SCHEMA_VERSION,
    generated_at: new Date().toISOString(),
    auth_root: root,
    session,
    daemon,
    orphans,
    candidates,
    findings: findingsOf({ seen, session, daemon, orphans, env, self }),
    ...(report === null ? {} : { reset_result: resetResult(report, self, isDryRun) }),
  }
}
