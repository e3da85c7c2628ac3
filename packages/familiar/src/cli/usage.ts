import { parseArgs, type ParseArgsConfig } from 'node:util'
import type { Daemon } from '../define/daemon.js'
import { EXIT } from './exit-codes.js'

/** Wrong usage: one line that says what is wrong. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
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

type Options = NonNullable<ParseArgsConfig['options']>

/** Returns the values of the options. Throws `UsageError` with one line for anything else on the command line. */
export function readOptions<T extends Options>(
  args: readonly string[],
  options: T,
): ReturnType<typeof parseArgs<{ options: T; strict: true }>>['values'] {
  try {
    return parseArgs({ args: [...args], options, strict: true, allowPositionals: false }).values
  } catch (error) {
    throw new UsageError(firstSentence(error instanceof Error ? error.message : String(error)))
  }
}

/** Returns the port that `--port` names, null if it is not given. Throws `UsageError` if it is not one of the daemon's. */
export function readPort(text: string | undefined, { ports }: Pick<Daemon, 'ports'>): number | null {
  if (text === undefined) return null
  const { from, to } = ports
  const port = /^[1-9]\d{0,4}$/.test(text) ? Number(text) : Number.NaN
  if (port >= from && port < to) return port
  throw new UsageError(`--port needs a port from ${from} to ${to - 1}, not '${text}'`)
}

/** Keeps only the error: Node goes on to explain how to pass a positional argument that begins with a dash. */
function firstSentence(message: string): string {
  return (message.split(/\. |\n/)[0] ?? message).replace(/\.$/, '')
}
