import { EXIT } from './exit-codes.js'

/** Wrong usage: one line that says what is wrong, and further lines with what may have been meant. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
  readonly details: readonly string[]

  constructor(message: string, details: readonly string[] = []) {
    super(message)
    this.details = details
  }
}

/** The error about a superfluous word after the command. */
export class UnexpectedWordError extends UsageError {
  readonly word: string

  constructor(word: string, command: string) {
    super(`unexpected word '${word}' after '${command}'`)
    this.word = word
  }
}

/** A failure of a command of the tool: a permanent code of its own, one line that says what happened, and what to do. */
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
