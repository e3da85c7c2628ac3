import type { CleanupPath } from '../act/terminate-process.js'
import type { StaleEvidence } from '../classify/stale-evidence.js'
import type { ReasonNames } from '../classify/classify.js'
import type { Reason } from '../classify/class-and-reason.js'
import { EVIDENCE_WORDS, PATH_WORDS, REASON_WORDS, UNPROVEN_WORDS } from '../doctor/reason-words.js'
import type { DoctorRecord } from '../doctor/choose-remedy.js'
import { printable } from './printable.js'

/**
 * Returns a reason in words, followed by its name, which `explain` and the documents use. `names` are the tool's names
 * for reasons of the library.
 */
export function reasonText(reason: string, scope: string, names: Partial<ReasonNames> = {}): string {
  const own = Object.entries(names).find(([, name]) => name === reason)?.[0] ?? reason
  if (!Object.hasOwn(REASON_WORDS, own)) return printable(reason)
  return `${REASON_WORDS[own as Reason].replaceAll('{scope}', scope)} (${reason})`
}

/**
 * Returns the same for a process that is never touched. Without a process, nothing is known about what listens there.
 */
export function untouchedText(
  reason: string,
  { pid }: Pick<DoctorRecord, 'pid'>,
  scope: string,
  names: Partial<ReasonNames> = {},
): string {
  const isUnknown = pid === null && (names.not_ours ?? 'not_ours') === reason
  return isUnknown
    ? `a process that this user cannot look into (${reason})`
    : reasonText(reason, scope, names)
}

/** The members of a row that say why it is not ended without asking. */
type Reasoned = Pick<
  DoctorRecord,
  'skip_reason' | 'stale_evidence' | 'scope_missing' | 'singleton_scope_id' | 'unproven'
>

/**
 * Returns the reason of a row in words, with what is known about its scope besides: whether another scope is still there,
 * and what a daemon whose command line names none reports, which proves nothing.
 */
export function rowReason(row: Reasoned, scope: string): string {
  const { skip_reason: reason, singleton_scope_id: reported } = row
  const text = reasonText(reason ?? '', scope)
  if (reason === 'pre_marker' && reported !== null)
    return `${text}; it reports ${printable(reported)}, which is not proven`
  if (reason === 'ambiguous') return text.replace(' (', `${unprovenText(row, scope)} (`)
  const left = reason === 'cross_root' ? whereItIs(row) : ''
  return left === '' ? text : text.replace(' (', `, which is ${left} (`)
}

/** Two are enough: what makes one unknown usually makes others unknown. */
function unprovenText({ unproven }: Reasoned, scope: string): string {
  const words = unproven.slice(0, 2).map((fact) => UNPROVEN_WORDS[fact])
  return words.length === 0 ? '' : `: ${words.join(', and ').replaceAll('{scope}', scope)}`
}

function whereItIs({ stale_evidence, scope_missing }: Reasoned): string {
  if (stale_evidence.includes('project_gone')) return 'gone'
  return scope_missing === true ? 'not there' : ''
}

/** A daemon with one of these signs is always unrecorded too, so `unrecorded` is omitted beside them. */
const TELLS_MORE: ReadonlySet<string> = new Set(['superseded', 'project_gone'])

/**
 * Returns the signs that a daemon is stale, in words: `older version 3.2.2, superseded`. If the daemon's version is
 * already shown beside the text, `own` is the version it is compared with: `older than 4.0.0, superseded`.
 */
export function evidenceText(
  evidence: readonly string[],
  version: string | null = null,
  own?: string,
): string {
  const isTold = evidence.some((one) => TELLS_MORE.has(one))
  const said = evidence.filter((one) => !(isTold && one === 'unrecorded'))
  return said.map((one) => evidenceWord(one, version, own)).join(', ')
}

function evidenceWord(evidence: string, version: string | null, own: string | undefined): string {
  if (own !== undefined && evidence === 'older_version') return `older than ${printable(own)}`
  if (own !== undefined && evidence === 'newer_version') return `newer than ${printable(own)}`
  const isKnown = Object.hasOwn(EVIDENCE_WORDS, evidence)
  const text = isKnown ? EVIDENCE_WORDS[evidence as StaleEvidence] : printable(evidence)
  const isVersion = evidence === 'older_version' || evidence === 'newer_version'
  return isVersion && version !== null ? `${text} ${printable(version)}` : text
}

/** Returns whether the reason of a process that was ended is a skip reason, in which case the user decided to end it. */
export function isSkipReason(reason: string): boolean {
  return Object.hasOwn(REASON_WORDS, reason)
}

/** Returns why a process was or would be ended. `reason` of a result is a skip reason or a list of evidence. */
export function endedBecause(reason: string, version: string | null, scope: string): string {
  if (isSkipReason(reason)) return reasonText(reason, scope)
  return evidenceText(reason === '' ? [] : reason.split(', '), version)
}

/** Returns how a process was ended, to be appended to its pid and port: `, SIGTERM`. */
export function pathText(path: CleanupPath): string {
  const text = PATH_WORDS[path]
  return text === '' ? '' : `, ${text}`
}
