import type { CleanUpReport } from '../act/clean-up.js'
import type { DaemonStatus } from '../classify/state-without.js'
import type { Candidate, Scan } from '../observe/scan.js'
import { readDaemon, type DaemonView } from './daemon-view.js'
import { findingsOf, type Finding } from './findings.js'
import type { Tool } from './identity-record.js'
import type { DoctorRecord } from './remedies.js'
import type { Remedy } from './remedy.js'
import { rowsOf } from './rows.js'
import { resetResult, type ResetResult } from './reset-result.js'

/** What `doctor --json` prints, after the `schema_version`. Names and meanings are permanent. */
export interface DoctorDocument {
  readonly generated_at: string
  /** Left out if the tool says it under another name. */
  readonly scope?: string
  readonly daemon: DaemonView | null
  /** Candidates of class safe_auto and operator_required. */
  readonly orphans: readonly DoctorRecord[]
  /** Every listener in the range, and a process that holds the daemon lock but does not listen. */
  readonly candidates: readonly DoctorRecord[]
  readonly findings: readonly Finding[]
  readonly reset_result?: ResetResult
}

/** How a text is painted: a command, what is well, what is not, what is worth a look, and what is less important. */
export type LineStyle = 'cyan' | 'green' | 'red' | 'yellow' | 'dim'

/** A line for people: what it is about, the text and how it is painted, and a command that stands after it. */
export type Line = readonly [
  label: string,
  text: string,
  style?: LineStyle | undefined,
  command?: string | undefined,
]

/** What a tool shows besides. */
export interface DoctorAddition extends Pick<Tool, 'record'> {
  /** The lines above that about the daemon, instead of the scope's. */
  readonly head?: readonly Line[]
  /** Members of the document, instead of `scope`. */
  readonly document?: object
  /** Members of `daemon`. */
  readonly daemon?: object
  readonly findings?: readonly Finding[]
  /** Why these findings matter, one sentence each, by id: for people. */
  readonly why?: Readonly<Record<string, string>>
}

/** Returns what the tool shows besides about this scope; called for each document. */
export type DoctorExtension = (at: {
  readonly scope: string
  readonly status: DaemonStatus
}) => Promise<DoctorAddition>

/**
 * What the document is made from besides the scan. `report` is null without a clean-up; after one, the scan must be the
 * one made after it.
 */
export interface DocumentParts {
  readonly scope: string
  readonly tool: Tool
  readonly status: DaemonStatus
  readonly report: CleanUpReport | null
  readonly isDryRun: boolean
  /** The port that the user named for a clean-up. */
  readonly named?: number | null
  readonly addition: DoctorAddition
}

/** Returns the document about the scan `seen`. */
export function doctorDocument(
  seen: Scan,
  { scope, tool, status, report, isDryRun, named = null, addition }: DocumentParts,
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
    orphans: candidates.filter((record) => record.cleanup_class !== 'never_touch'),
    candidates,
    findings: findingsOf({ seen, status, self, words, remedyOf }, addition.findings ?? []),
    ...(report === null ? {} : { reset_result: resetResult(report, self, isDryRun, named) }),
  }
}
