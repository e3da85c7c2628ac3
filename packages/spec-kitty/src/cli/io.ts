import { styleText } from 'node:util'

/** Everything a command may use of the world outside; `main.ts` makes it from the process, once. */
export interface Io {
  readonly env: { readonly [name: string]: string | undefined }
  readonly home: string
  readonly executable: string
  /** The working directory; throws where it was removed. */
  cwd(): string
  readonly isInteractive: boolean
  /** Columns of the terminal; null in a pipe or a file, and for a terminal without a size. */
  readonly columns: number | null
  readonly hasColor: boolean
  out(text: string): void
  err(text: string): void
  /** Asks on the terminal; true only for an explicit yes. Ends the process with 130 on Ctrl+C. */
  confirm(question: string): Promise<boolean>
  /** Leaves Ctrl+C to the command, for one that runs a daemon in this process. */
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

/**
 * Returns text from another process with every control character replaced: it may be shown on a terminal without
 * being obeyed by it.
 */
export function printable(text: string): string {
  return text.replaceAll(
    /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/g,
    '?',
  )
}
