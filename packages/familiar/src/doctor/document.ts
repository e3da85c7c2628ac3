import type { CleanUpReport } from '../act/clean-up.js'
import type { DaemonStatus } from '../classify/daemon-state.js'
import type { Candidate, Scan } from '../observe/scan.js'
import { readDaemon, type DaemonView } from './daemon-view.js'
import type { Finding } from './finding.js'
import { findingsOf } from './findings.js'
import type { Tool } from './identity-record.js'
import type { DoctorRecord } from './choose-remedy.js'
import type { Remediation, Remedy } from './remedy.js'
import { rowsOf } from './doctor-records.js'
import { resetResult, type ResetResult } from './reset-result.js'

/** What `doctor --json` prints, after the `schema_version`. Names and meanings are permanent. */
export interface DoctorDocument {
  readonly generated_at: string
  /** The scope; omitted if the tool has its own member for it. */
  readonly scope?: string
  readonly daemon: DaemonView | null
  /** Why it is not known whether a daemon runs; omitted if it is known. */
  readonly daemon_unread?: string
  /** Candidates of class safe_auto and operator_required. */
  readonly orphans: readonly DoctorRecord[]
  /** Every listener in the range, and a process that holds the daemon lock but does not listen. */
  readonly candidates: readonly DoctorRecord[]
  readonly findings: readonly Finding[]
  readonly reset_result?: ResetResult
}

/**
 * The meaning of a text, which decides its colour: a command, something good, something bad, something to check, or
 * something less important.
 */
export type LineStyle = 'cyan' | 'green' | 'red' | 'yellow' | 'dim'

/** One line for people: its label, its text, the style of the text, and a command that follows the text. */
export type Line = readonly [
  label: string,
  text: string,
  style?: LineStyle | undefined,
  command?: string | undefined,
]

/** What a tool adds to the doctor's document. */
export interface DoctorAddition extends Pick<Tool, 'record'> {
  /** The lines above the line about the daemon. They replace the line about the scope. */
  readonly head?: readonly Line[]
  /** Members of the document that replace `scope`. */
  readonly document?: object
  /** Members that are added to `daemon`. */
  readonly daemon?: object
  /** When a daemon that crashed was last seen alive, if the tool knows it better than the record of the daemon does. */
  readonly lastAlive?: string | null
  readonly findings?: readonly Finding[]
  /** Remedies of the tool that replace those of the library's findings, by the id of the finding. */
  readonly remedies?: Readonly<Record<string, Remediation>>
  /** For each finding of the tool, by its id, one sentence that tells people why it matters. */
  readonly why?: Readonly<Record<string, string>>
}

/** Returns what the tool adds to the document about this scope. Called once for each document. */
export type DoctorExtension = (at: {
  readonly scope: string
  readonly status: DaemonStatus
}) => Promise<DoctorAddition>

/**
 * The input for the document, in addition to the scan. `report` is null if there was no clean-up. After a clean-up, the
 * scan must be a later one.
 */
export interface DocumentParts {
  readonly scope: string
  readonly tool: Tool
  readonly status: DaemonStatus
  readonly report: CleanUpReport | null
  readonly isDryRun: boolean
  /** The daemons of the scope whose installation is proven gone, as seen from here. */
  readonly uninstalled?: ReadonlySet<Candidate>
  /** The port that the user named for a clean-up. */
  readonly named?: number | null
  readonly addition: DoctorAddition
}

/** Returns the doctor's document about the scan `seen`. */
export function doctorDocument(
  seen: Scan,
  { scope, tool, status, report, isDryRun, uninstalled = new Set(), named = null, addition }: DocumentParts,
): DoctorDocument {
  const { words, self } = tool
  const rows = rowsOf(seen, tool, report)
  const candidates = [...rows.values()]
  const remedyOf = (candidate: Candidate): Remedy | null => rows.get(candidate)?.remedy ?? null
  const daemon = readDaemon(status)
  return {
    generated_at: new Date().toISOString(),
    ...(addition.document ?? { scope }),
    daemon: daemon === null ? null : { ...daemon, ...addition.daemon },
    ...(status.unread === undefined ? {} : { daemon_unread: status.unread }),
    orphans: candidates.filter((record) => record.cleanup_class !== 'never_touch'),
    candidates,
    findings: findingsOf(
      {
        seen,
        status: { ...status, since: addition.lastAlive ?? status.since },
        self,
        words,
        uninstalled,
        remedyOf,
        ...(tool.now === undefined ? {} : { now: tool.now }),
      },
      addition.findings ?? [],
      addition.remedies,
    ),
    ...(report === null ? {} : { reset_result: resetResult(report, self, isDryRun, named) }),
  }
}
