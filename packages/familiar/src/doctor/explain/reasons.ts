import type { Reason } from '../../classify/class-and-reason.js'
import { REASON_WORDS } from '../reason-words.js'
import { withSummaries, type Texts } from './explanation.js'

/** The explanations of the reasons why a candidate is not ended without asking. */
export const REASONS: Texts<Reason> = withSummaries(REASON_WORDS, {
  out_of_range: {
    why: 'Only what listens in the range can be an orphan of this tool.',
    whatToDo: 'Nothing: no command here ends it.',
  },
  other_family: {
    why: 'Each kind of daemon has its own range and its own clean-up. A clean-up of one never touches the other.',
    whatToDo: 'Nothing: use the commands of that kind.',
  },
  third_party: {
    why: 'It answers, but not as a {title} does, or nothing proves that it is one. It is never ended.',
    whatToDo:
      'Nothing, unless the range is full: then end that program yourself, or let it use another port.',
  },
  not_ours: {
    why: 'It does not answer, and its command line is not one with which this tool starts daemons, or this user cannot look into it: then it is not known what it is.',
    whatToDo:
      'Nothing: no command here ends it. If you want to know what it is: `ss -ltnp` names it, to root also that of another user, which may be a daemon of this tool.',
  },
  is_recorded_singleton: {
    why: 'A record or a lock names it, and it answers. No clean-up ends it, not even with force.',
    whatToDo: 'Nothing. `{stop}` stops the one of this {scope}.',
  },
  part_of_singleton: {
    why: 'It shares the port of the live daemon, or was forked from it: ending it would end a part of that daemon.',
    whatToDo: 'Nothing.',
  },
  other_user: {
    why: 'It may be in use by them, so no clean-up ends it: also none that root runs, although the system lets root signal it.',
    whatToDo: 'Let that user run `{theirclean}`.',
  },
  missing_pid: {
    why: 'It runs in another container or pid namespace, or this user may not see it. What cannot be named is not ended.',
    whatToDo: 'Run the command where the process runs, or as root.',
  },
  missing_identity: {
    why: 'Its command line, start time or namespaces cannot be read, or it runs in another pid, mount, time or user namespace, or with another root directory, than this command: what its paths name here may be something else there. The doctor says which.',
    whatToDo:
      'Run the command where the process runs, or as root. Where another mount namespace can be entered from here, the doctor prints the command that looks there (`nsenter ...`), and what is printed there is run in the same way. A container: run the command inside it. Mounts of its own has also a service with PrivateTmp or the like, and what `ip netns exec` or `unshare` started.',
  },
  pre_marker: {
    why: 'It may be in use by another {scope}. That cannot be told from outside, so you decide.',
    whatToDo:
      'Run the command that the doctor prints to look at it first: it shows its user, since when it runs, its command line and its working directory. Leave it if its user is not you, or if its command line names a program that you still use (the tool itself, which every such daemon names, does not count). Its working directory is only where it was started: leave it if you still use an older version of the tool there. Else run the command below that one.',
  },
  cross_root: {
    why: 'If it is the live daemon there, nothing is wrong. If it is stale, the clean-up of that {scope} ends it.',
    whatToDo:
      'Nothing, if the doctor says that it is in use. Otherwise run the command that the doctor shows for it. It never ends a live daemon of another {scope}.',
  },
  unreachable: {
    why: 'It runs in another network, or a sandbox forbids the connection, so its silence says nothing about it.',
    whatToDo: 'Use it where it runs. No command here ends it, not even with force.',
  },
  unresponsive: {
    why: 'It is stopped, hangs, or gets no processor time. It may recover, so it is not ended without asking.',
    whatToDo:
      'Look again in half a minute: it may be starting, or another command may be ending it. If it stays so, run the command that the doctor shows for it.',
  },
  pid_port_mismatch: {
    why: 'Its health reply names another process or port than the system does: it may pass on requests of another daemon.',
    whatToDo: 'Look at it first. Then run the command that the doctor shows for it.',
  },
  scope_mismatch: {
    why: 'Its command line names one {scope} and its health reply another, so it may be in use in either. Or it uses a directory that is no longer what stands at the path in its command line: that was unmounted, or another file system is mounted over it.',
    whatToDo:
      'Look at it first. Then run the command that the doctor shows for it. If its directory was unmounted or mounted over, no clean-up ends it, not even with force: mount it again (unmount what is over it), or leave it, and it exits by itself when it has been idle long enough (row R4).',
  },
  record_unreadable: {
    why: 'A file or directory is damaged, not permitted or perhaps not mounted. Until it is read, the daemon may be the live one.',
    whatToDo: 'Repair the permissions or mount the drive, and look again. Or run the command shown for it.',
  },
  elsewhere: {
    why: 'The record names another host or pid namespace, and the lock is held. It may well be in use there.',
    whatToDo: 'Use or stop it where it runs. No command here ends it, not even with force.',
  },
  starting: {
    why: 'It is younger than 30 s. The command that started it writes its record only after it answers.',
    whatToDo: 'Wait half a minute and look again: then it is recorded, or stale and cleaned by `{clean}`.',
  },
  ambiguous: {
    why: 'At least one proof that it is stale is missing, and no other reason describes it. The doctor says which beside it (in JSON: `unproven`). One is that nothing is in its {scope} that it can have used: the {scope} may be on a drive that is not mounted now, and a record on that drive may name it.',
    whatToDo: 'Look at it first. Then run the command that the doctor shows for it.',
  },
})
