/**
 * What a clean-up may do with a candidate. `safe_auto`: end it without asking. `operator_required`: end it only if the user
 * demands it by force or confirms it. `never_touch`: never end it.
 */
export type CleanupClass = 'safe_auto' | 'operator_required' | 'never_touch'

/** Why a candidate is not ended without asking. Each tool has its own names for `other_family` and `not_ours`. */
export type Reason =
  | 'out_of_range'
  | 'other_family'
  | 'third_party'
  | 'not_ours'
  | 'is_recorded_singleton'
  | 'part_of_singleton'
  | 'other_user'
  | 'missing_pid'
  | 'missing_identity'
  | 'pre_marker'
  | 'cross_root'
  | 'unreachable'
  | 'unresponsive'
  | 'pid_port_mismatch'
  | 'scope_mismatch'
  | 'record_unreadable'
  | 'elsewhere'
  | 'starting'
  | 'ambiguous'
