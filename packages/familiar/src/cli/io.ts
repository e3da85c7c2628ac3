import { styleText } from 'node:util'

/** All that a command may use of its process and terminal. `main.ts` creates it once. */
export interface Io {
  readonly env: { readonly [name: string]: string | undefined }
  /** The user's home directory, looked up on every access. Throws `E_SCOPE_UNUSABLE` if this user has none. */
  readonly home: string
  readonly executable: string
  /** Returns the working directory. Throws if it was removed. */
  cwd(): string
  readonly isInteractive: boolean
  /** Columns of the terminal; null for a pipe, a file, or a terminal without a size. */
  readonly columns: number | null
  readonly hasColor: boolean
  /** True once a write to stdout has failed: further output is lost. */
  readonly isOutputClosed: boolean
  /**
   * Returns a function that tells whether the reader of stdout is gone, even if nothing is being written. For
   * commands that run until they are stopped. Must be called before the first write.
   */
  watchOutput(): () => boolean
  out(text: string): void
  /**
   * Resolves when everything written to stdout has been handed to the operating system, or when stdout has failed and
   * the rest is lost.
   */
  flushed(): Promise<void>
  /**
   * Writes to stderr. Replaces every control character but tabs and line feeds, because a name in a message may contain
   * any character.
   */
  err(text: string): void
  /** Asks on the terminal; true only for an explicit yes. Ctrl+C ends the process with exit code 130. */
  confirm(question: string): Promise<boolean>
  /**
   * For a command that runs a daemon in this process. After this call the daemon handles Ctrl+C, and a failed write to
   * stdout or stderr (the terminal was closed) does not end the daemon.
   */
  releaseInterrupt(): void
  /** Ends the process at once. */
  exit(code: number): never
}

export type Style = 'bold' | 'dim' | 'red' | 'yellow' | 'green' | 'cyan'

/** Returns the text in this style if the output has colours, else the text itself. */
export function paint(io: Pick<Io, 'hasColor'>, style: Style, text: string): string {
  return io.hasColor ? styleText(style, text) : text
}

/** Returns whether an environment variable is switched on: 1, true, yes, y or on, in upper or lower case. */
export function isTruthy(value: string | undefined): boolean {
  return /^(?:1|true|yes|y|on)$/i.test(value?.trim() ?? '')
}

/**
 * Characters besides C0 that a terminal or editor may act on: DEL, C1 controls, line separators, bidirectional marks.
 */
export const HIDDEN_CONTROLS =
  '\\u007f-\\u009f\\u061c\\u200e\\u200f\\u2028\\u2029\\u202a-\\u202e\\u2066-\\u2069'

/** Matches a whole run of control characters at once, for speed: a damaged log may contain millions of zero bytes. */
const CONTROLS = new RegExp(`[\\u0000-\\u001f${HIDDEN_CONTROLS}]+`, 'g')
const CONTROLS_IN_LINES = new RegExp(`[\\u0000-\\u0008\\u000b-\\u001f${HIDDEN_CONTROLS}]+`, 'g')

function questionMarks(controls: string): string {
  return '?'.repeat(controls.length)
}

/**
 * Returns text from another process with every control character replaced, so that a terminal can show it without
 * acting on it.
 */
export function printable(text: string): string {
  return text.replaceAll(CONTROLS, questionMarks)
}

/** Like `printable`, for text of several lines: keeps tabs and line feeds. */
export function printableLines(text: string): string {
  return text.replaceAll(CONTROLS_IN_LINES, questionMarks)
}

/** The escape sequences that `paint` writes. */
const STYLES = /(\u001b\[\d{1,2}m)/

/** Like `printableLines`, for stdout: also keeps the styles of `paint` if the output has colours. */
export function printableStyled(text: string, hasColor: boolean): string {
  if (!hasColor) return printableLines(text)
  const parts = text.split(STYLES)
  return parts.map((part, index) => (index % 2 === 1 ? part : printableLines(part))).join('')
}

/** Prints one line on stderr. Replaces line feeds too, because a name in the text may contain any character. */
export function note(io: Pick<Io, 'err'>, text: string): void {
  io.err(`${printable(text)}\n`)
}
