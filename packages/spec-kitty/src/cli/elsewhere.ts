import type { CommandWords } from './command-table.js'

type Meant = CommandWords | `${CommandWords} --${string}`

const LOGS = ['sync logs', 'dashboard logs'] as const

/**
 * What people type for a command: names that other tools use, incomplete names, and flags that do not exist. A key is a
 * command as in `TABLE`, or words that are none, with at most one flag. They are only suggested and do not work as names
 * here. A suggested command that ends processes shows or asks first, or ends only what is proven stale. There is none that
 * ends all daemons in use, so who asks for that is led to the list of them.
 */
export const ELSEWHERE: Readonly<Record<string, Meant | readonly Meant[]>> = {
  'auth doctor --all': 'auth doctor --reset',
  'auth doctor --clean': 'auth doctor --reset',
  'auth doctor --cleanup': 'auth doctor --reset',
  'auth doctor --fix': 'auth doctor --reset',
  'auth doctor --force-all': 'auth doctor --reset',
  'auth doctor --kill': 'auth doctor --reset',
  'auth doctor --no-reset': 'auth doctor',
  'auth doctor --repair': 'auth doctor --reset',
  'auth doctor --reset-all': 'auth doctor --reset',
  'auth doctor --yes': 'auth doctor --reset',
  'auth doctor --yes-all': 'auth doctor --reset',
  'auth doctor -n': 'auth doctor --reset --dry-run',
  'auth doctor -r': 'auth doctor --reset',
  'auth doctor -y': 'auth doctor --reset',
  'auth list': 'auth status',
  'auth login --token': 'auth login --with-token',
  'auth show': 'auth status',
  'config edit': 'config list',
  'config ls': 'config list',
  'config show': 'config list',
  configuration: 'config list',
  create: 'init',
  daemon: ['sync status', 'sync list'],
  'daemon list': 'sync list',
  'daemon logs': LOGS,
  'daemon ls': 'sync list',
  'daemon restart': ['sync restart', 'dashboard restart'],
  'daemon start': ['sync start', 'dashboard'],
  'daemon status': ['sync status', 'dashboard status'],
  'daemon stop': ['sync stop', 'dashboard stop'],
  daemons: 'sync list',
  'dashboard --clean-up': 'dashboard clean-up',
  'dashboard --kill': 'dashboard stop',
  'dashboard --list': 'dashboard clean-up --dry-run',
  'dashboard clean-up --reset': 'dashboard clean-up',
  'dashboard kill': ['dashboard stop', 'dashboard clean-up'],
  'dashboard list': 'dashboard clean-up --dry-run',
  'dashboard logs --tail': 'dashboard logs --lines 20',
  'dashboard ls': 'dashboard clean-up --dry-run',
  'dashboard ps': 'dashboard clean-up --dry-run',
  'dashboard stop --all': 'dashboard clean-up --dry-run',
  'dashboard tail': 'dashboard logs --follow',
  flush: 'sync now',
  initialise: 'init',
  initialize: 'init',
  log: LOGS,
  ls: ['sync list', 'config list'],
  new: 'init',
  ps: ['sync list', 'auth doctor'],
  push: 'sync now',
  'queue clear': 'sync queue drop',
  'queue drop': 'sync queue drop',
  'queue list': 'sync queue',
  'queue ls': 'sync queue',
  'queue show': 'sync queue',
  send: 'sync now',
  set: 'config list',
  settings: 'config list',
  signin: 'auth login',
  signout: 'auth logout',
  'sync disable': 'sync opt-out',
  'sync drop': 'sync queue drop',
  'sync enable': 'sync opt-in',
  'sync flush': 'sync now',
  'sync kill': ['sync stop', 'auth doctor --reset'],
  'sync logs --tail': 'sync logs --lines 20',
  'sync ls': 'sync list',
  'sync off': 'sync opt-out',
  'sync on': 'sync opt-in',
  'sync ps': 'sync list',
  'sync push': 'sync now',
  'sync queue clear': 'sync queue drop',
  'sync queue delete': 'sync queue drop',
  'sync queue list': 'sync queue',
  'sync queue ls': 'sync queue',
  'sync queue purge': 'sync queue drop',
  'sync queue remove': 'sync queue drop',
  'sync queue rm': 'sync queue drop',
  'sync queue show': 'sync queue',
  'sync retry': 'sync queue retry',
  'sync run': 'sync now',
  'sync send': 'sync now',
  'sync stop --all': 'sync list',
  'sync stop --force': 'sync stop',
  'sync tail': 'sync logs --follow',
  'sync upload': 'sync now',
  tail: ['sync logs --follow', 'dashboard logs --follow'],
  upload: 'sync now',
  whoami: 'auth status',
}

/** Flags of other tools that every command here has under another name. */
const FLAGS: Readonly<Record<string, string>> = {
  '--color': '--no-color',
  '--colour': '--no-color',
  '--colors': '--no-color',
  '--debug': '--verbose',
  '--silent': '--quiet',
  '--trace': '--verbose',
}

/** The maximum number of words of a key. */
const MOST_WORDS = 3

/**
 * Returns what was probably meant by words that the user typed, of which the last ones may be arguments; an empty list if
 * they are not in the table. A word for signing in counts in the group `auth` too, and elsewhere.
 */
export function elsewhere(typed: readonly string[]): readonly string[] {
  const words = typed.map((word) => word.toLowerCase())
  for (let count = MOST_WORDS; count > 0; count -= 1) {
    const found = named(words.slice(0, count).join(' '))
    if (found.length > 0) return found
  }
  const last = words.length === 2 ? (words[1] ?? '') : (words[0] ?? '')
  return words.length > 2 ? [] : named(SESSION.has(plain(last)) ? plain(last) : '')
}

/** The words that mean the same in every group, however they are written: `sign-in`, `auth whoami`. */
const SESSION: ReadonlySet<string> = new Set(['signin', 'signout', 'whoami'])

const plain = (word: string): string => word.replaceAll(/[-_]/g, '')

/** Returns what was probably meant by a flag that does not exist; an empty list if it is not in the table. */
export function flagElsewhere(command: string, flag: string): readonly string[] {
  const name = flag.replace(/=.*/s, '')
  const common = Object.hasOwn(FLAGS, name) ? FLAGS[name] : undefined
  return common === undefined ? named(`${command} ${name}`) : [common]
}

function named(words: string): readonly string[] {
  const found = Object.hasOwn(ELSEWHERE, words) ? ELSEWHERE[words] : undefined
  return found === undefined ? [] : [found].flat()
}
