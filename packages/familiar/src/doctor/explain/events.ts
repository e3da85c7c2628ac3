import type { Texts } from './explanation.js'

/** The events that the library writes into the log of a daemon. A test compares them with the modules that write them. */
export const EVENTS: Texts = {
  started: {
    summary: 'the daemon serves',
    why: 'The line says why it was started, by which process, and which version ran before.',
    whatToDo: 'Nothing.',
  },
  start_failed: {
    summary: 'the daemon did not come up',
    why: 'The line has the code and the message of the error.',
    whatToDo: 'Look up the code in the same way.',
  },
  siblings_retired: {
    summary: 'the daemon ended stale daemons of its {scope}',
    why: 'A running {title} does that by itself, after its start and later when a command connects to it, at most once a minute. It ends only what is proven stale in its {scope}. The line has their ports.',
    whatToDo: 'Nothing.',
  },
  clean_failed: {
    summary: 'the daemon could not look for stale daemons of its {scope}, or not end them',
    why: 'The line says why. It tries again later.',
    whatToDo: 'Nothing. `{clean}` does the same at once, and says what is in the way.',
  },
  leaving: {
    summary: 'the daemon is about to end',
    why: 'The line has the reason, the rule if there is one, and how much work it still finishes.',
    whatToDo: 'Nothing. The reason can be looked up in the same way.',
  },
  stopped: {
    summary: 'the daemon has ended',
    why: 'The line has the reason, and how much work it gave up.',
    whatToDo: 'Nothing: the next command that needs a daemon starts one.',
  },
  work_failed: {
    summary: 'the work of the daemon could not be stopped in good order',
    why: 'The line says why. The daemon ends in any case.',
    whatToDo: 'Nothing. If it happens again, that is a bug.',
  },
  tick_failed: {
    summary: 'one of the checks that the daemon makes twice a minute failed',
    why: 'The line says why. The next check follows as usual.',
    whatToDo: 'Nothing, unless it happens again and again: then the line says what is in the way.',
  },
  record_written_again: {
    summary: 'the record of the daemon was gone or damaged, and it wrote it again',
    why: 'The daemon holds the lock of its {scope}, so it is the live one, whatever happened to the file.',
    whatToDo: 'Nothing, unless it happens again and again: then something removes or writes that file.',
  },
  record_set_aside: {
    summary: 'a damaged record was renamed',
    why: 'It could not be read. The copy, without secrets, is kept beside the new record; the newest three are.',
    whatToDo: 'Nothing.',
  },
  record_failed: {
    summary: 'the daemon could not write or read its record',
    why: 'The line says why: the disk may be full or read-only.',
    whatToDo: 'Mend what the line names. The daemon tries again by itself.',
  },
  token_not_written: {
    summary: 'the daemon could not store its token',
    why: 'The line says why. Commands find the daemon all the same, and end it by a signal.',
    whatToDo: 'Mend what the line names, then start the daemon again.',
  },
  request_failed: {
    summary: 'an error kept the daemon from answering a request',
    why: 'The line has the path and the error; with --json also where it happened.',
    whatToDo: 'Nothing. If it happens again, that is a bug.',
  },
  handler_failed: {
    summary: 'the handler of the tool failed on a request',
    why: 'The line has the path and the error; with --json also where it happened.',
    whatToDo: 'Nothing. If it happens again, that is a bug.',
  },
  health_failed: {
    summary: 'the tool could not add its own part to the health reply',
    why: 'The line says why. The reply is given without that part.',
    whatToDo: 'Nothing. If it happens again, that is a bug.',
  },
}
