import { styleText } from 'node:util'

/** Everything a command may use of the world outside; `main.ts` makes it from the process, once. */
export interface Io {
  readonly env: { readonly [name: string]: string | undefined }
  /** The user's home directory, looked for when it is read. Throws `E_SCOPE_UNUSABLE` where this user has none. */
  readonly home: string
  readonly executable: string
  /** The working directory; throws where it was removed. */
  cwd(): string
  readonly isInteractive: boolean
  /** Columns of the terminal; null in a pipe or a file, and for a terminal without a size. */
  readonly columns: number | null
  readonly hasColor: boolean
  /** True once stdout has failed: nothing that is written to it is read any more. */
  readonly isOutputClosed: boolean
  /**
   * For a command that goes on for ever, before it writes anything: returns what tells, also while nothing is written,
   * whether the reader of stdout is gone.
   */
  watchOutput(): () => boolean
  out(text: string): void
  /** Resolves when what was written to stdout has left this process, or never will. */
  flushed(): Promise<void>
  /** Every control character but tabs and line feeds is replaced: names in a message may hold anything. */
  err(text: string): void
  /** Asks on the terminal; true only for an explicit yes. Ends the process with 130 on Ctrl+C. */
  confirm(question: string): Promise<boolean>
  /**
   * For a command that runs a daemon in this process: leaves Ctrl+C to it, and a failing stdout or stderr (its terminal
   * was closed) does not end it.
   */
  releaseInterrupt(): void
  /** Ends the process at once. */
  exit(code: number): never
}

export type Style = 'bold' | 'dim' | 'red' | 'yellow' | 'green' | 'cyan'

/** Returns the text in a style where the output has colours, else the text itself. */
export function paint(io: Pick<Io, 'hasColor'>, style: Style, text: string): string {
  return io.hasColor ? styleText(style, text) : text
}

/** True for what people write when they switch something on. */
export function isTruthy(value: string | undefined): boolean {
  return /^(?:1|true|yes|y|on)$/i.test(value?.trim() ?? '')
}

/** What a terminal or an editor may obey, besides C0: C1 controls, line separators, marks that turn the direction. */
export const HIDDEN_CONTROLS =
  '\\u007f-\\u009f\\u061c\\u200e\\u200f\\u2028\\u2029\\u202a-\\u202e\\u2066-\\u2069'

/** In runs: a damaged log may have millions of zeros. */
const CONTROLS = new RegExp(`[\\u0000-\\u001f${HIDDEN_CONTROLS}]+`, 'g')
const CONTROLS_IN_LINES = new RegExp(`[\\u0000-\\u0008\\u000b-\\u001f${HIDDEN_CONTROLS}]+`, 'g')

function questionMarks(controls: string): string {
  return '?'.repeat(controls.length)
}

/**
 * Returns text from another process with every control character replaced: it may be shown on a terminal without
 * being obeyed by it.
 */
export function printable(text: string): string {
  return text.replaceAll(CONTROLS, questionMarks)
}

/** The same for text of several lines: tabs and line feeds stay. */
export function printableLines(text: string): string {
  return text.replaceAll(CONTROLS_IN_LINES, questionMarks)
}

/** What `paint` writes. */
const STYLES = /(\u001b\[\d{1,2}m)/

/** The same for what is printed on stdout: where the output has colours, those stay too. */
export function printableStyled(text: string, hasColor: boolean): string {
  if (!hasColor) return printableLines(text)
  const parts = text.split(STYLES)
  return parts.map((part, index) => (index % 2 === 1 ? part : printableLines(part))).join('')
}

/** Says one line on stderr: names in it may hold anything, line feeds included. */
export function note(io: Pick<Io, 'err'>, text: string): void {
  io.err(`${printable(text)}\n`)
}
