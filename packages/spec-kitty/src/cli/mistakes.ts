import {
  COMMON_OPTIONS,
  didYouMean,
  isFlag,
  nearest,
  nearestCommands,
  UnexpectedWordError,
  UsageError,
} from 'familiar/cli'
import type { Route } from './find-command.js'
import { commandNamed, commandsBelow, isGroup, knownNames, listed } from './command-table.js'
import { elsewhere, flagElsewhere } from './elsewhere.js'
import { isTopic } from './topic-names.js'

/** Returns the error for a command line that matches no command: one line with the command that was probably meant. */
export function mistake(asked: Route & { readonly kind: 'flag' | 'unknown' }): UsageError {
  return asked.kind === 'flag' ? wrongFlag(asked.flag) : unknownCommand(asked.typed)
}

/** Returns the error for words that are neither a command nor a topic. */
export function noHelp(words: readonly string[], topics: readonly string[]): UsageError {
  const text = `there is no help for '${words.join(' ')}'`
  const near = [...guessed(words), ...(isId(words) ? [`explain ${words.join(' ')}`] : [])]
  const others = near.length > 0 ? near : nearestCommands(words, [...knownNames(), ...topics])
  return new UsageError(`${text}${didYouMean(others)}`)
}

function choicesOf(group: string): string {
  const below = commandsBelow(group).map(({ words }) => words.split(' ')[1])
  return `needs one of: ${[...new Set(below)].join(', ')}`
}

/** The answer to `config set`, because the commands with similar names would not do what the user wants. */
const NO_WRITING =
  "spec-kitty does not write settings: edit config.toml in its home, or set a variable ('spec-kitty config list' shows them)"

/** Words for a clean-up that are not a command. Hyphens and blanks in them are ignored. */
const CLEANING: ReadonlySet<string> = new Set([
  'clean',
  'cleanup',
  'reset',
  'orphan',
  'orphans',
  'kill',
  'prune',
  'purge',
  'gc',
  'stale',
  'old',
])

/** Without a group, both commands that clean up, because the words do not say which kind of daemon is meant. */
const CLEAN_UPS: Readonly<Record<string, readonly string[]>> = {
  auth: ['auth doctor --reset'],
  sync: ['auth doctor --reset'],
  dashboard: ['dashboard clean-up'],
}
const BOTH = ['auth doctor --reset', 'dashboard clean-up']

/** Returns the commands that clean up, if the words mean that; an empty list otherwise. */
function cleaning(words: readonly string[]): readonly string[] {
  const group = CLEAN_UPS[words.length > 1 ? (words[0] ?? '') : '']
  const asked = group === undefined ? words : words.slice(1)
  return CLEANING.has(asked.join('').toLowerCase().replaceAll('-', '')) ? (group ?? BOTH) : []
}

/** Returns what people type elsewhere for these words, or the commands that clean up. */
function guessed(words: readonly string[]): readonly string[] {
  const others = elsewhere(words)
  return others.length > 0 ? others : cleaning(words)
}

/** The ids that are recognised by their form: a finding, a row, the code of an error. */
const ID = /^(?:F-?\d{1,3}|[SD]\d{1,2}|E_[A-Z_]+)$/i

function isId(words: readonly string[]): boolean {
  return words.length === 1 && ID.test(words[0] ?? '')
}

/** Returns the error for a command with its arguments in one word, as quotes around a variable make it; null if it is none. */
function quoted(words: readonly string[]): UsageError | null {
  const word = words.find((one) => /\s/.test(one))
  const parts = words.join(' ').trim().split(/\s+/)
  const isCommand =
    parts[0] === 'help' || parts.some((_, at) => commandNamed(parts.slice(0, at + 1).join(' ')))
  if (word === undefined || !isCommand) return null
  return new UsageError(`'${word}' is one word: leave out the quotes around it`)
}

/** `sync --status` means `sync status`. */
function withoutDashes(word: string): string {
  return word.replace(/^--/, '')
}

function unknownCommand(typed: readonly string[]): UsageError {
  const [group = ''] = typed
  const words = typed.filter((word) => word !== '--').map(withoutDashes)
  if (words.length === 1 && isGroup(group)) return new UsageError(`'${group}' ${choicesOf(group)}`)
  if (words[0] === 'config' && words[1] === 'set') return new UsageError(NO_WRITING)
  const text = `there is no command '${typed.slice(0, 3).join(' ')}'`
  const inOne = quoted(words)
  if (inOne !== null) return inOne
  const near = meant(words)
  if (near.length > 0 || !isGroup(group)) return new UsageError(`${text}${didYouMean(near)}`)
  return new UsageError(`${text}: '${group}' ${choicesOf(group)}`)
}

