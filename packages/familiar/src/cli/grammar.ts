import type { PortRange } from '../identity/machine.js'

/**
 * The kinds of values of an option. `name` stands for the value in the help, for example `N` in `--lines N`. A name of two
 * or more capital letters is refused as a value, because a user has copied the example: `--export FILE`.
 */
export type OptionValue =
  | { readonly kind: 'number'; readonly name: string; readonly from: number; readonly to: number }
  /** A port of the daemon. Its range is passed in when the command line is parsed. */
  | { readonly kind: 'port'; readonly name: string }
  | { readonly kind: 'seconds'; readonly name: string }
  /** A text whose format the command checks itself. `needs` completes the sentence "--type needs ...". */
  | { readonly kind: 'text' | 'file' | 'directory'; readonly name: string; readonly needs: string }

/** A flag, or an option with a value. The key of the entry is its name without hyphens. */
export interface OptionSpec {
  /** The letter of the short form, such as `n` for `-n`. */
  readonly short?: string
  readonly value?: OptionValue
  /** The effect of the option, for the help: without a capital letter or a full stop. */
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
  /** The only words that are allowed; omitted if any word is allowed. */
  readonly choices?: readonly string[]
}

/**
 * Options that may be used together. If the form has a `lead`, that option selects it. Options of the form without a lead
 * cannot be combined with a lead, unless the form of that lead lists them too. If a command has no forms, all its options
 * can be combined.
 */
export interface Form {
  readonly lead?: string
  readonly may: readonly string[]
}

/** The arguments that can follow the words of a command. */
export interface Grammar<T extends OptionSpecs = OptionSpecs> {
  readonly options: T
  readonly operands?: Operands
  readonly forms?: readonly Form[]
}

/** A command as its help, its completion and its manual page describe it. The parser uses only its grammar. */
export interface CommandSpec<T extends OptionSpecs = OptionSpecs> extends Grammar<T> {
  /** Usage lines that replace the ones generated from the forms. The words of the command are added before each. */
  readonly usage?: readonly string[]
  /** What the command does, in one sentence. */
  readonly about: string
  /** Further paragraphs for the user. */
  readonly more?: readonly string[]
  readonly examples: readonly Example[]
  /** The names of the environment variables that affect this command, besides those that affect every command. */
  readonly environment?: readonly string[]
  /** The meaning of each exit code for this command. If omitted, the code has its usual meaning (`EXIT_TEXTS`). */
  readonly exits: Readonly<Partial<Record<ExitCode, string>>>
}

/** A command line that can be pasted into a shell, and its purpose. */
export type Example = readonly [command: string, text: string]

export type ExitCode = 0 | 1 | 2 | 75 | 130

type ValueOf<T extends OptionSpec> = T extends { readonly value: { readonly kind: infer Kind } }
  ? Kind extends 'number' | 'port' | 'seconds'
    ? number | undefined
    : string | undefined
  : boolean

/** The values of the options: true or false for a flag, undefined for an option without a given value. */
export type Values<T extends OptionSpecs> = { readonly [Name in keyof T]: ValueOf<T[Name]> }

/** A command line that matches the grammar. */
export interface Parsed<T extends OptionSpecs> {
  readonly values: Values<T>
  readonly operands: readonly string[]
}

/** What the parser needs in addition to the grammar. */
export interface ParseContext {
  /** The words of the command, for messages: `auth doctor`. */
  readonly command: string
  /** The port range of the daemon, for an option that names a port; `to` is not in the range. */
  readonly ports?: PortRange
}

/** The option `--json`, which nearly every command has. */
export const JSON_OPTION = { text: 'print one JSON document' } as const satisfies OptionSpec

/** The options that every command takes. `runOnProcess` reads all of them but `--help`. */
export const COMMON_OPTIONS = {
  'no-color': { text: 'print no colours' },
  quiet: { short: 'q', text: 'print results, errors and what needs a decision: no progress, no hints' },
  verbose: {
    text: 'show more: every process in a row, reasons by their ids, rows of the decision table, stack traces of errors',
  },
  help: { short: 'h', text: 'show this' },
} as const satisfies OptionSpecs

/** What the exit codes mean for every command. */
export const EXIT_TEXTS: Readonly<Record<ExitCode, string>> = {
  0: 'done',
  1: 'something failed, or a problem remains (doctor: a critical one, or with --strict a warning)',
  2: 'wrong usage, or an error',
  75: 'busy, or short of resources: try again',
  130: 'interrupted with Ctrl+C',
}

/** The variables that every command of every tool obeys. */
export const COMMON_ENVIRONMENT = {
  NO_COLOR: 'print no colours, if it is not empty',
  FORCE_COLOR: 'print colours in a pipe too; 0 or false: none',
  COLUMNS:
    'in a pipe: the width of help, explanations and the doctor; without it 80, and any width for the doctor',
  CI: 'ask no questions',
} as const
