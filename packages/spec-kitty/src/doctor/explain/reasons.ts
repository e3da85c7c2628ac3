import type { Texts } from 'familiar/cli'
import type { SkipReason } from '../../sync/start-policy.js'
import type { WhyReason } from '../../sync/why-types.js'
import { LEFT_THERE, MEND_QUEUE, SIGN_IN } from './what-to-do.js'

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
    whatToDo:
      'Correct the line that `spec-kitty config list` names. If it is not a file, move it away: `mv FILE FILE.old`; if it is closed to you, open it: `chmod u+rw FILE`. Then run `spec-kitty sync now`.',
  },
  no_session: {
    summary: 'there is no session, or it is over',
    why: 'Events leave this machine only in a session with a sync server.',
    whatToDo: SIGN_IN,
  },
  session_unreadable: {
    summary: 'the session file cannot be read',
    why: 'It is damaged, not permitted or not a file.',
    whatToDo: `If it is closed to you, open it: \`chmod u+rw FILE\`. If it is a directory, first move it away: \`mv DIR DIR.old\`. ${SIGN_IN} It replaces a file.`,
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
      'If the server that is set is not the right one, take it away: `unset SPEC_KITTY_SAAS_URL && spec-kitty sync restart`, or correct server_url in config.toml: `spec-kitty config list` shows which of the two counts. Only if it is the right one, sign in there: `spec-kitty auth login --server https://HOST`.',
  },
  session_refused: {
    summary: 'the server refused the session',
    why: 'It was ended or revoked there, or its token was never valid. Or it does not permit this (403), because of your plan, your role or a quota, or what answered is a firewall or the sign-in page of a network: `spec-kitty sync status` shows its words. The daemon does not try again until the session changes. A new daemon tries with the same session.',
    whatToDo: `${SIGN_IN} If the session was not at fault, and what was has been mended, \`spec-kitty sync restart\` tries again with the same session.`,
  },
  no_consent: {
    summary: 'the project has not opted in',
    why: 'The events of a project leave this machine only with its consent, in its .kittify/config.yaml.',
    whatToDo: 'Run `spec-kitty sync opt-in DIR`, if the events of the project may leave.',
  },
  project_missing: {
    summary: 'the directory of the project is gone, or is not a project any more',
    why: 'The directory was moved or deleted, or has neither .kittify nor kitty-specs any more, and the consent is gone with it. Its events wait under the old path: none is lost, and none leaves.',
    whatToDo: [
      'If you can, move the directory, or its .kittify, back, and send them:',
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
    why: 'Its .kittify/config.yaml is broken, is not a file, is a link, cannot be opened, or sync.enabled there is neither true nor false. That is no consent.',
    whatToDo:
      'If a line is named, correct the file there. If it is a link, put a copy in its place: `cp FILE FILE.new && mv FILE.new FILE`. If it is not a file, move it away: `mv FILE FILE.old`. If it is closed to you, open it: `chmod u+rw FILE`. Then run `spec-kitty sync opt-in DIR`.',
  },
  queue_unusable: {
    summary: 'the queue cannot be read',
    why: 'The database is damaged, of a newer version, not permitted, not a file, was moved, or is on a disk that is read-only or full.',
    whatToDo: MEND_QUEUE,
  },
  no_daemon: {
    summary: 'no sync daemon runs',
    why: 'The daemon sends the events. A command starts one when it is allowed to.',
    whatToDo: 'Run `spec-kitty sync now`, or `spec-kitty sync start` if commands may not start it.',
  },
  home_unwritable: {
    summary: 'nothing can be written to the home',
    why: 'No sync daemon can start there, and neither a session nor an event can be stored. On a disk that is full, a daemon may still start: that depends on the file system.',
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
    why: 'The server did not answer, answered with an error, has not taken all events yet, or asked to wait (Retry-After): then the daemon waits as long as it asked, an hour at most (then it tries again), and for new events too. Otherwise it waits longer after each failure. A batch that fails as a whole again and again is made smaller, down to one event. If the server fails with one event even when it is sent by itself, and takes others, the events of its project behind it wait, those of other projects leave, and nothing is dropped.',
    whatToDo:
      'Nothing, if the server comes back or asked to wait: `spec-kitty sync status` says until when. `spec-kitty sync now` tries before that. If its certificate is not trusted, or the proxy fails: set NODE_EXTRA_CA_CERTS or HTTPS_PROXY right, or unset it, and run `spec-kitty sync restart` in the same shell, because the daemon keeps the variables of its start. If its certificate has expired, those who run the server must renew it, or the clock of this machine is wrong; a certificate of your own in NODE_EXTRA_CA_CERTS or SSL_CERT_FILE may have expired too. If a web page or a redirect answered, it may be the sign-in page of a network: sign in there first. `spec-kitty sync status` shows the last error and the next attempt. If it names an event to which the server answers with an error, tell those who run the server its id: it leaves once they have mended that. If it says that the address may be wrong, correct sync.server_url where `spec-kitty config list` shows it or, if nothing is set there, sign in to the right one: `spec-kitty auth login --server https://HOST`.',
  },
}
