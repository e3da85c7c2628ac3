import type { CommandSpec } from 'familiar/cli'

/** The sections of the list of all commands, in the order in which a newcomer needs them. */
export const SECTIONS = {
  start: 'Start here',
  mend: 'Look and mend',
  dashboard: 'The dashboard of this project',
  events: 'Send events',
  session: 'Sign in',
  daemon: 'The sync daemon',
  tool: 'This command line',
} as const

/** A command in the list of all commands. Its full description is loaded by its help and by the command itself. */
export interface Listed {
  /** The words that are typed. */
  readonly words: string
  readonly aliases?: readonly string[]
  /** What the command does, without a capital letter or a full stop. */
  readonly summary: string
  readonly section: keyof typeof SECTIONS
  readonly describe: () => Promise<CommandSpec>
}

const auth = async () => import('./describe/auth.js')
const sync = async () => import('./describe/sync.js')
const events = async () => import('./describe/events.js')
const config = async () => import('./describe/config.js')
const dashboard = async () => import('./describe/dashboard.js')
const project = async () => import('./describe/project.js')
const tool = async () => import('./describe/tool.js')

/** Every command. The parser, the help, the completion and the manual all use this table. */
export const TABLE = [
  {
    words: 'init',
    summary: 'make a directory a project and start its dashboard',
    section: 'start',
    describe: async () => (await project()).INIT,
  },
  {
    words: 'dashboard',
    aliases: ['dashboard start'],
    summary: 'start or find the dashboard of this project',
    section: 'start',
    describe: async () => (await dashboard()).DASHBOARD,
  },
  {
    words: 'auth doctor',
    aliases: ['doctor'],
    summary: 'say what is wrong, and clean up',
    section: 'mend',
    describe: async () => (await auth()).AUTH_DOCTOR,
  },
  {
    words: 'sync status',
    summary: 'show what waits, why nothing leaves, and the sync daemon',
    section: 'mend',
    describe: async () => (await sync()).SYNC_STATUS,
  },
  {
    words: 'explain',
    summary: 'explain an id that a command names: F-002, cross_root; alone: list them all',
    section: 'mend',
    describe: async () => (await tool()).EXPLAIN,
  },
  {
    words: 'config list',
    summary: 'show every setting and where its value comes from',
    section: 'mend',
    describe: async () => (await config()).CONFIG_LIST,
  },
  {
    words: 'config get',
    summary: 'print one setting',
    section: 'mend',
    describe: async () => (await config()).CONFIG_GET,
  },
  {
    words: 'dashboard status',
    summary: 'show whether it runs',
    section: 'dashboard',
    describe: async () => (await dashboard()).DASHBOARD_STATUS,
  },
  {
    words: 'dashboard stop',
    summary: 'stop it',
    section: 'dashboard',
    describe: async () => (await dashboard()).DASHBOARD_STOP,
  },
  {
    words: 'dashboard restart',
    summary: 'stop it and start a new one',
    section: 'dashboard',
    describe: async () => (await dashboard()).DASHBOARD_RESTART,
  },
  {
    words: 'dashboard logs',
    summary: 'print its log; --follow keeps reading',
    section: 'dashboard',
    describe: async () => (await dashboard()).DASHBOARD_LOGS,
  },
  {
    words: 'dashboard clean-up',
    aliases: ['dashboard cleanup'],
    summary: 'end the orphaned dashboards of all projects; asks first',
    section: 'dashboard',
    describe: async () => (await dashboard()).DASHBOARD_CLEAN_UP,
  },
  {
    words: 'sync opt-in',
    summary: 'let the events of a project leave this machine',
    section: 'events',
    describe: async () => (await events()).SYNC_OPT_IN,
  },
  {
    words: 'sync opt-out',
    summary: 'keep them on this machine',
    section: 'events',
    describe: async () => (await events()).SYNC_OPT_OUT,
  },
  {
    words: 'sync publish',
    summary: 'queue events; they are on disk when it says so',
    section: 'events',
    describe: async () => (await events()).SYNC_PUBLISH,
  },
  {
    words: 'sync now',
    summary: 'send what waits now, and show the progress',
    section: 'events',
    describe: async () => (await events()).SYNC_NOW,
  },
  {
    words: 'sync queue',
    summary: 'show which events wait, and why',
    section: 'events',
    describe: async () => (await events()).SYNC_QUEUE,
  },
  {
    words: 'sync queue retry',
    summary: 'let events that the server rejected wait again',
    section: 'events',
    describe: async () => (await events()).SYNC_QUEUE_RETRY,
  },
  {
    words: 'sync queue drop',
    summary: 'remove events that were rejected or lost their project',
    section: 'events',
    describe: async () => (await events()).SYNC_QUEUE_DROP,
  },
  {
    words: 'auth login',
    summary: 'sign in to a sync server',
    section: 'session',
    describe: async () => (await auth()).AUTH_LOGIN,
  },
  {
    words: 'auth logout',
    summary: 'sign out: revoke the tokens and delete the session',
    section: 'session',
    describe: async () => (await auth()).AUTH_LOGOUT,
  },
  {
    words: 'auth status',
    summary: 'show who is signed in, and until when',
    section: 'session',
    describe: async () => (await auth()).AUTH_STATUS,
  },
  {
    words: 'sync start',
    summary: 'start the sync daemon, or find the one that runs',
    section: 'daemon',
    describe: async () => (await sync()).SYNC_START,
  },
  {
    words: 'sync stop',
    summary: 'stop it, of this version or another',
    section: 'daemon',
    describe: async () => (await sync()).SYNC_STOP,
  },
  {
    words: 'sync restart',
    summary: 'stop it and start a new one',
    section: 'daemon',
    describe: async () => (await sync()).SYNC_RESTART,
  },
  {
    words: 'sync list',
    summary: 'show every home on this machine that has a sync daemon',
    section: 'daemon',
    describe: async () => (await sync()).SYNC_LIST,
  },
  {
    words: 'sync logs',
    summary: 'print its log; --follow keeps reading',
    section: 'daemon',
    describe: async () => (await sync()).SYNC_LOGS,
  },
  {
    words: 'help',
    summary: 'show this, a command, or a topic',
    section: 'tool',
    describe: async () => (await tool()).HELP,
  },
  {
    words: 'version',
    summary: 'print the version',
    section: 'tool',
    describe: async () => (await tool()).VERSION_COMMAND,
  },
  {
    words: 'completion',
    summary: 'print a script that completes commands in bash, zsh or fish',
    section: 'tool',
    describe: async () => (await tool()).COMPLETION,
  },
  {
    words: 'upgrade-hook',
    summary: 'for installers: retire a daemon of an older version; never fails',
    section: 'tool',
    describe: async () => (await project()).UPGRADE_HOOK,
  },
] as const satisfies readonly Listed[]

