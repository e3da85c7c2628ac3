import { EXIT } from './exit-codes.js'

/** Wrong usage: one line that says what is wrong, and what the user may have meant. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** The error for an extra word after the command. */
export class UnexpectedWordError extends UsageError {
  readonly word: string

  constructor(word: string, command: string) {
    super(`unexpected word '${word}' after '${command}'`)
    this.word = word
  }
}

/** A failed command of the tool: its own permanent code, one line that says what happened, and advice. */
export class CommandError extends Error {
  override readonly name = 'CommandError'
  readonly code: `E_${string}`
  /** What the user can do about it: one sentence or one command. */
  readonly hint: string | null
  /** The exit code of the command: one of `EXIT`. */
  readonly exit: number

  constructor(
    code: `E_${string}`,
    message: string,
    options: { readonly hint?: string; readonly exit?: number; readonly cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause })
    this.code = code
    this.hint = options.hint ?? null
    this.exit = options.exit ?? EXIT.problem
  }
}
