import { asLack, FamiliarError } from '../errors.js'
import { EXIT, exitOf } from './exit-codes.js'
import { note, type Io } from './io.js'
import { formatJson, SCHEMA_VERSION } from './json.js'
import { CommandError, UsageError } from './usage.js'

interface Failure {
  readonly code: string
  readonly message: string
  readonly details?: readonly string[]
  readonly remediation: string | null
  readonly exit: number
}

/**
 * Prints one line on stderr that says what went wrong and what to do (more where the error has details), with `isJson` also an object on stdout, and with
 * `isVerbose` a stack trace on stderr. Returns the exit code.
 */
export function reportFailure(
  error: unknown,
  io: Pick<Io, 'program' | 'help' | 'out' | 'err'>,
  isJson: boolean,
  isVerbose: boolean,
): number {
  const failure = describe(error, io)
  const [first, ...more] = linesOf(failure)
  note(io, `${io.program}: ${first}`)
  for (const line of more) note(io, line)
  if (isVerbose && error instanceof Error) io.err(`${error.stack ?? ''}\n`)
  if (isJson) {
    const { code, remediation } = failure
    const message = [failure.message, ...(failure.details ?? [])].join(': ')
    io.out(formatJson({ schema_version: SCHEMA_VERSION, ok: false, error: { code, message, remediation } }))
  }
  return failure.exit
}

/** One line, or the details and the remedy each on a line of their own. */
function linesOf({ message, details = [], remediation }: Failure): readonly string[] {
  if (details.length > 0) return [message, ...details, ...(remediation === null ? [] : [remediation])]
  return [remediation === null ? message : `${message} (${remediation})`]
}

function describe(caught: unknown, { program, help }: Pick<Io, 'program' | 'help'>): Failure {
  const error = lackIn(caught) ?? caught
  if (!isOwnWord(error) && causesOf(error).some(isPartMissing)) return installationChanged(program)
  if (error instanceof UsageError) {
    return { code: 'E_USAGE', message: error.message, remediation: `see ${help}`, exit: EXIT.error }
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

/** The error that says by itself which part is missing, and why. */
function isOwnWord(error: unknown): boolean {
  return error instanceof FamiliarError && error.code === 'E_LOCK_UNAVAILABLE'
}

/** A module of this package no longer exists: an upgrade is replacing the package, or just has. */
function installationChanged(program: string): Failure {
  return {
    code: 'E_INSTALLATION_CHANGED',
    message: 'this installation was replaced or removed while the command ran',
    remediation: `run the command again; if it says the same then, reinstall ${program}`,
    exit: EXIT.tryAgain,
  }
}

const PART_MISSING: ReadonlySet<unknown> = new Set(['MODULE_NOT_FOUND', 'ERR_MODULE_NOT_FOUND'])

function isPartMissing(error: unknown): boolean {
  return error instanceof Error && PART_MISSING.has((error as NodeJS.ErrnoException).code)
}

/**
 * Returns `E_RESOURCES` if the error or one of its causes is that this process lacks file descriptors, memory or
 * processes; else null.
 */
function lackIn(error: unknown): FamiliarError | null {
  return causesOf(error).reduce<FamiliarError | null>((found, cause) => found ?? asLack(cause), null)
}

/** Returns the error and its chain of causes, outermost first. */
function causesOf(error: unknown): readonly unknown[] {
  return error instanceof Error ? [error, ...causesOf(error.cause)] : []
}
