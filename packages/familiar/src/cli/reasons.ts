import type { StaleEvidence } from '../classify/evidence.js'
import type { ReasonNames } from '../classify/classify.js'
import type { CleanupPath } from '../act/terminate.js'
import { printable } from './printable.js'

/** What a line for people says of the reasons; JSON has their names. `scope` is what the tool calls a scope. */
const REASONS: Readonly<Record<string, (scope: string) => string>> = {
  ambiguous: () => 'not everything about it is known',
  cross_root: (scope) => `of another ${scope}`,
  is_recorded_singleton: (scope) => `the live daemon of its ${scope}`,
  part_of_singleton: (scope) => `a part of the live daemon of its ${scope}`,
  third_party: () => 'another program',
  not_ours: () => 'another program',
  other_family: () => 'a daemon of another kind',
  out_of_range: () => 'on another port',
  elsewhere: (scope) => `the daemon of its ${scope} runs on another machine or in another container`,
  missing_identity: () => 'its process is not seen whole from here',
  missing_pid: () => 'its process is not seen from here',
  other_user: () => 'of another user',
  pid_port_mismatch: () => 'it reports another process or port',
  pre_marker: (scope) => `too old to say which ${scope} it belongs to`,
  record_unreadable: (scope) => `a record of its ${scope} cannot be read`,
  scope_mismatch: (scope) => `it reports another ${scope}`,
  starting: () => 'it may still be starting',
  unreachable: () => 'it cannot be reached from here',
  unresponsive: () => 'it does not answer',
}

const EVIDENCE: Readonly<Record<StaleEvidence, string>> = {
  older_version: 'older version',
  newer_version: 'newer version',
  other_executable: 'another executable',
  installation_gone: 'its installation is gone',
  superseded: 'superseded',
  unrecorded: 'not recorded',
  project_gone: 'its project is gone',
}

const FAILURES: Readonly<Record<string, string>> = {
  permission_denied: 'this user must not end it',
  identity_changed: 'it is another process by now',
  survived_kill: 'it lives on after SIGKILL',
  port_still_listening: 'another process listens on its port still',
  identity_unproven: 'it is not proven to be what it seems',
}

/** A daemon that was asked to leave, and did, needs no word about it. */
const PATHS: Readonly<Record<CleanupPath, string>> = {
  http_shutdown: '',
  terminate: 'SIGTERM',
  kill: 'SIGKILL',
  already_gone: 'was gone already',
}

/**
 * Returns a reason in words, with its name, which `explain` and the documents know. `names` are the tool's names for reasons of
 * the library.
 */
export function reasonText(reason: string, scope: string, names: Partial<ReasonNames> = {}): string {
  const [own] = Object.entries(names).find(([, name]) => name === reason) ?? []
  const text = REASONS[own ?? reason]?.(scope)
  return text === undefined ? printable(reason) : `${text} (${reason})`
}

/** What has one of these signs is not recorded either: that need not be said. */
const TELLS_MORE: ReadonlySet<string> = new Set(['superseded', 'project_gone'])

/** Returns the signs that a daemon is stale in words: `older version 3.2.2, superseded`. */
export function evidenceText(evidence: readonly string[], version: string | null = null): string {
  const isTold = evidence.some((one) => TELLS_MORE.has(one))
  const said = evidence.filter((one) => !(isTold && one === 'unrecorded'))
  return said.map((one) => evidenceWord(one, version)).join(', ')
}

function evidenceWord(evidence: string, version: string | null): string {
  const text = Object.hasOwn(EVIDENCE, evidence) ? EVIDENCE[evidence as StaleEvidence] : printable(evidence)
  const isVersion = evidence === 'older_version' || evidence === 'newer_version'
  return isVersion && version !== null ? `${text} ${printable(version)}` : text
}

/** Returns why a process was or would be ended: `reason` of a result is a skip reason, or a list of evidence. */
export function endedBecause(reason: string, version: string | null, scope: string): string {
  if (Object.hasOwn(REASONS, reason)) return reasonText(reason, scope)
  return evidenceText(reason === '' ? [] : reason.split(', '), version)
}

export function failureText(reason: string): string {
  const text = FAILURES[reason]
  return text === undefined ? printable(reason) : `${text} (${reason})`
}

/** Returns how a process was ended, as it follows its number and port: `, SIGTERM`. */
export function pathText(path: CleanupPath): string {
  const text = PATHS[path]
  return text === '' ? '' : `, ${text}`
}
