import { blocks, COMMON_ENVIRONMENT, EXIT_TEXTS, section, sections, wrap, type Terminal } from 'familiar/cli'
import type { Topic } from './topic-names.js'

/** Every variable that a command or a daemon reads. A test compares them with the source. */
export const ENVIRONMENT: Readonly<Record<string, string>> = {
  SPEC_KITTY_HOME: 'the home of spec-kitty, an absolute path (default: ~/.spec-kitty)',
  SPEC_KITTY_ENABLE_SAAS_SYNC:
    '1, true, yes, y or on: hosted sync may run. Commands may start the sync daemon, and events may leave this machine if their project has opted in',
  SPEC_KITTY_SYNC_DISABLE:
    "1, true, yes, y or on: no command starts the sync daemon on its own; 'spec-kitty sync start' still does",
  SPEC_KITTY_SAAS_URL: 'the sync server; counts before server_url in config.toml',
  SPEC_KITTY_NON_INTERACTIVE: 'ask no questions',
  ...COMMON_ENVIRONMENT,
  TERM: 'dumb: print no colours, and rewrite no line',
  BROWSER: 'the command that --open opens a page with',
  HOME: 'the home directory of the user, an absolute path: ~ in this help',
  FAMILIAR_DISABLE: 'start and use no daemon at all',
  SYNC_NO_DAEMON: 'start and use no sync daemon',
  DASHBOARD_NO_DAEMON: 'start and use no dashboard',
  FAMILIAR_SANDBOX: 'for tests: a file that gives daemons other ports and a home of their own',
  SPEC_KITTY_CLI_VERSION:
    'for tests: the version that a daemon reports; read by a daemon that is started by hand, never passed on by a command',
  NODE_EXTRA_CA_CERTS:
    'a file with certificates that the sync daemon trusts besides; read by Node, and passed on to the daemon',
}

type Files = readonly (readonly [path: string, text: string])[]

/** What spec-kitty reads or writes below its home. */
export const HOME_FILES: Files = [
  ['config.toml', 'settings below [sync]; only you write it (spec-kitty config list)'],
  ['session.json', 'who is signed in (spec-kitty auth status); private: it holds tokens'],
  ['daemons/sync/record.json', 'the sync daemon: process, port, version, last stop; private'],
  ['daemons/sync/daemon.lock', 'held by the sync daemon while it runs'],
  ['daemons/sync/lifecycle.lock', 'held by a command that starts, stops or cleans up'],
  ['daemons/sync/session.lock', 'held while the session changes'],
  ['daemons/sync/daemon.log', 'its log (spec-kitty sync logs); daemon.log.1 is the one before'],
  ['daemons/sync/queue.db', 'the events that wait (spec-kitty sync queue); -wal and -shm belong to it'],
  ['daemons/sync/last-work.json', 'the last success, and whether the server refused the session'],
  ['daemons/sync/waiting.json', 'how many events are in the queue, so that their loss is told'],
  ['daemons/sync/lost-TIME.json', 'the same of a queue that is gone (sync queue drop --lost)'],
  ['daemons/sync/queue.db.lock', 'held while the queue is opened, created or put aside'],
  ['daemons/sync/.gitignore', 'keeps these files out of git'],
  ['daemons/dashboards/ID.log', 'the log of a dashboard (spec-kitty dashboard logs)'],
  ['daemons/dashboards/ID.json', 'the token of a dashboard that runs, with which it is stopped; private'],
  ['daemons/dashboards/.gitignore', 'keeps these files out of git'],
  ['sync-daemon', 'the record of the Python spec-kitty; read, and put aside when its daemon was replaced'],
  ['sync-daemon.replaced-TIME', 'that record, put aside; nothing reads it, so you may remove it'],
  [
    'sync-daemon.log',
    'the log of the Python spec-kitty; not used here, so remove it if you do not use that either',
  ],
  ['sync/daemon/owner.json', 'what the Python spec-kitty shares with other tools; read only'],
]

/** What spec-kitty reads or writes in a project, besides the missions that the dashboard shows. */
export const PROJECT_FILES: Files = [
  ['.kittify/config.yaml', 'whether events of the project may leave this machine (spec-kitty sync opt-in)'],
  ['.kittify/daemon/record.json', 'its dashboard: process, port, version, last stop; holds no token'],
  ['.kittify/daemon/daemon.lock', 'held by its dashboard while it runs'],
  ['.kittify/daemon/lifecycle.lock', 'held by a command that starts, stops or cleans up'],
  ['.kittify/daemon/.gitignore', 'keeps these files out of git'],
  [
    '.kittify/.dashboard',
    'the record of the Python dashboard; read, removed when its process is proven gone',
  ],
]

export const FILES_NOTE =
  'The home of spec-kitty is ~/.spec-kitty, or SPEC_KITTY_HOME. A project is the nearest directory with .kittify or kitty-specs. A damaged file is put aside as NAME.corrupt-TIME and never guessed at. A clean-up of sync daemons ends processes, and removes none of these files.'

/** The pages of the help that are not about a command. */
const PAGES: Readonly<Record<Topic, (terminal: Terminal) => readonly string[]>> = {
  environment: (terminal) => [
    paragraph(
      'The variables that spec-kitty reads. Only HOME or SPEC_KITTY_HOME has to be set: without both, each command that uses the home of spec-kitty ends with 2.',
      terminal,
    ),
    section('Environment', Object.entries(ENVIRONMENT), terminal),
  ],
  'exit-codes': (terminal) => [
    paragraph(
      'Every command ends with one of these, with --json or without. Scripts may rely on them; the help of a command says what each means there.',
      terminal,
    ),
    section('Exit codes', Object.entries(EXIT_TEXTS), terminal),
    paragraph(
      '1: the command was tried, and the state of the machine made it fail. 2: it could not even be tried: the usage was wrong, or nothing can be written there (a full disk, a read-only home). It is also 2 if only the output cannot be written: stderr says so, and everything else was done. upgrade-hook always ends with 0.',
      terminal,
    ),
  ],
  files: (terminal) => [
    paragraph(FILES_NOTE, terminal),
    ...sections(
      [
        ['Below the home of spec-kitty', HOME_FILES],
        ['In a project', PROJECT_FILES],
      ],
      terminal,
    ),
  ],
}

function paragraph(text: string, terminal: Terminal): string {
  return wrap(text, terminal).join('\n')
}

/** Returns the page about a topic. */
export function topicHelp(topic: Topic, terminal: Terminal): string {
  return blocks(PAGES[topic](terminal))
}
