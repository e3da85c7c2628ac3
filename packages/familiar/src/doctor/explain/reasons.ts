import type { Reason } from '../../classify/rules.js'
import type { Texts } from './explanation.js'

/** Why a candidate is not ended without asking. */
export const REASONS: Texts<Reason> = {
  out_of_range: {
    summary: 'it listens outside of the port range of the {title}',
    why: 'Only what listens in the range can be an orphan of this tool.',
    whatToDo: 'Nothing: no command here ends it.',
  },
  other_family: {
    summary: 'it is a daemon of another kind of this tool',
    why: 'Each kind of daemon has its own range and its own clean-up. A clean-up of one never touches the other.',
    whatToDo: 'Nothing: use the commands of that kind.',
  },
  third_party: {
    summary: 'another program listens on a port of the range',
    why: 'It answers, but not as a {title} does, or nothing proves that it is one. It is never ended.',
    whatToDo:
      'Nothing, unless the range is full: then end that program yourself, or let it use another port.',
  },
  not_ours: {
    summary: 'a process that is not a {title} listens in the range, and does not answer',
    why: 'Its command line is not one with which this tool starts daemons, so it belongs to something else.',
    whatToDo: 'Nothing, unless the range is full: then end that program yourself.',
  },
  is_recorded_singleton: {
    summary: 'it is the live {title} that is in use',
    why: 'A record or a lock names it, and it answers. No clean-up ends it, not even with force.',
    whatToDo: 'Nothing. `{stop}` stops the one of this {scope}.',
  },
  part_of_singleton: {
    summary: 'it is a part of a live {title}',
    why: 'It shares the port of the live daemon, or was forked from it: ending it would end a part of that daemon.',
    whatToDo: 'Nothing.',
  },
  other_user: {
    summary: 'it belongs to another user',
    why: 'It may be in use by them, and the system does not let you signal it. As root, a clean-up spares it too.',
    whatToDo: 'Let that user run `{clean}`.',
  },
  missing_pid: {
    summary: 'the process that holds the port cannot be seen from here',
    why: 'It runs in another container or pid namespace, or this user may not see it. What cannot be named is not ended.',
    whatToDo: 'Run the command where the process runs, or as root.',
  },
  missing_identity: {
    summary: 'its process is not seen well enough to prove what it is',
    why: 'Its command line, start time or namespaces cannot be read, or are not those of this command.',
    whatToDo: 'Run the command where the process runs, or as root.',
  },
  pre_marker: {
    summary: 'it is too old to say in its command line which {scope} it serves',
    why: 'It may be in use by another {scope}. That cannot be told from outside, so you decide.',
    whatToDo: 'Make sure that it is not in use, then run the command that the doctor shows for it.',
  },
  cross_root: {
    summary: 'it serves another {scope}',
    why: 'If it is the live daemon there, nothing is wrong. If it is stale, the clean-up of that {scope} ends it.',
    whatToDo: 'Run the command that the doctor shows for it. It never ends a live daemon of another {scope}.',
  },
  unreachable: {
    summary: 'connections from here do not reach it',
    why: 'It runs in another network, or a sandbox forbids the connection, so its silence says nothing about it.',
    whatToDo: 'Use it where it runs. No command here ends it, not even with force.',
  },
  unresponsive: {
    summary: 'it is alive and does not answer',
    why: 'It is stopped, hangs, or gets no processor time. It may recover, so it is not ended without asking.',
    whatToDo: 'If it stays so, run the command that the doctor shows for it.',
  },
  pid_port_mismatch: {
    summary: 'what it says of its process and port is not true',
    why: 'Its health reply names another process or port than the system does: it may pass on requests of another daemon.',
    whatToDo: 'Look at it first. Then run the command that the doctor shows for it.',
  },
  scope_mismatch: {
    summary: 'its command line and its health reply name different places',
    why: 'It is not known which {scope} it serves, so it may be in use there.',
    whatToDo: 'Look at it first. Then run the command that the doctor shows for it.',
  },
  record_unreadable: {
    summary: 'a record that may name it as the live daemon cannot be read',
    why: 'A file or directory is damaged, unmounted or not permitted. Until it is read, the daemon may be the live one.',
    whatToDo: 'Repair the permissions or mount the drive, and look again. Or run the command shown for it.',
  },
  elsewhere: {
    summary: 'the daemon of its {scope} runs on another machine or in a container',
    why: 'The record names another host or pid namespace, and the lock is held. It may well be in use there.',
    whatToDo: 'Use or stop it where it runs. No command here ends it, not even with force.',
  },
  starting: {
    summary: 'it is younger than 30 s and may still be coming up',
    why: 'The command that started it writes its record only after it answers.',
    whatToDo: 'Wait half a minute and look again: then it is recorded, or stale and cleaned by `{clean}`.',
  },
  ambiguous: {
    summary: 'it is not proven to be stale',
    why: 'At least one proof is missing or unknown, and no other reason describes it.',
    whatToDo: 'Look at it first. Then run the command that the doctor shows for it.',
  },
}
