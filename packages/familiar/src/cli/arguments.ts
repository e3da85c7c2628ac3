/** Dashes that editors and web pages substitute for a hyphen. */
const DASH = '\\u00AD\\u2010-\\u2015\\u2212\\uFE58\\uFE63\\uFF0D'

/** Matches the beginning of a word that was meant as a flag, but starts with a dash that is not a hyphen. */
export const FOREIGN_DASH = new RegExp(`^-{0,2}[${DASH}][-${DASH}]*`)

/** Returns whether a word of the command line is a flag. `-` alone is not: it means standard input. */
export function isFlag(word: string): boolean {
  return (word.startsWith('-') && word !== '-') || FOREIGN_DASH.test(word)
}

/** The first word of a command line that is not a flag (null if there is none), and all other words in their original order. */
export interface TakenWord {
  readonly word: string | null
  readonly rest: readonly string[]
}

/**
 * Takes the first word that is neither a flag nor the value of one. `valued` are the flags that take a value. Words after
 * `--` are not taken.
 */
export function takeWord(args: readonly string[], valued: ReadonlySet<string>): TakenWord {
  for (let at = 0; at < args.length; at++) {
    const word = args[at] ?? ''
    if (word === '--') break
    if (!isFlag(word)) return { word, rest: args.toSpliced(at, 1) }
    if (valued.has(word)) at++
  }
  return { word: null, rest: args }
}

/** Returns whether the rest of a command line asks for help: a flag before `--`, or the word `help` right after the command. */
export function asksForHelp(rest: readonly string[]): boolean {
  const end = rest.indexOf('--')
  const words = end < 0 ? rest : rest.slice(0, end)
  const isFirst = words.find((word) => !isFlag(word)) === 'help'
  return isFirst || words.some((word) => word === '--help' || word === '-h')
}

/** The flags that `runOnProcess` reads from a command line, and the remaining words. */
export interface CommonFlags {
  readonly args: readonly string[]
  readonly isVerbose: boolean
  readonly isQuiet: boolean
  readonly hasNoColor: boolean
}

const VERBOSE = ['--verbose']
const QUIET = ['--quiet', '-q']
const NO_COLOR = ['--no-color']
const COMMON = new Set([...VERBOSE, ...QUIET, ...NO_COLOR])

/**
 * Matches several one-letter flags after one hyphen that include `q`, and the number after the last one: `-fq`, `-qn 5`.
 * `-quiet` is a typing mistake and does not match.
 */
const CLUSTER = /^-(?=[a-z]*q)(?=.*[fhnvV])[fhnqvV]+\d*$/

/** Takes the flags that every command has, wherever they stand before `--`. */
export function takeCommonFlags(argv: readonly string[]): CommonFlags {
  const end = argv.indexOf('--')
  const flags = end < 0 ? argv : argv.slice(0, end)
  const has = (names: readonly string[]): boolean => flags.some((word) => names.includes(word))
  const own = flags
    .filter((word) => !COMMON.has(word))
    .map((word) => (CLUSTER.test(word) ? word.replaceAll('q', '') : word))
  return {
    args: [...own, ...argv.slice(flags.length)],
    isVerbose: has(VERBOSE),
    isQuiet: has(QUIET) || flags.some((word) => CLUSTER.test(word)),
    hasNoColor: has(NO_COLOR),
  }
}

/**
 * Returns whether a command line asks for JSON. If the rest of the command line is wrong, the error is then printed as
 * JSON too.
 */
export function asksForJson(args: readonly string[]): boolean {
  const end = args.indexOf('--')
  return (end < 0 ? args : args.slice(0, end)).includes('--json')
}
