import type { PortRange } from '../identity/machine.js'

/** What the value of an option must be. `name` stands for the value in the help: `--lines N`. */
export type OptionValue =
  | { readonly kind: 'number'; readonly name: string; readonly from: number; readonly to: number }
  /** A port of the daemon: the range is given when the command line is read. */
  | { readonly kind: 'port'; readonly name: string }
  | { readonly kind: 'seconds'; readonly name: string }
  /** A text with rules of its own. `needs` completes the sentence "--type needs ...". */
  | { readonly kind: 'text' | 'file' | 'directory'; readonly name: string; readonly needs: string }

/** A flag, or an option with a value. Its name, without hyphens, is its key. */
export interface OptionSpec {
  /** The letter of the short form, such as `n` for `-n`. */
  readonly short?: string
  readonly value?: OptionValue
  /** What it does, for the help: no capital letter, no full stop. */
  readonly text: string
}

export type OptionSpecs = Readonly<Record<string, OptionSpec>>

/** The words after the command: at least `min`, at most `max`. */
export interface Operands {
  readonly name: string
  readonly min: number
  readonly max: number
  /** Completes the sentence "config get needs ...". */
  readonly needs: string
  readonly kind: 'text' | 'directory'
  /** The only words that are allowed; left out if any word may be. */
  readonly choices?: readonly string[]
}

/**
 * Options that may be used together. One with a `lead` is chosen by that option. An option in the leadless form goes with no
 * lead, unless another form has it too. Without forms, all options go together.
 */
export interface Form {
  readonly lead?: string
  readonly may: readonly string[]
}

/** What can be typed after the words of a command. */
export interface Grammar<T extends OptionSpecs = OptionSpecs> {
  readonly options: T
  readonly operands?: Operands
  readonly forms?: readonly Form[]
}

/** A command as its help, its completion and its page in the manual describe it. Parsing uses its grammar alone. */
export interface CommandSpec<T extends OptionSpecs = OptionSpecs> extends Grammar<T> {
  /** Usage lines that replace those made from the forms. The words of the command are put before each. */
  readonly usage?: readonly string[]
  /** What the command does, in one sentence. */
  readonly about: string
  /** Further paragraphs for the user. */
  readonly more?: readonly string[]
  readonly examples: readonly Example[]
  /** The names of the environment variables that matter to this command, besides those that matter to every command. */
  readonly environment?: readonly string[]
  /** What each exit code means for this command; the usual meaning (`EXIT_TEXTS`) where it is left out. */
  readonly exits: Readonly<Partial<Record<ExitCode, string>>>
}

/** A command line that can be pasted into a shell, and what it is for. */
export type Example = readonly [command: string, text: string]

export type ExitCode = 0 | 1 | 2 | 75 | 130

type ValueOf<T extends OptionSpec> = T extends { readonly value: { readonly kind: infer Kind } }
  ? Kind extends 'number' | 'port' | 'seconds'
    ? number | undefined
    : string | undefined
  : boolean

/** The values of the options: true or false for a flag, undefined for a value that is not given. */
export type Values<T extends OptionSpecs> = { readonly [Name in keyof T]: ValueOf<T[Name]> }

/** A command line that matches the grammar. */
export interface Parsed<T extends OptionSpecs> {
  readonly values: Values<T>
  readonly operands: readonly string[]
}

/** What the parser needs besides the grammar. */
export interface ParseContext {
  /** The words of the command, for messages: `auth doctor`. */
  readonly command: string
  /** The ports of its daemon, for an option that names one; `to` is not in the range. */
  readonly ports?: PortRange
}

/** The option `--json`, which nearly every command has. */
export const JSON_OPTION = { text: 'print one JSON document' } as const satisfies OptionSpec

/** The options that every command takes. `runOnProcess` reads all of them but `--help`. */
export const COMMON_OPTIONS = {
  'no-color': { text: 'print no colours' },
  quiet: { short: 'q', text: 'print results and errors only: no progress, no hints' },
  verbose: {
    text: 'show more: every process in a row, reasons by their ids, rows of the decision table, stack traces of errors',
  },
  help: { short: 'h', text: 'show this' },
} as const satisfies OptionSpecs

/** What the exit codes mean for every command. */
export const EXIT_TEXTS: Readonly<Record<ExitCode, string>> = {
  0: 'done',
  1: 'a problem remains, or something failed',
  2: 'wrong usage, or an error',
  75: 'busy, or short of resources: try again',
  130: 'interrupted with Ctrl+C',
}

/** The variables that every command of every tool obeys. */
export const COMMON_ENVIRONMENT = {
  NO_COLOR: 'print no colours, if it is not empty',
  FORCE_COLOR: 'print colours in a pipe too; 0 or false: none',
  COLUMNS: 'in a pipe: the width of help and explanations; 80 without it',
  CI: 'ask no questions',
} as const
