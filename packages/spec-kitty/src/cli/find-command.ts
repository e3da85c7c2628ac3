import { isFlag } from 'familiar/cli'
import { beginsCommand, commandNamed, type CommandWords } from './command-table.js'

/** What a command line asks for. */
export type Route =
  | {
      readonly kind: 'run'
      readonly command: Exclude<CommandWords, 'help'>
      /** The words that were typed, which may be an alias. */
      readonly name: string
      readonly args: readonly string[]
    }
  /** Help about these words; without words, the list of all commands. `flags`: those of the command `help` itself. */
  | { readonly kind: 'help'; readonly words: readonly string[]; readonly flags?: readonly string[] }
  | { readonly kind: 'version'; readonly args: readonly string[] }
  /** Words that are not a command, or are only a group; they include `--` if it stands between them. */
  | { readonly kind: 'unknown'; readonly typed: readonly string[] }
  /** A flag without a command. */
  | { readonly kind: 'flag'; readonly flag: string }

/** Returns whether the next word is the value of a flag that stands before the command. */
export type IsValued = (flag: string) => Promise<boolean>

const HELP = new Set(['--help', '-h'])
const VERSION = new Set(['--version', '-v', '-V'])

/**
 * Finds what a command line asks for: the longest sequence of words that is a command, with flags before, between and
 * after them. The remaining words are the arguments of the command, flags first. A mistyped word never counts as a
 * command.
 */
export async function route(argv: readonly string[], isValued: IsValued): Promise<Route> {
  const { words, flags, rest } = await split(argv, isValued)
  const operands = rest.filter((word) => !isFlag(word))
  const typed = [...words, ...operands]
  if (words[0] === 'help') {
    const given = [...flags, ...rest.slice(0, endOfFlags(rest)).filter(isFlag)]
    const isAsked = given.some((flag) => HELP.has(flag))
    return {
      kind: 'help',
      words: isAsked && typed.length === 1 ? ['help'] : typed.slice(1),
      ...(isAsked || given.length === 0 ? {} : { flags: given }),
    }
  }
  const command = commandNamed(words.join(' '))
  const before = rest.slice(0, endOfFlags(rest))
  if (isHelpWord(words, before)) return { kind: 'help', words: [...words, ...furtherWords(words, operands)] }
  if ([...flags, ...before].some((flag) => HELP.has(flag))) {
    return { kind: 'help', words: command === null ? typed : words }
  }
  if (command !== null && command !== 'help')
    return { kind: 'run', command, name: words.join(' '), args: [...flags, ...rest] }
  if (typed.length === 0 && rest[0] === '--') return { kind: 'flag', flag: '--' }
  if (words.length === 0 && flags.some((flag) => VERSION.has(flag))) return withoutWords([...flags, ...rest])
  if (typed.length === 0) return withoutWords(flags)
  // `files help` asks for the topic, and a word that is nothing gets the same answer as with `--help`.
  if (typed.length > 1 && before.length === rest.length && typed.at(-1) === 'help')
    return { kind: 'help', words: typed.slice(0, -1) }
  const flag = typed.length > 1 ? undefined : [...flags, ...before].find((one) => isSubcommand(words, one))
  if (flag !== undefined) return { kind: 'unknown', typed: [...words, flag] }
  return { kind: 'unknown', typed: before.length === rest.length ? typed : [...words, ...withDashes(rest)] }
}

/** Returns whether a flag is written like one of the commands of the group, as in `sync --status`. */
function isSubcommand(words: readonly string[], flag: string): boolean {
  return flag.startsWith('--') && commandNamed([...words, flag.slice(2)].join(' ')) !== null
}

/** There is no command after `--`. Shows the typed words with the `--`, so that the suggestion looks different. */
function withDashes(rest: readonly string[]): readonly string[] {
  return rest.filter((word) => !isFlag(word) || word === '--')
}

/** `init help` and `sync help` ask for help. A project with that name can still be given as `./help`. */
function isHelpWord(words: readonly string[], rest: readonly string[]): boolean {
  return words.length > 0 && rest.find((word) => !isFlag(word)) === 'help'
}

/** `sync help status` means the same as `help sync status`. */
function furtherWords(words: readonly string[], [, ...operands]: readonly string[]): readonly string[] {
  return beginsCommand([...words, ...operands].join(' ')) ? operands : []
}

function withoutWords(flags: readonly string[]): Route {
  const [flag] = flags
  if (flag === undefined) return { kind: 'help', words: [] }
  if (flags.some((one) => VERSION.has(one))) {
    return { kind: 'version', args: flags.filter((one) => !VERSION.has(one)) }
  }
  return { kind: 'flag', flag: flags.find((one) => one !== '--json') ?? flag }
}

function endOfFlags(words: readonly string[]): number {
  const end = words.indexOf('--')
  return end < 0 ? words.length : end
}

interface Split {
  readonly words: readonly string[]
  /** The flags before the last word of the command, with their values. */
  readonly flags: readonly string[]
  readonly rest: readonly string[]
}

async function split(argv: readonly string[], isValued: IsValued): Promise<Split> {
  const words: string[] = []
  const flags: string[] = []
  let at = 0
  for (; at < argv.length && argv[at] !== '--'; at++) {
    const word = argv[at] ?? ''
    if (isFlag(word)) {
      // A flag after a command belongs to that command, whose grammar defines whether it takes a value.
      if (commandNamed(words.join(' ')) !== null && !isFurther(words, argv[at + 1])) break
      flags.push(word)
      const next = argv[at + 1]
      if (next !== undefined && !isFlag(next) && (await isValued(word))) flags.push(argv[++at] ?? '')
    } else if (!/\s/.test(word) && beginsCommand([...words, word].join(' '))) words.push(word)
    else break
  }
  return { words, flags, rest: argv.slice(at) }
}

/** Returns whether the next word is also part of the command, as in `dashboard --json status`. */
function isFurther(words: readonly string[], next: string | undefined): boolean {
  return next !== undefined && beginsCommand([...words, next].join(' '))
}
