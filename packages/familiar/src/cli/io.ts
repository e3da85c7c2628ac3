import { styleText } from 'node:util'
import { printable, printableLine } from './printable.js'
import { wrapWords } from './text-width.js'

/** Everything of its process and terminal that a command may use. `runOnProcess` creates it. */
export interface Io {
  /** The name of the tool, which precedes the messages on stderr. */
  readonly program: string
  /** The command that shows how to use the tool. */
  readonly help: string
  readonly env: { readonly [name: string]: string | undefined }
  /** Returns the working directory. Throws if it was removed. */
  cwd(): string
  readonly isInteractive: boolean
  /** Whether the user wants only results and errors: then `note` prints nothing. */
  readonly isQuiet?: boolean
  /** Whether stdout is a terminal. */
  readonly isTerminal: boolean
  /** Columns of the terminal; null for a pipe, a file, or a terminal without a size. */
  readonly columns: number | null
  readonly hasColor: boolean
  /** Like `columns` and `hasColor`, but for stderr, because only one of the two streams may be a terminal. */
  readonly errorColumns: number | null
  readonly hasErrorColor: boolean
  /** Whether the user wants to see more: `--verbose`. */
  readonly isVerbose: boolean
  /** True once a write to stdout has failed: further output is lost. */
  readonly isOutputClosed: boolean
  /**
   * Returns a function that returns whether the reader of stdout is gone, even if nothing is being written. For commands
   * that run until they are stopped, so that Ctrl+C is their usual end. Must be called before the first write.
   */
  watchOutput(): () => boolean
  out(text: string): void
  /**
   * Resolves when everything written to stdout has been handed to the operating system, or when stdout has failed and
   * the rest is lost.
   */
  flushed(): Promise<void>
  /**
   * Writes to stderr. Replaces control characters, because a name in a message may contain any character. Keeps only
   * tabs, line feeds and the styles of `paint`.
   */
  err(text: string): void
  /**
   * Replaces the last line of the terminal with the text; an empty text leaves the line as it was. The next output
   * overwrites the line. Null if stderr is not a terminal.
   */
  readonly rewriteLine: ((text: string) => void) | null
  /**
   * Asks on the terminal. Returns true only for an explicit yes. Ctrl+C ends the process with exit code 130 after
   * printing `untouched`, a text that says what was not done, for example `nothing was ended`.
   */
  confirm(question: string, untouched?: string): Promise<boolean>
  /**
   * Asks on the terminal for one line that is not shown, such as a token. Returns an empty text at the end of input. Ctrl+C
   * is as for `confirm`.
   */
  askHidden?(question: string, untouched?: string): Promise<string>
  /**
   * `text` returns what was done so far, for the message if Ctrl+C ends this command. If a process that was told to end may
   * still be there, the message names that instead. With `--json`, a failure then follows the lines that are printed already.
   */
  onInterrupt?(text: () => string): void
  /**
   * For a command that may end processes, before it begins: Ctrl+C then says what was ended, and names `look`, the
   * command that shows what is left. `isSure` is false for a command that ends one only if it has to, to replace it.
   */
  mayEnd?(look: string, isSure?: boolean): void
  /**
   * For a command that runs a daemon in this process. After this call the daemon handles Ctrl+C, and a failed write to
   * stdout or stderr (the terminal was closed) does not end the daemon. What is ended is not noted for Ctrl+C any more.
   */
  releaseInterrupt(): void
  /** Ends the process at once. */
  exit(code: number): never
}

/**
 * Returns the terminal for text that is only meant to be read: help, explanations, and what the doctor says. In a pipe, it
 * has the width that the user requests (`COLUMNS`). Other tables, and lines for scripts, are never wrapped in a pipe.
 */
export function readingTerminal({
  hasColor,
  columns,
  env = {},
}: Pick<Io, 'hasColor' | 'columns'> & Partial<Pick<Io, 'env'>>): Pick<Io, 'hasColor' | 'columns'> {
  const wished = /^[1-9]\d{0,5}$/.exec(env['COLUMNS'] ?? '')
  return { hasColor, columns: columns ?? (wished === null ? null : Number(wished[0])) }
}

export type Style = 'bold' | 'dim' | 'red' | 'yellow' | 'green' | 'cyan' | 'magenta'

/** Returns the text in this style if the output has colours; otherwise the text itself. */
export function paint(io: Pick<Io, 'hasColor'>, style: Style, text: string): string {
  return io.hasColor ? styled(style, text) : text
}

/** Like `paint`, for a text on stderr. */
export function paintError(io: Pick<Io, 'hasErrorColor'>, style: Style, text: string): string {
  return io.hasErrorColor ? styled(style, text) : text
}

/** The caller has already decided whether to use colours, so `styleText` must not check stdout and the environment again. */
function styled(style: Style, text: string): string {
  return styleText(style, text, { validateStream: false })
}

/**
 * Prints lines on stdout. Replaces line feeds and tabs in each, because a name in it may contain any character, and must
 * not look like a line of its own.
 */
export function printLines(io: Pick<Io, 'out' | 'hasColor'>, lines: readonly string[]): void {
  io.out(lines.map((line) => `${printableLine(line, io.hasColor)}\n`).join(''))
}

/**
 * Prints one line on stderr about what the command is doing: a wait, progress, a hint. Prints nothing with `--quiet`.
 * Replaces line feeds too, because a name in the text may contain any character.
 */
export function note(
  io: Pick<Io, 'err' | 'isQuiet'> & Partial<Pick<Io, 'errorColumns'>>,
  text: string,
): void {
  if (io.isQuiet !== true) warn(io, text)
}

/**
 * Like `note`, but for a line that the user must read: an error, or an action that is needed. It is printed even with
 * `--quiet`.
 */
export function warn(io: Pick<Io, 'err'> & Partial<Pick<Io, 'errorColumns'>>, text: string): void {
  const [first = '', ...rest] = wrapWords(printable(text), io.errorColumns ?? null)
  io.err(`${[first, ...rest.map((line) => `  ${line}`)].join('\n')}\n`)
}
