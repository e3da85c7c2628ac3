import type { Rule } from './first-match.js'
import type { Tri } from './tri.js'

const NOT_PROVEN: readonly Tri[] = ['no', 'unknown']
const KNOWN: readonly Tri[] = ['yes', 'no']

/**
 * The decision table for a family with one daemon for each root directory of a user. The first row that matches decides.
 * Only S16 allows an automatic clean-up, and it requires every proof. The last row refuses everything that no other row
 * matched.
 */
export const USER_SCOPE_RULES: readonly Rule[] = [
  { id: 'S1', when: [{ in_range: 'no' }], class: 'never_touch', reason: 'out_of_range' },
  { id: 'S2', when: [{ other_family: 'yes' }], class: 'never_touch', reason: 'other_family' },
  {
    id: 'S3a',
    when: [{ spawn_shape: NOT_PROVEN, self_report: 'no', answered_http: 'yes' }],
    class: 'never_touch',
    reason: 'third_party',
  },
  {
    id: 'S3b',
    when: [{ spawn_shape: NOT_PROVEN, self_report: 'no' }],
    class: 'never_touch',
    reason: 'not_ours',
  },
  {
    id: 'S4',
    when: [{ spawn_shape: 'no', self_report: 'yes', holds_reported_lock: NOT_PROVEN }],
    class: 'never_touch',
    reason: 'third_party',
  },
  {
    id: 'S5',
    when: [{ singleton_here: 'yes', self_report: 'yes' }],
    class: 'never_touch',
    reason: 'is_recorded_singleton',
  },
  { id: 'S5b', when: [{ part_of_singleton: 'yes' }], class: 'never_touch', reason: 'part_of_singleton' },
  { id: 'S6', when: [{ same_user: 'no' }], class: 'operator_required', reason: 'other_user' },
  { id: 'S7', when: [{ pid_known: 'no' }], class: 'operator_required', reason: 'missing_pid' },
  {
    id: 'S8',
    when: [{ spawn_shape: 'unknown' }, { start_time_known: NOT_PROVEN }, { same_namespaces: NOT_PROVEN }],
    class: 'operator_required',
    reason: 'missing_identity',
  },
  { id: 'S9', when: [{ marker: 'no' }], class: 'operator_required', reason: 'pre_marker' },
  { id: 'S10', when: [{ marker_here: 'no' }], class: 'operator_required', reason: 'cross_root' },
  { id: 'S10b', when: [{ reachable: 'no' }], class: 'operator_required', reason: 'unreachable' },
  { id: 'S11', when: [{ self_report: 'no' }], class: 'operator_required', reason: 'unresponsive' },
  { id: 'S12', when: [{ report_agrees: 'no' }], class: 'operator_required', reason: 'pid_port_mismatch' },
  { id: 'S13', when: [{ scope_agrees: 'no' }], class: 'operator_required', reason: 'scope_mismatch' },
  { id: 'S14', when: [{ records_readable: 'no' }], class: 'operator_required', reason: 'record_unreadable' },
  { id: 'S14b', when: [{ elsewhere: 'yes' }], class: 'operator_required', reason: 'elsewhere' },
  {
    id: 'S15',
    when: [{ predecessor: 'yes', in_startup_grace: 'yes' }],
    class: 'operator_required',
    reason: 'starting',
  },
  {
    id: 'S16',
    when: [
      {
        in_range: 'yes',
        other_family: 'no',
        spawn_shape: 'yes',
        self_report: 'yes',
        answered_http: 'yes',
        singleton_here: 'no',
        singleton_named: 'no',
        part_of_singleton: 'no',
        holds_reported_lock: 'no',
        same_user: 'yes',
        pid_known: 'yes',
        start_time_known: 'yes',
        same_namespaces: 'yes',
        reachable: 'yes',
        elsewhere: 'no',
        marker: 'yes',
        marker_here: 'yes',
        report_agrees: 'yes',
        scope_agrees: 'yes',
        records_readable: 'yes',
        in_startup_grace: KNOWN,
        predecessor: KNOWN,
      },
    ],
    class: 'safe_auto',
    reason: null,
  },
  { id: 'S17', when: [{}], class: 'operator_required', reason: 'ambiguous' },
]

