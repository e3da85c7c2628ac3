import { asLack, FamiliarError, hintAfter } from '../errors.js'
import { commandLines, withCommand } from './paint-command.js'
import { EXIT, exitOf } from './exit-codes.js'
import { paintError, type Io } from './io.js'
import { formatJsonLine, SCHEMA_VERSION } from './print-json.js'
import { isPartMissing } from '../part-missing.js'
import { splitComment } from '../define/shell-quote.js'
import { printable } from './printable.js'
import { CommandError, UsageError } from './command-errors.js'
import { columnsOf, wrapWords } from './text-width.js'

interface Failure {
  readonly code: string
  readonly message: string
  readonly details?: readonly string[]
  readonly remediation: string | null
  readonly exit: number
}

type Screen = Pick<Io, 'program' | 'help' | 'out' | 'err'> &
  Partial<Pick<Io, 'hasErrorColor' | 'errorColumns'>>

/**
 * Prints on stderr what went wrong and what to do. Both are on one line, unless the message has several lines, or the
 * remedy is a command and stderr is a terminal: then the remedy gets its own line. With `isJson` also prints an object on
 * stdout, and with `isVerbose` a stack trace on stderr. Returns the exit code.
 */
export function reportFailure(error: unknown, io: Screen, isJson: boolean, isVerbose: boolean): number {
  const failure = describe(error, io)
  io.err(`${failureLines(failure, io).join('\n')}\n`)
  if (isVerbose && error instanceof Error) io.err(`${stackOf(error)}\n`)
  if (isJson) printFailure(failure, io)
  return failure.exit
}

/** Prints a failure as an object. On one line, because it may follow other JSON lines. */
export function printFailure(
  { code, message, details = [], remediation }: Omit<Failure, 'exit'>,
  io: Pick<Io, 'out'>,
): void {
  const error = { code, message: [message, ...details].join(': '), remediation }
  io.out(formatJsonLine({ schema_version: SCHEMA_VERSION, ok: false, error }))
}

/** The message of the error is at the beginning of its stack, and may hold any name. */
function stackOf({ stack = '', message }: Error): string {
  return stack.replace(message, () => printable(message))
}

/**
 * The maximum length of a message about wrong usage that is printed in full. From a longer one, only the beginning and
 * the end are printed.
 */
const SHOWN_CHARS = 400

/** The indentation of a continued line. */
const INDENT = '  '

/**
 * Prints the message and the remedy on one line if they fit and there are no details. Otherwise the remedy gets its own
 * line, and on a terminal so does a command.
 */
function failureLines({ message, details = [], remediation }: Failure, io: Screen): readonly string[] {
  const { program, hasErrorColor = false, errorColumns = null } = io
  const said = printable(`${program}: ${message}`)
  const remedy = remediation === null ? null : printable(remediation)
  const painted = (text: string): string =>
    withCommand(text, program, (command) => paintError({ hasErrorColor }, 'cyan', command))
  // A terminal gets a command on its own line, where it can be copied; a pipe gets one line.
  const command = remedy === null || errorColumns === null ? null : commandLines(remedy, program)
  const width = columnsOf(said) + (remedy === null ? 0 : columnsOf(hintAfter(said, remedy)))
  if (command === null && details.length === 0 && width <= (errorColumns ?? Number.POSITIVE_INFINITY))
    return [`${withHead(said, io)}${remedy === null ? '' : hintAfter(said, remedy).replace(remedy, painted)}`]
  const room = errorColumns === null ? null : errorColumns - INDENT.length
  const [first = '', ...more] = wrapWords(said, room)
  return [
    withHead(first, io),
    ...more.map((line) => `${INDENT}${line}`),
    ...details.flatMap((line) => wrapWords(printable(line), room)),
    ...(command === null ? (remedy === null ? [] : [painted(remedy)]) : withCyanEnd(command, io)),
  ]
}

/** Colours the last line, which is a command, including the words before the name of the tool, without a comment after it. */
function withCyanEnd(lines: readonly string[], { hasErrorColor = false }: Screen): readonly string[] {
  const last = lines.at(-1) ?? ''
  const [command] = splitComment(last)
  return [
    ...lines.slice(0, -1),
    `${paintError({ hasErrorColor }, 'cyan', command)}${last.slice(command.length)}`,
  ]
}

/** Colours the name of the tool at the beginning of an error. */
function withHead(line: string, { program, hasErrorColor = false }: Screen): string {
  const head = `${program}:`
  return `${paintError({ hasErrorColor }, 'red', head)}${line.slice(head.length)}`
}

function describe(caught: unknown, { program, help }: Pick<Io, 'program' | 'help'>): Failure {
  const error = lackIn(caught) ?? caught
  if (!isOwnWord(error) && isPartMissing(error)) return installationChanged(program, error)
  if (error instanceof UsageError) {
    return {
      code: 'E_USAGE',
      message: shortened(error.message),
      remediation: `see ${help}`,
      exit: EXIT.error,
    }
  }
  if (error instanceof CommandError) {
    const { code, message, hint, exit } = error
    return { code, message, remediation: hint, exit }
  }
  if (error instanceof FamiliarError) {
    const { code, message, details, hint } = error
    return { code, message, details, remediation: hint, exit: exitOf(error) }
  }
  const message = `internal error: ${error instanceof Error ? error.message : String(error)}`
  return {
    code: 'E_INTERNAL',
    message,
    remediation: 'run again with --verbose for details',
    exit: EXIT.error,
  }
}

/** Shortens a message about wrong usage. It quotes what the user typed and may therefore be very long. */
function shortened(message: string): string {
  if (message.length <= SHOWN_CHARS) return message
  return `${message.slice(0, SHOWN_CHARS / 2)} ... ${message.slice(-SHOWN_CHARS / 2)}`
}

/** Returns whether the message of the error already says which part is missing, and why. */
function isOwnWord(error: unknown): boolean {
  return error instanceof FamiliarError && error.code === 'E_LOCK_UNAVAILABLE'
}

/**
 * Returns the error for a module of this package that is missing or incomplete, because an upgrade is replacing the
 * package or was interrupted. If that is why a daemon did not start, the message also says how the daemon ended and where
 * its log is.
 */
function installationChanged(program: string, error: unknown): Failure {
  const told = error instanceof FamiliarError ? `: ${error.describe()}` : ''
  return {
    code: 'E_INSTALLATION_CHANGED',
    message: `this installation is incomplete, or it is being replaced or removed${told}`,
    remediation: `run the command again; if it says the same then, install ${program} again`,
    exit: EXIT.tryAgain,
  }
}

/**
 * Returns `E_RESOURCES` if the error or one of its causes is that this process lacks file descriptors, memory or
 * processes; otherwise null.
 */
function lackIn(error: unknown): FamiliarError | null {
  return causesOf(error).reduce<FamiliarError | null>((found, cause) => found ?? asLack(cause), null)
}

/** Returns the error and its chain of causes, outermost first. */
function causesOf(error: unknown): readonly unknown[] {
  return error instanceof Error ? [error, ...causesOf(error.cause)] : []
}
