import type { CommandWords } from './command-table.js'

/**
 * What people type for a command: names that other tools use, incomplete names, and flags that do not exist. A key is a
 * command as in `TABLE`, or words that are none, with at most one flag. They are only suggested and do not work as names
 * here. A suggested command that ends processes shows or asks first, or ends only what is proven stale. There is none that
 * ends all daemons in use, so who asks for that is led to the list of them.
 */
export const ELSEWHERE: Readonly<Record<string, CommandWords | `${CommandWords} --${string}`>> = {
  'auth doctor --yes': 'auth doctor --reset',
  'auth doctor -r': 'auth doctor --reset',
  'auth doctor -y': 'auth doctor --reset',
  'daemon list': 'sync list',
  'daemon ls': 'sync list',
  'dashboard --clean-up': 'dashboard clean-up',
  'dashboard --list': 'dashboard clean-up --dry-run',
  'dashboard clean-up --reset': 'dashboard clean-up',
  'dashboard list': 'dashboard clean-up --dry-run',
  'dashboard ls': 'dashboard clean-up --dry-run',
  'dashboard prune': 'dashboard clean-up',
  'dashboard stop --all': 'dashboard clean-up --dry-run',
  ps: 'auth doctor',
  'sync disable': 'sync opt-out',
  'sync drop': 'sync queue drop',
  'sync enable': 'sync opt-in',
  'sync flush': 'sync now',
  'sync off': 'sync opt-out',
  'sync on': 'sync opt-in',
  'sync prune': 'auth doctor --reset',
  'sync push': 'sync now',
  'sync retry': 'sync queue retry',
  'sync run': 'sync now',
  'sync send': 'sync now',
  'sync stop --all': 'sync list',
  'sync upload': 'sync now',
}

/** Returns what was probably meant by words that the user typed; null if they are not in the table. */
export function elsewhere(typed: string): string | null {
  return Object.hasOwn(ELSEWHERE, typed) ? (ELSEWHERE[typed] ?? null) : null
}
