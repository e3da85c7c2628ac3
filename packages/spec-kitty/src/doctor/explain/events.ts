import type { Texts } from 'familiar/cli'
import { MEND_QUEUE, SIGN_IN } from './what-to-do.js'

/** The events that the sync daemon itself writes into its log. A test compares them with the modules that write them. */
export const EVENTS: Texts = {
  uploaded: {
    summary: 'events were sent',
    why: 'The line has how many the server took, and how many it rejected.',
    whatToDo: 'Nothing. `spec-kitty sync queue --dead` shows what was rejected.',
  },
  upload_failed: {
    summary: 'events could not be sent',
    why: 'The line says why. They stay in the queue, and the daemon tries again by itself, after a longer wait each time.',
    whatToDo: '`spec-kitty sync status` says what is in the way.',
  },
  session_refused: {
    summary: 'the server does not accept the session any more',
    why: 'Events stay in the queue until somebody signs in again.',
    whatToDo: SIGN_IN,
  },
  pass_failed: {
    summary: 'the daemon could not send because of an error of its own',
    why: 'The line says which. Nothing is lost, and it tries again by itself.',
    whatToDo: 'Nothing. If it happens again, that is a bug.',
  },
  work_not_saved: {
    summary: 'the daemon could not write down when it has sent events',
    why: 'The line says why. The events themselves were sent. After a restart, `sync status` shows an older time.',
    whatToDo: 'Let the daemon write to its directory, or make room on its disk.',
  },
  clients_not_told: {
    summary: 'the daemon could not tell the commands that wait for it how the sending ended',
    why: 'The line says why. Those commands end without that answer; nothing is lost.',
    whatToDo: 'Nothing. If it happens again, that is a bug.',
  },
  sync_not_started: {
    summary: 'the daemon runs, but its sending could not be started',
    why: 'The line says why. Events stay in the queue.',
    whatToDo: '`spec-kitty sync restart` tries again.',
  },
  queue_moved_aside: {
    summary: 'a damaged queue was renamed, and a new one begun',
    why: 'Events in the damaged one are not sent.',
    whatToDo: MEND_QUEUE,
  },
  queue_moved: {
    summary: 'the file of the queue was moved away, and another one is at its path',
    why: 'The line says how many events are in the moved file. They are not sent from there.',
    whatToDo:
      '`spec-kitty sync queue --export FILE --from COPY` saves what is in the moved file, to be queued again.',
  },
  queue_restored: {
    summary: 'the file of the queue was removed, and the daemon wrote it again',
    why: 'The daemon had it open, so it still had the events.',
    whatToDo: 'Nothing.',
  },
  queue_lost: {
    summary: 'events were lost with the file of their queue',
    why: 'The file was removed, moved, emptied, damaged or replaced by an older copy while events were in it and no daemon had it open.',
    whatToDo:
      'Run `spec-kitty auth doctor`: finding F-025 says how many events are lost, and what can be done.',
  },
}
