import type { Facts } from '../../src/classify/facts.js'
import type { CleanupClass, Reason } from '../../src/classify/rules.js'

/** What the written tables say: row, class, reason. */
export interface Decision {
  readonly id: string
  readonly class: CleanupClass
  readonly reason: Reason | null
}

/**
 * The two decision tables of docs/lifecycle.md, told once more as plain questions, from the text and not from
 * `tables.ts`: where the two disagree, one of them is wrong.
 */
export type Oracle = (facts: Facts) => Decision

const never = (id: string, reason: Reason): Decision => ({ id, class: 'never_touch', reason })
const operator = (id: string, reason: Reason): Decision => ({ id, class: 'operator_required', reason })
const safe = (id: string): Decision => ({ id, class: 'safe_auto', reason: null })

const S = {
  outside: never('S1', 'out_of_range'),
  relative: never('S2', 'other_family'),
  stranger: never('S3', 'third_party'),
  silentStranger: never('S3', 'not_ours'),
  mimic: never('S4', 'third_party'),
  singleton: never('S5', 'is_recorded_singleton'),
  otherUser: operator('S6', 'other_user'),
  noPid: operator('S7', 'missing_pid'),
  noIdentity: operator('S8', 'missing_identity'),
  noMarker: operator('S9', 'pre_marker'),
  elsewhere: operator('S10', 'cross_root'),
  wedged: operator('S11', 'unresponsive'),
  mismatch: operator('S12', 'pid_port_mismatch'),
  otherScope: operator('S13', 'scope_mismatch'),
  unreadable: operator('S14', 'record_unreadable'),
  starting: operator('S15', 'starting'),
  safe: safe('S16'),
  rest: operator('S17', 'ambiguous'),
}

/** Returns what the sync table says. */
export const syncOracle: Oracle = (f) => {
  if (f.in_range === 'no') return S.outside
  if (f.other_family === 'yes') return S.relative
  if (f.spawn_shape !== 'yes' && f.self_report === 'no') {
    return f.answered_http === 'yes' ? S.stranger : S.silentStranger
  }
  // "argv readable, no spawn shape": an argv that cannot be read leaves the shape unknown, not absent.
  if (f.self_report === 'yes' && f.spawn_shape === 'no') return S.mimic
  if (f.singleton_here === 'yes' && f.self_report === 'yes') return S.singleton
  if (f.same_user === 'no') return S.otherUser
  if (f.pid_known === 'no') return S.noPid
  if (f.spawn_shape === 'unknown' || f.birth_known !== 'yes' || f.same_namespaces !== 'yes')
    return S.noIdentity
  if (f.marker === 'no') return S.noMarker
  if (f.marker_here === 'no') return S.elsewhere
  if (f.self_report === 'no') return S.wedged
  if (f.report_agrees === 'no') return S.mismatch
  if (f.scope_agrees === 'no') return S.otherScope
  if (f.records_readable === 'no') return S.unreadable
  if (f.predecessor === 'yes' && f.young === 'yes') return S.starting
  const proven =
    isProven(f) && f.marker_here === 'yes' && f.predecessor !== 'unknown' && f.young !== 'unknown'
  return proven ? S.safe : S.rest
}

const D = {
  outside: never('D1', 'out_of_range'),
  relative: never('D2', 'other_family'),
  stranger: never('D3', 'third_party'),
  silentStranger: never('D3', 'not_ours'),
  mimic: never('D4', 'third_party'),
  singleton: never('D5', 'is_recorded_singleton'),
  otherUser: operator('D6', 'other_user'),
  noPid: operator('D7', 'missing_pid'),
  noIdentity: operator('D8', 'missing_identity'),
  wedged: operator('D9', 'unresponsive'),
  mismatch: operator('D10', 'pid_port_mismatch'),
  unreadable: operator('D11', 'record_unreadable'),
  starting: operator('D12', 'starting'),
  safe: safe('D13'),
  rest: operator('D14', 'ambiguous'),
}

/** Returns what the dashboard table says. */
export const dashboardOracle: Oracle = (f) => {
  if (f.in_range === 'no') return D.outside
  if (f.other_family === 'yes') return D.relative
  if (f.spawn_shape !== 'yes' && f.self_report === 'no') {
    return f.answered_http === 'yes' ? D.stranger : D.silentStranger
  }
  if (f.self_report === 'yes' && f.spawn_shape === 'no') return D.mimic
  if (f.singleton_of_marker === 'yes' && f.self_report === 'yes' && f.project_gone !== 'yes')
    return D.singleton
  if (f.same_user === 'no') return D.otherUser
  if (f.pid_known === 'no') return D.noPid
  if (f.spawn_shape === 'unknown' || f.birth_known !== 'yes' || f.same_namespaces !== 'yes')
    return D.noIdentity
  if (f.self_report === 'no') return D.wedged
  if (f.report_agrees === 'no' || f.scope_agrees === 'no') return D.mismatch
  if (f.project_gone === 'unknown' || f.records_readable !== 'yes') return D.unreadable
  if (f.young === 'yes' && f.project_gone === 'no') return D.starting
  // A project that is gone took its record along, so `disowned` says yes there too; where the two contradict each
  // other, nothing is proven.
  return isProven(f) && f.disowned === 'yes' && f.young !== 'unknown' ? D.safe : D.rest
}

/** "In range, spawn shape, pid, argv, birth and namespaces known, same user, ...: all yes", for both tables. */
function isProven(f: Facts): boolean {
  const needed = [f.in_range, f.spawn_shape, f.self_report, f.answered_http, f.same_user, f.pid_known]
  const known = [f.birth_known, f.same_namespaces, f.marker, f.report_agrees, f.scope_agrees]
  const excluded = [f.other_family, f.singleton_here, f.singleton_of_marker]
  return (
    [...needed, ...known, f.records_readable].every((fact) => fact === 'yes') &&
    excluded.every((fact) => fact === 'no')
  )
}
