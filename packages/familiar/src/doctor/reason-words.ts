import type { CleanupPath, FailureReason } from '../act/terminate-process.js'
import type { StaleEvidence } from '../classify/stale-evidence.js'
import type { Reason } from '../classify/class-and-reason.js'

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
  not_ours: 'another program',
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

/** Why a process could not be ended. A reason of the form `unknown: ...` describes it in words. */
export const FAILURE_WORDS: Readonly<Record<Exclude<FailureReason, `unknown: ${string}`>, string>> = {
  permission_denied: 'this user may not end it',
  identity_changed: 'it is another process by now',
  survived_kill: 'it did not end after SIGKILL',
  port_still_listening: 'another process still listens on its port',
  identity_unproven: 'it is not proven to be what it seems',
}

/** How a process was ended. Empty for a daemon that exited when it was asked over HTTP, because that is the normal case. */
export const PATH_WORDS: Readonly<Record<CleanupPath, string>> = {
  http_shutdown: '',
  terminate: 'SIGTERM',
  kill: 'SIGKILL',
  already_gone: 'already gone',
}
