import type { CleanupPath } from '../../act/terminate-process.js'
import type { StaleEvidence } from '../../classify/stale-evidence.js'
import type { CleanupClass } from '../../classify/class-and-reason.js'
import type { DaemonState } from '../../classify/daemon-state.js'
import { FAILURE_WORDS } from '../../act/failure-words.js'
import { withSummaries, type Texts } from './explanation.js'

/** `in use` is shown to people instead of a class: see `classOf` of the doctor's table. */
export const CLASSES: Texts<CleanupClass | 'in use'> = {
  safe_auto: {
    summary: 'a stale daemon: a clean-up ends it without asking',
    why: 'Every proof is there that it is a daemon of this tool and user, that it answers, and that nothing uses it.',
    whatToDo: 'Run `{clean}`.',
  },
  operator_required: {
    summary: 'you decide: a clean-up leaves it alone',
    why: 'A proof is missing, or it may be in use. The reason beside it says which.',
    whatToDo: 'Read the reason, then run the command that the doctor shows for it.',
  },
  never_touch: {
    summary: 'no clean-up ends it, not even with force',
    why: 'It is in use, or it is another program.',
    whatToDo: 'Nothing. To end the daemon of this {scope}, which is in use here: `{stop}`.',
  },
  'in use': {
    summary: 'the live daemon of another {scope}: no clean-up ends it',
    why: 'A record or a lock there names it. In JSON its class is `operator_required`, and `in_use_by` says whose it is.',
    whatToDo: 'Nothing.',
  },
}

/** Signs that a daemon is stale: shown to people, never used for a decision. */
export const EVIDENCE: Texts<StaleEvidence> = {
  older_version: {
    summary: 'it is of an older version than this command',
    why: 'The next command replaces the daemon of its {scope} by one of its own version.',
    whatToDo: 'Nothing because of this sign alone.',
  },
  newer_version: {
    summary: 'it is of a newer version than this command',
    why: 'Two installations are in use. A newer daemon is never replaced by an older command.',
    whatToDo: 'Use the newer installation.',
  },
  other_executable: {
    summary: 'it runs with another Node or interpreter than this command',
    why: 'Another installation started it.',
    whatToDo: 'Nothing because of this sign alone.',
  },
  installation_gone: {
    summary: 'the program that it runs was removed or replaced on the disk',
    why: 'An upgrade or an uninstallation took its files away.',
    whatToDo: 'Nothing because of this sign alone: the next command replaces the daemon of its {scope}.',
  },
  superseded: {
    summary: 'its {scope} has another live daemon',
    why: 'The record names another process, which lives.',
    whatToDo: 'Run `{clean}` if it is `safe_auto`.',
  },
  unrecorded: {
    summary: 'no record or lock of its {scope} names it',
    why: 'No command can find it, so nothing uses it.',
    whatToDo: 'Run `{clean}` if it is `safe_auto`.',
  },
  project_gone: {
    summary: 'the directory that it serves is gone',
    why: 'The project was deleted, and the daemon was not stopped before.',
    whatToDo: 'Run `{clean}` if it is `safe_auto`.',
  },
}

export const STATES: Texts<DaemonState> = {
  running: {
    summary: 'the daemon runs and answers',
    why: 'It has proved who it is.',
    whatToDo: 'Nothing.',
  },
  starting: {
    summary: 'the daemon is coming up',
    why: 'A young process holds the lock of the {scope}, and its record is still to come.',
    whatToDo: 'Wait a few seconds. If it stays so, `{stop}` ends it.',
  },
  stopping: {
    summary: 'the daemon is about to end',
    why: 'It was told to stop, or let its lock go, and its process still exists.',
    whatToDo: 'Wait a few seconds.',
  },
  wedged: {
    summary: 'the daemon lives and does not answer',
    why: 'It is stopped, hangs, or gets no processor time. Commands that need it fail until it ends or recovers.',
    whatToDo: 'Run the command that the doctor shows: for the daemon of this {scope} that is `{stop}`.',
  },
  stopped: {
    summary: 'the daemon was stopped, or left by itself',
    why: 'Its record says when and why. This is a normal state: the next command that needs one starts one.',
    whatToDo: 'Nothing.',
  },
  crashed: {
    summary: 'the daemon ended without saying so',
    why: 'Its record says that it runs, and its process is gone: it was killed, or broke down.',
    whatToDo: 'Run `{start}`; its log may say what came before the end.',
  },
  elsewhere: {
    summary: 'the daemon runs on another machine, in a container, or was started for another path',
    why: 'It holds the lock of this {scope}, and its process is not seen here, or its command line names another path.',
    whatToDo:
      'Use it, or stop it, where it runs. If it was started for another path, the commands name that, and how to stop it there.',
  },
  unreachable: {
    summary: 'connections from here do not reach the daemon',
    why: 'It runs in another network, or a sandbox forbids the connection. It may be healthy where it runs.',
    whatToDo: 'Use it where it runs, or allow connections to 127.0.0.1 here.',
  },
  foreign: {
    summary: 'the {scope} belongs to another user',
    why: 'Another user may look, and change nothing there.',
    whatToDo: 'Run the command as that user.',
  },
  none: {
    summary: 'there is no daemon, and no record of one',
    why: 'This is a normal state: the next command that needs one starts one.',
    whatToDo: 'Nothing.',
  },
}

/** How a process was ended. */
export const PATHS: Texts<CleanupPath> = {
  http_shutdown: {
    summary: 'it left by itself when it was asked over HTTP',
    why: 'A daemon that answers is asked first, so that it can finish what it is doing.',
    whatToDo: 'Nothing.',
  },
  terminate: {
    summary: 'it was ended with SIGTERM',
    why: 'Its process was proven again immediately before the signal.',
    whatToDo: 'Nothing.',
  },
  kill: {
    summary: 'it was ended with SIGKILL, because it did not end after SIGTERM',
    why: 'A process that hangs cannot leave by itself.',
    whatToDo: 'Nothing.',
  },
  already_gone: {
    summary: 'it was gone before the clean-up had told it to end',
    why: 'It left by itself, or something else ended it meanwhile.',
    whatToDo: 'Nothing.',
  },
}

/** Why a process could not be ended. A reason of the form `unknown: ...` describes it in words. */
export const FAILURES: Texts<keyof typeof FAILURE_WORDS> = withSummaries(FAILURE_WORDS, {
  permission_denied: {
    why: 'It has the rights of another user, or a security policy forbids it.',
    whatToDo: 'Run the command as the user that the process belongs to, or as root.',
  },
  identity_changed: {
    why: 'It ended and its number was given to another process, or it runs another program now.',
    whatToDo: 'Look again with the doctor.',
  },
  survived_kill: {
    why: 'The process is stuck in the kernel, mostly because of a dead network drive.',
    whatToDo: 'Bring the drive back, or restart the machine.',
  },
  port_still_listening: {
    why: 'A child of it kept the socket.',
    whatToDo: 'Look again with the doctor: it shows the child.',
  },
  identity_unproven: {
    why: 'Its command line, start time or namespaces could not be read, or it runs in other namespaces than the command, so that nothing that is seen of it here is proven.',
    whatToDo:
      'Look again with the doctor: it may have been ending. Otherwise the doctor says what differs (missing_identity). Run the command where the process runs, or as root. Where it can be entered from here, the command that failed prints what ends it there.',
  },
})
