import type { Facts } from '../../src/classify/facts.js'
import type { CleanupClass, Reason } from '../../src/classify/class-and-reason.js'

/** What the written tables say: row, class, reason. */
export interface Decision {
  readonly id: string
  readonly class: CleanupClass
  readonly reason: Reason | null
}

/**
 * The two decision tables of docs/lifecycle.md, written a second time as plain questions, from the text and not from
 * `decision-tables.ts`: where the two disagree, one of them is wrong.
 */
export type Oracle = (facts: Facts) => Decision

const never = (id: string, reason: Reason): Decision => ({ id, class: 'never_touch', reason })
const operator = (id: string, reason: Reason): Decision => ({ id, class: 'operator_required', reason })
const safe = (id: string): Decision => ({ id, class: 'safe_auto', reason: null })

const S = {
  outside: never('S1', 'out_of_range'),
  relative: never('S2', 'other_family'),
  stranger: never('S3a', 'third_party'),
  silentStranger: never('S3b', 'not_ours'),
  mimic: never('S4', 'third_party'),
  singleton: never('S5', 'is_recorded_singleton'),
  part: never('S5b', 'part_of_singleton'),
  otherUser: operator('S6', 'other_user'),
  noPid: operator('S7', 'missing_pid'),
  noIdentity: operator('S8', 'missing_identity'),
  noMarker: operator('S9', 'pre_marker'),
  otherRoot: operator('S10', 'cross_root'),
  beyond: operator('S10b', 'unreachable'),
  wedged: operator('S11', 'unresponsive'),
  mismatch: operator('S12', 'pid_port_mismatch'),
  otherScope: operator('S13', 'scope_mismatch'),
  unreadable: operator('S14', 'record_unreadable'),
  elsewhere: operator('S14b', 'elsewhere'),
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
  if (f.self_report === 'yes' && f.spawn_shape === 'no' && f.holds_reported_lock !== 'yes') return S.mimic
  if (f.singleton_here === 'yes' && f.self_report === 'yes') return S.singleton
  if (f.part_of_singleton === 'yes') return S.part
  if (f.same_user === 'no') return S.otherUser
  if (f.pid_known === 'no') return S.noPid
  if (f.spawn_shape === 'unknown' || f.start_time_known !== 'yes' || f.same_namespaces !== 'yes')
    return S.noIdentity
  if (f.marker === 'no') return S.noMarker
  if (f.marker_here === 'no') return S.otherRoot
  if (f.reachable === 'no') return S.beyond
  if (f.self_report === 'no') return S.wedged
  if (f.report_agrees === 'no') return S.mismatch
  if (f.scope_agrees === 'no') return S.otherScope
  if (f.records_readable === 'no') return S.unreadable
  if (f.elsewhere === 'yes') return S.elsewhere
  if (f.predecessor === 'yes' && f.in_startup_grace === 'yes') return S.starting
  const proven =
    isProven(f) && f.marker_here === 'yes' && f.predecessor !== 'unknown' && f.in_startup_grace !== 'unknown'
  return proven ? S.safe : S.rest
}

const D = {
  outside: never('D1', 'out_of_range'),
  relative: never('D2', 'other_family'),
  stranger: never('D3a', 'third_party'),
  silentStranger: never('D3b', 'not_ours'),
  mimic: never('D4', 'third_party'),
  singleton: never('D5', 'is_recorded_singleton'),
  part: never('D5b', 'part_of_singleton'),
  otherUser: operator('D6', 'other_user'),
  noPid: operator('D7', 'missing_pid'),
  noIdentity: operator('D8', 'missing_identity'),
  beyond: operator('D8b', 'unreachable'),
  wedged: operator('D9', 'unresponsive'),
  otherScope: operator('D10a', 'scope_mismatch'),
  mismatch: operator('D10', 'pid_port_mismatch'),
  unreadable: operator('D11', 'record_unreadable'),
  elsewhere: operator('D11b', 'elsewhere'),
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
  if (f.self_report === 'yes' && f.spawn_shape === 'no' && f.holds_reported_lock !== 'yes') return D.mimic
  if (f.singleton_named === 'yes' && f.self_report === 'yes' && f.project_gone !== 'yes') return D.singleton
  if (f.part_of_singleton === 'yes') return D.part
  if (f.same_user === 'no') return D.otherUser
  if (f.pid_known === 'no') return D.noPid
  if (f.spawn_shape === 'unknown' || f.start_time_known !== 'yes' || f.same_namespaces !== 'yes')
    return D.noIdentity
  if (f.reachable === 'no') return D.beyond
  if (f.self_report === 'no') return D.wedged
  if (f.scope_agrees === 'no') return D.otherScope
  if (f.report_agrees === 'no') return D.mismatch
  // A project that was not read in time leaves its existence unknown, but is not an unreadable record.
  if (f.project_gone === 'unknown' && f.scope_told !== 'no') return D.unreadable
  if (f.records_readable === 'no') return D.unreadable
  if (f.elsewhere === 'yes') return D.elsewhere
  if (f.in_startup_grace === 'yes' && f.project_gone === 'no') return D.starting
  // A project that is gone took its record along, so `disowned` says yes there too; where the two contradict each
  // other, nothing is proven.
  const isClear =
    f.scope_told === 'yes' &&
    f.disowned === 'yes' &&
    f.in_startup_grace !== 'unknown' &&
    f.project_gone !== 'unknown'
  return isProven(f) && isClear ? D.safe : D.rest
}

const NEEDED = [
  'in_range',
  'spawn_shape',
  'self_report',
  'answered_http',
  'same_user',
  'pid_known',
  'reachable',
  'start_time_known',
  'same_namespaces',
  'marker',
  'report_agrees',
  'scope_agrees',
  'records_readable',
] as const

const EXCLUDED = [
  'other_family',
  'singleton_here',
  'singleton_named',
  'part_of_singleton',
  'holds_reported_lock',
  'elsewhere',
] as const

/** "In range, spawn shape, pid, argv, start time and namespaces known, same user, ...: all yes", for both tables. */
function isProven(f: Facts): boolean {
  return NEEDED.every((fact) => f[fact] === 'yes') && EXCLUDED.every((fact) => f[fact] === 'no')
}
