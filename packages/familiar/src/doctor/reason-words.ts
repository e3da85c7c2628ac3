import type { CleanupPath } from '../act/terminate-process.js'
import type { StaleEvidence } from '../classify/stale-evidence.js'
import type { Reason } from '../classify/class-and-reason.js'
import type { Unproven } from '../classify/unproven.js'

/**
 * The meaning of each id in a few words. They are used in the lines about a process, and `explain` begins with those of
 * reasons and failures. `{scope}` stands for the tool's name for a scope. The module is separate from `explain/`, because
 * every clean-up loads it, while only `explain` needs the long texts.
 */

/** Why a candidate is not ended without asking. */
export const REASON_WORDS: Readonly<Record<Reason, string>> = {
  out_of_range: 'it listens outside of the port range',
  other_family: 'a daemon of another kind of this tool',
  third_party: 'another program',
  not_ours: 'not recognised as a daemon of this tool',
  is_recorded_singleton: 'the live daemon of its {scope}',
  part_of_singleton: 'a part of the live daemon of its {scope}',
  other_user: 'of another user',
  missing_pid: 'its process is not seen from here',
  missing_identity: 'its process is not seen whole from here',
  pre_marker: 'its command line names no {scope}',
  cross_root: 'of another {scope}',
  unreachable: 'it cannot be reached from here',
  unresponsive: 'it does not answer',
  pid_port_mismatch: 'it reports another process or port',
  scope_mismatch: 'it reports or uses another {scope} than its command line names',
  record_unreadable: 'its {scope} or a record of it cannot be read',
  elsewhere: 'the daemon of its {scope} runs on another machine or in another container',
  starting: 'it may still be starting',
  ambiguous: 'not everything about it is known',
}

/** What may be unknown about a candidate that no other reason describes. */
export const UNPROVEN_WORDS: Readonly<Record<Unproven, string>> = {
  scope_mounted: 'whether its {scope} is mounted, because nothing that it can have used is there',
  in_range: 'whether its port is in the range',
  other_family: 'whether it is a daemon of another kind',
  spawn_shape: 'how it was started',
  self_report: 'whether it answers as a daemon of this kind',
  answered_http: 'whether it answers HTTP',
  singleton_here: 'whether it is the recorded daemon of its {scope}',
  singleton_named: 'whether it is the recorded daemon of a {scope} that it names',
  part_of_singleton: 'whether it is a part of the live daemon of its {scope}',
  holds_reported_lock: 'whether it holds the lock of the {scope} that it reports',
  same_user: 'which user it belongs to',
  pid_known: 'which process it is',
  start_time_known: 'when it started',
  same_namespaces: 'whether it runs in the same container',
  reachable: 'whether it can be reached from here',
  elsewhere: 'whether the daemon of its {scope} runs elsewhere',
  marker: 'which {scope} its command line names',
  marker_here: 'whether its command line names this {scope}',
  report_agrees: 'whether what it reports is about itself',
  scope_agrees: 'whether it uses the {scope} that its command line names',
  scope_told: 'what is in its {scope}, which was not read in time',
  records_readable: 'what the records of its {scope} say',
  in_startup_grace: 'how old it is',
  predecessor: 'whether an earlier version started it',
  project_gone: 'whether its {scope} is still there',
  disowned: 'whether its {scope} has another one, or none, on record',
}

/** Signs that a daemon is stale. The first two are followed by the version of the daemon. */
export const EVIDENCE_WORDS: Readonly<Record<StaleEvidence, string>> = {
  older_version: 'older version',
  newer_version: 'newer version',
  other_executable: 'another executable',
  installation_gone: 'its installation is gone',
  superseded: 'superseded',
  unrecorded: 'not recorded',
  project_gone: 'its directory is gone',
}

/** How a process was ended. Empty for a daemon that exited when it was asked over HTTP, because that is the normal case. */
export const PATH_WORDS: Readonly<Record<CleanupPath, string>> = {
  http_shutdown: '',
  terminate: 'SIGTERM',
  kill: 'SIGKILL',
  already_gone: 'already gone',
}