/**
 * The decision table for a family with one daemon for each project. The first row that matches decides. D5 is the most
 * important row: the live daemon of a project is never ended, whatever project the command runs in. Only D13 allows an
 * automatic clean-up.
 */
export const PROJECT_SCOPE_RULES: readonly Rule[] = [
  { id: 'D1', when: [{ in_range: 'no' }], class: 'never_touch', reason: 'out_of_range' },
  { id: 'D2', when: [{ other_family: 'yes' }], class: 'never_touch', reason: 'other_family' },
  {
    id: 'D3a',
    when: [{ spawn_shape: NOT_PROVEN, self_report: 'no', answered_http: 'yes' }],
    class: 'never_touch',
    reason: 'third_party',
  },
  {
    id: 'D3b',
    when: [{ spawn_shape: NOT_PROVEN, self_report: 'no' }],
    class: 'never_touch',
    reason: 'not_ours',
  },
  {
    id: 'D4',
    when: [{ spawn_shape: 'no', self_report: 'yes', holds_reported_lock: NOT_PROVEN }],
    class: 'never_touch',
    reason: 'third_party',
  },
  {
    id: 'D5',
    when: [{ singleton_named: 'yes', self_report: 'yes', project_gone: NOT_PROVEN }],
    class: 'never_touch',
    reason: 'is_recorded_singleton',
  },
  { id: 'D5b', when: [{ part_of_singleton: 'yes' }], class: 'never_touch', reason: 'part_of_singleton' },
  { id: 'D6', when: [{ same_user: 'no' }], class: 'operator_required', reason: 'other_user' },
  { id: 'D7', when: [{ pid_known: 'no' }], class: 'operator_required', reason: 'missing_pid' },
  {
    id: 'D8',
    when: [{ spawn_shape: 'unknown' }, { start_time_known: NOT_PROVEN }, { same_namespaces: NOT_PROVEN }],
    class: 'operator_required',
    reason: 'missing_identity',
  },
  { id: 'D8b', when: [{ reachable: 'no' }], class: 'operator_required', reason: 'unreachable' },
  { id: 'D9', when: [{ self_report: 'no' }], class: 'operator_required', reason: 'unresponsive' },
  { id: 'D10a', when: [{ scope_agrees: 'no' }], class: 'operator_required', reason: 'scope_mismatch' },
  { id: 'D10', when: [{ report_agrees: 'no' }], class: 'operator_required', reason: 'pid_port_mismatch' },
  {
    id: 'D11',
    when: [{ project_gone: 'unknown', scope_told: ['yes', 'unknown'] }, { records_readable: 'no' }],
    class: 'operator_required',
    reason: 'record_unreadable',
  },
  { id: 'D11b', when: [{ elsewhere: 'yes' }], class: 'operator_required', reason: 'elsewhere' },
  {
    id: 'D12',
    when: [{ in_startup_grace: 'yes', project_gone: 'no' }],
    class: 'operator_required',
    reason: 'starting',
  },
  {
    id: 'D13',
    when: [
      {
        in_range: 'yes',
        other_family: 'no',
        spawn_shape: 'yes',
        self_report: 'yes',
        answered_http: 'yes',
        singleton_here: 'no',
        singleton_named: 'no',
        part_of_singleton: 'no',
        holds_reported_lock: 'no',
        same_user: 'yes',
        pid_known: 'yes',
        start_time_known: 'yes',
        same_namespaces: 'yes',
        reachable: 'yes',
        elsewhere: 'no',
        marker: 'yes',
        report_agrees: 'yes',
        scope_agrees: 'yes',
        scope_told: 'yes',
        records_readable: 'yes',
        project_gone: KNOWN,
        disowned: 'yes',
        in_startup_grace: KNOWN,
      },
    ],
    class: 'safe_auto',
    reason: null,
  },
  { id: 'D14', when: [{}], class: 'operator_required', reason: 'ambiguous' },
]
