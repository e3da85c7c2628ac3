import { endCommand } from '../observe/platform/look-command.js'
import { SHELL_WORD } from './shell-quote.js'
import type { Words } from './options.js'

/** The commands that the library's errors suggest. */
export interface Hints {
  readonly doctorCommand: (port: number | null) => string
  readonly stopCommand: string
  /** The tool's name for a scope. */
  readonly scopeName: string
  /** Returns the command that cleans up another scope; null if there is none. */
  readonly cleanCommand: (scope: string) => string | null
  /** Returns the command that explains an id. */
  readonly explainCommand: (id: string) => string
  readonly otherScopeHint?: string
  /** Returns the command that stops the daemon of another scope; null if there is none. */
  readonly stopElsewhereCommand: (scope: string) => string | null
  readonly versionVariable: string
}

export function hintsOf(words: Words): Hints {
  const { clean, stop, otherScopeHint, versionVariable } = words
  return {
    cleanCommand: (scope) => cleanCommand(words, scope),
    explainCommand: (id) => `${words.explain} ${id}`,
    doctorCommand: (port) => forceCommand(clean, port),
    stopCommand: stop,
    scopeName: words.scope,
    stopElsewhereCommand: (scope) => stopElsewhere(words, scope),
    ...(otherScopeHint === '' ? {} : { otherScopeHint }),
    versionVariable,
  }
}

/**
 * Returns what ends a daemon of the predecessor that our commands leave alone, and why they do: the only text about it,
 * so `stop`, `status` and the doctor agree. `pid`: its process; null if it is not proven, or if its command line does not
 * name this scope, because then it must not be ended by its number: the record in a copied home names the daemon of the
 * original one. `isInstalled`: false if its own version is proven to be gone.
 */
export function leftToPredecessor(
  { predecessorStop: stop, explain }: Pick<Words, 'predecessorStop' | 'explain'>,
  pid: number | null,
  isInstalled = true,
): string {
  const more = `(see ${explain} F-011)`
  if (!isInstalled) return `it is left alone${pid === null ? '' : `; \`${endCommand(pid)}\` ends it`} ${more}`
  const how = stop === '' ? 'the stop command' : `\`${stop}\``
  const byHand = pid === null ? '' : ` or, if that is not installed any more, \`${endCommand(pid)}\``
  return `it is left alone, because commands of its own version may use it; ${how} of that version ends it${byHand} ${more}`
}

/** Returns the command that shows what a clean-up would end, and ends nothing. */
export function lookCommandOf({ clean }: Pick<Words, 'clean'>): string {
  if (clean.endsWith(' --reset')) return clean.slice(0, -' --reset'.length)
  return `${clean.replace(/ --yes$/, '')} --dry-run`
}

/** Returns the command that ends one listener of the range, or all of them, including those that need a decision. */
export function forceCommand(clean: string, port: number | null): string {
  return `${clean} --force${port === null ? '' : ` --port ${port}`}`
}

/**
 * Matches assignments at the beginning of `clean` that name a scope. They must be removed, because they would override
 * the assignment that is put before the command.
 */
const ASSIGNMENTS = new RegExp(`^(?:[A-Z_]+=${SHELL_WORD} )+`)

/** Returns a command without the scope that is set before it, for another scope or another user. */
export function withoutScope(command: string): string {
  return command.replace(ASSIGNMENTS, '')
}

/** Returns the command that shows the log of the scope that the other commands act on. */
export function logsCommand({ command, status }: Pick<Words, 'command' | 'status'>): string {
  return `${ASSIGNMENTS.exec(status)?.[0] ?? ''}${command} logs`
}

/** Returns the command that cleans up another scope; null if `clean` acts on all scopes, or if there is no such command. */
export function cleanCommand({ clean, inScope }: Words, scope: string): string | null {
  const prefix = inScope(scope)
  return prefix === '' ? null : `${prefix}${withoutScope(clean)}`
}

/**
 * Returns the command that stops the daemon of another scope, derived from the command that shows its status. Null if
 * there is none, for example because the command does not name the scope.
 */
export function stopElsewhere({ showElsewhere, status, stop }: Words, scope: string): string | null {
  const [shown, asked] = [showElsewhere(scope), withoutScope(status)]
  if (!shown.endsWith(` ${asked}`)) return null
  return `${shown.slice(0, -asked.length)}${withoutScope(stop)}`
}