export type CommandWords = (typeof TABLE)[number]['words']

const LISTED: readonly (Listed & { readonly words: CommandWords })[] = TABLE

/** Every name that can be typed, with the command that it means. */
const NAMES: ReadonlyMap<string, CommandWords> = new Map(
  LISTED.flatMap(({ words, aliases = [] }) => [words, ...aliases].map((name) => [name, words] as const)),
)

/** The first words of commands that are not commands themselves: `auth`, `sync`. */
const GROUPS: ReadonlySet<string> = new Set(
  LISTED.map(({ words }) => words.split(' ')[0] ?? '').filter((word) => !NAMES.has(word)),
)

/** Returns the command with this name; null if there is none. */
export function commandNamed(words: string): CommandWords | null {
  return NAMES.get(words) ?? null
}

export function isGroup(word: string): boolean {
  return GROUPS.has(word)
}

/** Returns whether the words are the name of a command or the beginning of one. */
export function beginsCommand(words: string): boolean {
  return [...NAMES.keys()].some((name) => name === words || name.startsWith(`${words} `))
}

/** Returns the names of all commands and groups, with which a mistyped command is compared. */
export function knownNames(): readonly string[] {
  return [...NAMES.keys(), ...GROUPS]
}

/** Returns the commands whose names begin with these words; all commands for an empty text. */
export function commandsBelow(words: string): readonly Listed[] {
  return LISTED.filter((one) => words === '' || one.words === words || one.words.startsWith(`${words} `))
}

/** Returns a command of the table. */
export function listed(words: CommandWords): Listed {
  const found = LISTED.find((one) => one.words === words)
  if (found === undefined) throw new Error(`no such command: ${words}`)
  return found
}