/** Returns the commands that were probably meant, with one name for each. */
function meant(typed: readonly string[]): readonly string[] {
  const name = typed.join(' ')
  // The only mistake was the `--` between the words of the command.
  if (commandNamed(name) !== null) return [name]
  if (typed.length === 1 && isTopic(name)) return [`help ${name}`]
  if (isId(typed)) return [`explain ${name}`]
  const others = guessed(typed)
  if (others.length > 0) return others
  const near = nearestCommands(typed, knownNames())
  const byCommand = new Map(near.toReversed().map((one) => [commandNamed(one) ?? one, one]))
  return [...byCommand.values()].toReversed()
}

const ALONE = ['help', 'version']

/** The flags that may precede every command. None takes a value. */
const VALUELESS: ReadonlySet<string> = new Set([...ALONE, ...Object.keys(COMMON_OPTIONS), 'json'])

function wrongFlag(flag: string): UsageError {
  const name = flag.replace(/^[^a-z]+/i, '').replace(/=.*/s, '')
  if (flag.includes('=') && flag.startsWith(`--${name}`) && VALUELESS.has(name)) {
    return new UsageError(`--${name} takes no value`)
  }
  if (flag.startsWith('-') && (name === '' || name === 'json' || Object.hasOwn(COMMON_OPTIONS, name))) {
    return new UsageError(`'${flag}' needs a command`)
  }
  const near = nearest(name, [...ALONE, ...Object.keys(COMMON_OPTIONS), 'json']).map((one) => `--${one}`)
  if (flag.startsWith('-')) return new UsageError(`unknown option '${flag}'${didYouMean(near)}`)
  return new UsageError(`'${flag}' begins with a dash that is no hyphen: write ${near[0] ?? `--${name}`}`)
}

/**
 * Returns the error about a command's arguments with what was probably meant, or the error itself: instead of a word too
 * many, a flag of the command without its hyphens (`auth doctor reset`), or another command (`sync queue retr`, `doctor
 * auth`); instead of a flag that does not exist, what `ELSEWHERE` says.
 */
export async function withGuess(
  error: UsageError,
  name: string,
  args: readonly string[],
): Promise<UsageError> {
  const command = commandNamed(name)
  if (!(error instanceof UnexpectedWordError)) return withCommand(error, command ?? name, args)
  const { word } = error
  const text = `unexpected word '${word}' after '${name}'`
  const { options } = command === null ? { options: {} } : await listed(command).describe()
  if (Object.hasOwn(options, word)) return new UsageError(`${text}${didYouMean([`${name} --${word}`])}`)
  if (/^\d+$/.test(word) && Object.hasOwn(options, 'port'))
    return new UsageError(`${text}${didYouMean([`--port ${word}`])}`)
  const near = meant([...name.split(' '), ...args.filter((one) => !isFlag(one))])
  // What was typed is no advice.
  const others = near.filter((one) => commandNamed(one) !== command || isAsked(one, word))
  return new UsageError(`${text}${didYouMean(others)}`)
}

/** `sync queue list` asks for `sync queue`, and `doctor auth` for `auth doctor`: that is the command, but in other words. */
function isAsked(name: string, word: string): boolean {
  return nearest(word, name.split(' ')).length > 0 || OF_LISTS.has(word)
}

const OF_LISTS: ReadonlySet<string> = new Set(['list', 'ls', 'show'])

const NO_YES =
  "unknown option '--yes': --reset asks only on a terminal, and only about what needs a decision; --force ends that without a question"

/** Returns the error about a flag that `ELSEWHERE` lists for this command; otherwise the error itself. */
function withCommand(error: UsageError, command: string, args: readonly string[]): UsageError {
  for (const flag of args) {
    const others = isFlag(flag) ? flagElsewhere(command, flag) : []
    const written = flag.replace(/=.*/s, '')
    // What was typed is no advice.
    if (command === 'auth doctor' && written === '--yes' && args.includes('--reset'))
      return error.message.startsWith(`unknown option '${written}'`) ? new UsageError(NO_YES) : error
    if (others.length > 0 && error.message.startsWith(`unknown option '${written}'`))
      return new UsageError(`unknown option '${written}'${didYouMean(others)}`)
  }
  return error
}
