import type { Texts } from 'familiar/cli'
import { LEFT_THERE, MEND_QUEUE } from './what-to-do.js'

/** The findings of `auth doctor` that are about the session, the queue and the configuration. */
export const FINDINGS: Texts = {
  'F-001': {
    summary: 'there is no session (info), although hosted sync is on (critical)',
    why: 'Events leave this machine only in a session with a sync server. Without hosted sync no session is needed.',
    whatToDo:
      'Ask your team for the address of the server, and sign in with it in the place of https://HOST: `spec-kitty auth login --server https://HOST`; for a token from elsewhere, add `--with-token`. Or turn hosted sync off: `unset SPEC_KITTY_ENABLE_SAAS_SYNC`.',
  },
  'F-009': {
    summary: 'events have waited in the queue for more than a day',
    why: 'Nothing is lost, but the server does not have them. The finding says what keeps them.',
    whatToDo: 'Run the command that is shown; `spec-kitty sync status` says whether that helped.',
  },
  'F-012': {
    summary: 'a configuration file is broken, cannot be read, or has a wrong value',
    why: 'A wrong setting never falls back to a guess: what depends on it does not run until it is right. Only the size of the queue has its default until then, so that no event is lost.',
    whatToDo:
      'Correct the file at the line that is named. If it is not a file, move it away: `mv FILE FILE.old`; if it is closed to you, open it: `chmod u+rw FILE`. `spec-kitty config list` shows every setting.',
  },
  'F-016': {
    summary: 'the session file cannot be read',
    why: 'It is damaged, not permitted or not a file, so it is not known who is signed in, and nothing leaves.',
    whatToDo:
      'If it is a directory, first move it away: `mv DIR DIR.old`. Sign in again: `spec-kitty auth login --server https://HOST`; for a token from elsewhere, add `--with-token`. It replaces a file.',
  },
  'F-017': {
    summary: 'the queue cannot be read',
    why: 'The database is damaged, of a newer version, not permitted, not a file, was moved, or is on a disk that is read-only or full.',
    whatToDo: MEND_QUEUE,
  },
  'F-018': {
    summary: 'events wait, and nothing leaves this machine',
    why: 'Something keeps every event here: hosted sync is off, nobody is signed in, the project has not opted in, the server fails, or no daemon runs. The finding names it, in the words of `spec-kitty sync status`. If that is your choice (hosted sync is off, or the project has not opted in), it is only information. A project whose directory is gone, or has another project in it, is always a warning.',
    whatToDo: 'Run the command that is shown; `spec-kitty sync status` says whether that helped.',
  },
  'F-019': {
    summary: 'the queue is full',
    why: 'As many events wait as max_queue_size in config.toml allows. No event is dropped, but `spec-kitty sync publish` fails.',
    whatToDo: 'Mend what keeps the events here: `spec-kitty sync status` names it. Or raise max_queue_size.',
  },
  'F-020': {
    summary: 'the server rejected events',
    why: 'It took the other events of their batches. What it rejected is kept as a dead letter, with its reason, until you decide.',
    whatToDo:
      '`spec-kitty sync queue --dead` shows the reasons. `spec-kitty sync queue retry EVENT` lets an event wait again, `retry --all` all of them, `spec-kitty sync queue drop EVENT --yes` drops it.',
  },
  'F-021': {
    summary: 'nothing can be written to the home',
    why: 'The sync daemon has its record, its lock and its log there, and events wait there. Without a place for them no daemon can start, and no event can be queued. On a disk that is full no event can be queued either, but a daemon may still start: that depends on the file system. Without the lock there, no command can stop, replace or clean up a daemon of this home. The session is in the home itself: where only that is closed, no sign-in and no renewal can be stored.',
    whatToDo: `Free space on a disk that is full (\`df -h DIR\` and \`df -i DIR\` show what is left). Make the directory that is named writable: \`chmod u+rwx DIR\`; its file system too, if that is read-only; mount the disk to which a link leads. Or set SPEC_KITTY_HOME to a directory of your own, which is the only way if the home belongs to another user: new daemons start there, and those of the old home can be ended only when that can be written to. ${LEFT_THERE} A dashboard has its record and its locks in its project, so it starts and runs on. Its log and its token are in the home: without them there is no log, and only a command that sees its whole process can stop it. The clean-up of dashboards has its lock in the home too.`,
  },
  'F-022': {
    summary: 'a damaged queue was put aside',
    why: 'A new queue was started, so that events can be queued. The events in the damaged one are not sent. The warning stays until you have removed the file.',
    whatToDo: [
      'Save what can be read:',
      '`spec-kitty sync queue --export FILE`',
      'Save those that the server had rejected, if it has any:',
      '`spec-kitty sync queue --dead --export FILE`',
      'Queue it again, for each project that the export names:',
      '`spec-kitty sync publish - --project DIR < FILE`',
      'Then remove it. After the export, this shows the command for that:',
      '`spec-kitty sync status`',
      'After that, the doctor no longer reports it.',
    ].join('\n'),
  },
  'F-023': {
    summary: 'this shell turns hosted sync off, and the sync daemon still has it on',
    why: 'The daemon keeps the variables of its start, and was started with SPEC_KITTY_ENABLE_SAAS_SYNC on. What this shell sets is for what this shell starts.',
    whatToDo:
      'Nothing, if events may leave. To stop all sending from this home: `spec-kitty sync restart` from the shell in which hosted sync is off, or `spec-kitty sync stop`.',
  },
  'F-024': {
    summary: 'dashboards are left behind that nothing uses',
    why: 'Those that can be ended are proven stale: the project of each is gone, or has another dashboard, or none on record. Of those that need a decision, a proof is missing: they may still be in use. All keep ports and memory. Dashboards in use, and those that may still be starting, are not counted.',
    whatToDo:
      '`spec-kitty dashboard clean-up` shows them, asks, and ends them; `--dry-run` only shows all that it finds, `--yes` does not ask.',
  },
  'F-025': {
    summary: 'events were lost with the file of their queue',
    why: 'The file was removed, moved, emptied, damaged or replaced by an older copy while events were in it and no daemon had it open. How many there were is remembered beside it; how many an older copy lacks is known only as an upper bound. What is queued or sent afterwards does not bring them back, so the warning stays.',
    whatToDo:
      'If you have the file or a copy of it, `spec-kitty sync queue --export FILE --from COPY` saves what is in it, and prints the command that queues it again. (Put the file itself back only while no new queue is there, with the files `-wal` and `-shm` beside it: that ends the warning by itself if the newest of the events is in it.) Or queue the events again where they came from. `spec-kitty sync queue drop --lost` says that the loss is known, and ends the warning.',
  },
}
