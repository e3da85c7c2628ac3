import type { Texts } from 'familiar/cli'
import type { SkipReason } from '../sync/start-policy.js'
import type { Session } from '../sync/session/session-state.js'
import type { WhyReason } from '../sync/why-types.js'

/** Another home is a new one. */
const LEFT_THERE =
  'The session and the events of the old home stay there: sign in anew, and unset the variable to send what waits there once that home can be written to.'

const MEND_QUEUE = `If it is damaged, \`spec-kitty sync queue --export FILE\` puts it aside and saves what can be read. If it is newer, upgrade. If it is not permitted, make what is named yours to write: \`chmod u+rwx DIR\`, \`chmod u+rw FILE\`. If its file system is read-only or full, make it writable, or set SPEC_KITTY_HOME to another directory. ${LEFT_THERE}`

/** The findings of `auth doctor` that are about the session, the queue and the configuration. */
export const FINDINGS: Texts = {
  'F-001': {
    summary: 'there is no session (info), although hosted sync is on (critical)',
    why: 'Events leave this machine only in a session with a sync server. Without hosted sync no session is needed.',
    whatToDo:
      'Ask your team for the address of the server, and sign in with it in the place of https://HOST: `spec-kitty auth login --server https://HOST`; for a token from elsewhere, add `--with-token < FILE`. Or turn hosted sync off: `unset SPEC_KITTY_ENABLE_SAAS_SYNC`.',
  },
  'F-009': {
    summary: 'events have waited in the queue for more than a day',
    why: 'Nothing is lost, but the server does not have them. The finding says what keeps them.',
    whatToDo: 'Run the command that is shown; `spec-kitty sync status` says whether that helped.',
  },
  'F-012': {
    summary: 'a configuration file is broken, cannot be read, or has a wrong value',
    why: 'A wrong setting never falls back to a guess: what depends on it does not run until it is right. Only the size of the queue has its default until then, so that no event is lost.',
    whatToDo: 'Correct the file at the line that is named. `spec-kitty config list` shows every setting.',
  },
  'F-016': {
    summary: 'the session file cannot be read',
    why: 'It is damaged, not permitted or not a file, so it is not known who is signed in, and nothing leaves.',
    whatToDo:
      'Sign in again: `spec-kitty auth login --server https://HOST`; for a token from elsewhere, add `--with-token < FILE`. It replaces the file.',
  },
  'F-017': {
    summary: 'the queue cannot be read',
    why: 'The database is damaged, of a newer version, not permitted, or on a disk that is read-only or full.',
    whatToDo: MEND_QUEUE,
  },
  'F-018': {
    summary: 'events wait, and nothing leaves this machine',
    why: 'The finding says what `spec-kitty sync status` says. If that is your choice (hosted sync is off, or the project has not opted in), it is only information. A project whose directory is gone, or has another project in it, is always a warning.',
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
      '`spec-kitty sync queue --dead` shows the reasons. `spec-kitty sync queue retry EVENT` lets an event wait again, `spec-kitty sync queue drop EVENT --yes` drops it.',
  },
  'F-021': {
    summary: 'nothing can be written to the home',
    why: 'The sync daemon has its record, its lock and its log there, and events wait there. Without a place for them no daemon can start, and no event can be queued.',
    whatToDo: `Free space on a disk that is full (\`df -h DIR\` and \`df -i DIR\` show what is left). Make the directory that is named writable: \`chmod u+rwx DIR\`; its file system too, if that is read-only; mount the disk to which a link leads. Or set SPEC_KITTY_HOME to a directory of your own, which is the only way if the home belongs to another user. ${LEFT_THERE} Dashboards have their files in their projects, and are not affected.`,
  },
  'F-022': {
    summary: 'a damaged queue was put aside',
    why: 'A new queue was started, so that events can be queued. The events in the damaged one are not sent. The warning stays until you have removed the file.',
    whatToDo: [
      'Save what can be read; this command also says how to queue it again:',
      '`spec-kitty sync queue --export FILE`',
      'Then remove it. This shows the command for that:',
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
}

/** Why commands do not start the sync daemon on their own. */
export const SKIPS: Texts<SkipReason> = {
  'SPEC_KITTY_SYNC_DISABLE is set': {
    summary: 'the variable SPEC_KITTY_SYNC_DISABLE forbids starting the daemon',
    why: 'It says that no command may start the sync daemon on its own.',
    whatToDo: 'Unset it, or start the daemon yourself: `spec-kitty sync start` works all the same.',
  },
  rollout_disabled: {
    summary: 'hosted sync is off, so no command starts the daemon on its own',
    why: 'The variable SPEC_KITTY_ENABLE_SAAS_SYNC is not set to 1, true, yes, y or on.',
    whatToDo:
      'Set it to 1 to let events leave this machine, or start the daemon yourself: `spec-kitty sync start`. A daemon that runs already keeps what it was started with until a restart ends and replaces it: that is for the user who relies on that daemon to decide.',
  },
  intent_local_only: {
    summary: 'the command needs no daemon',
    why: 'What it does happens on this machine alone.',
    whatToDo: 'Nothing.',
  },
  policy_manual: {
    summary: 'background_daemon in config.toml is "manual", or the file is wrong',
    why: 'Then only you start the sync daemon. What cannot be read counts as manual.',
    whatToDo:
      'Start it yourself: `spec-kitty sync start`. `spec-kitty config list` shows where the value comes from.',
  },
}

const SIGN_IN =
  'Run `spec-kitty auth login --server https://HOST`; for a token from elsewhere, add `--with-token < FILE`. Replace HOST: your team knows the address of its server.'

/** How events whose project is lost can leave with the consent of another project. */
const MOVE_EVENTS = [
  'Or let them be events of another project, such as the one in the new place. Save what waits for the old path DIR:',
  '`spec-kitty sync queue --export FILE --project DIR`',
  'Then publish them in the directory of the other project, if they may leave with its consent:',
  '`spec-kitty sync publish - < FILE`',
  'There they take places at the end of the queue, and no longer wait for the old path.',
  'Or `spec-kitty sync queue drop --project DIR` removes them for ever, after a question.',
]

/** Why events stay on this machine. */
export const WHYS: Texts<WhyReason> = {
  hosted_sync_disabled: {
    summary: 'hosted sync is off',
    why: 'The sync daemon, or this command where none runs, does not have SPEC_KITTY_ENABLE_SAAS_SYNC set to 1.',
    whatToDo:
      'Run `export SPEC_KITTY_ENABLE_SAAS_SYNC=1`, then `spec-kitty sync now`. A daemon that runs already keeps what it was started with until `spec-kitty sync restart` ends and replaces it. Set the variable in your profile, too.',
  },
  config_unreadable: {
    summary: 'config.toml is broken, or has a wrong value',
    why: 'A wrong setting never falls back to a guess, except the size of the queue, which has its default until then.',
    whatToDo: 'Correct the line that `spec-kitty config list` names, then run `spec-kitty sync now`.',
  },
  no_session: {
    summary: 'there is no session, or it is over',
    why: 'Events leave this machine only in a session with a sync server.',
    whatToDo: SIGN_IN,
  },
  session_unreadable: {
    summary: 'the session file cannot be read',
    why: 'It is damaged, not permitted or not a file.',
    whatToDo: `${SIGN_IN} It replaces the file.`,
  },
  no_server: {
    summary: 'no usable server is set',
    why: 'No server is set, and that of the session is not the URL of a server.',
    whatToDo: SIGN_IN,
  },
  insecure_server: {
    summary: 'the server is reached over plain HTTP',
    why: 'The token of the session would cross the network unencrypted. Only this machine itself may use plain HTTP.',
    whatToDo:
      'Use the https URL of the server: correct what `spec-kitty config list` shows as sync.server_url or, if nothing is set there, sign in to it: `spec-kitty auth login --server https://HOST`.',
  },
  other_server: {
    summary: 'the session is for another server than the one that is set',
    why: 'The token of a session is sent to its own server only.',
    whatToDo:
      'Sign in to the server that is set, or correct sync.server_url: `spec-kitty config list` shows it.',
  },
  session_refused: {
    summary: 'the server refused the session',
    why: 'It was ended or revoked there, or its token was never valid. The daemon tries again only after a new sign-in.',
    whatToDo: SIGN_IN,
  },
  no_consent: {
    summary: 'the project has not opted in',
    why: 'The events of a project leave this machine only with its consent, in its .kittify/config.yaml.',
    whatToDo: 'Run `spec-kitty sync opt-in DIR`, if the events of the project may leave.',
  },
  project_missing: {
    summary: 'the directory of the project is gone',
    why: 'It was moved or deleted, and its consent with it. Its events wait under the old path: none is lost, and none leaves.',
    whatToDo: [
      'If you can, move the directory back, and send them:',
      '`spec-kitty sync now`',
      ...MOVE_EVENTS,
    ].join('\n'),
  },
  other_project: {
    summary: 'another project is now in the directory of the project',
    why: 'The consent in a directory counts only for events of the project that is there. That is the project with the same project.uuid in .kittify/config.yaml or, where either has none, the same directory. These events were published before, by another one: none is lost, and none leaves.',
    whatToDo: [
      'If you can, move their project back into the directory, and send them:',
      '`spec-kitty sync now`',
      ...MOVE_EVENTS,
    ].join('\n'),
  },
  consent_unreadable: {
    summary: 'the consent of the project cannot be read',
    why: 'Its .kittify/config.yaml is broken, or sync.enabled there is neither true nor false. That is no consent.',
    whatToDo: 'Correct the file at the line that is named, then run `spec-kitty sync opt-in DIR`.',
  },
  queue_unusable: {
    summary: 'the queue cannot be read',
    why: 'The database is damaged, of a newer version, not permitted, or on a disk that is read-only or full.',
    whatToDo: MEND_QUEUE,
  },
  no_daemon: {
    summary: 'no sync daemon runs',
    why: 'The daemon sends the events. A command starts one when it is allowed to.',
    whatToDo: 'Run `spec-kitty sync now`, or `spec-kitty sync start` if commands may not start it.',
  },
  home_unwritable: {
    summary: 'nothing can be written to the home',
    why: 'No sync daemon can start there, and neither a session nor an event can be stored.',
    whatToDo: `Free space on a disk that is full, or make the directory that is named writable: \`chmod u+rwx DIR\`. Or set SPEC_KITTY_HOME to a directory of your own. ${LEFT_THERE}`,
  },
  daemon_wedged: {
    summary: 'the sync daemon does not answer',
    why: 'It has the home, so no second one is started beside it, and it sends nothing.',
    whatToDo:
      'End it: `spec-kitty sync stop`. What waits is not lost: `spec-kitty sync now` starts another daemon and sends it.',
  },
  backing_off: {
    summary: 'the last attempt failed, and the daemon waits before the next one',
    why: 'The server did not answer, or answered with an error. The daemon waits longer after each failure.',
    whatToDo:
      'Nothing, if the server comes back. `spec-kitty sync status` shows the last error and the next attempt. If it says that the address may be wrong, correct sync.server_url where `spec-kitty config list` shows it or, if nothing is set there, sign in to the right one: `spec-kitty auth login --server https://HOST`.',
  },
}

/** The states of a session that `auth status` and the doctor report. */
export const SESSIONS: Texts<NonNullable<Session['over']> | 'signed_in'> = {
  signed_in: {
    summary: 'there is a session with a sync server',
    why: 'Its token is renewed before it ends, as long as the server agrees.',
    whatToDo: 'Nothing.',
  },
  expired: {
    summary: 'the session is over: its token is too old',
    why: 'A token that was given with --with-token cannot be renewed.',
    whatToDo: SIGN_IN,
  },
  ended_by_server: {
    summary: 'the server ended the session',
    why: 'It was revoked there, or the server gave no new token for it.',
    whatToDo: SIGN_IN,
  },
}
