import { errnoOf, FamiliarError, isLack, lackOf, type ErrorCode } from 'familiar'
import { EXIT } from './exit-codes.js'
import { printable, type Io } from './io.js'
import { UsageError } from './usage.js'

interface Failure {
  readonly code: string
  readonly message: string
  readonly remediation: string | null
  readonly exit: number
}

/**
 * Says on stderr in one line what went wrong and what to do, with `isJson` also as an object on stdout, and returns
 * the exit code. A stack trace only with `isVerbose`.
 */
export function reportFailure(error: unknown, io: Io, isJson: boolean, isVerbose: boolean): number {
  const failure = describe(error)
  const hint = failure.remediation === null ? '' : ` (${failure.remediation})`
  io.err(`spec-kitty: ${printable(`${failure.message}${hint}`)}\n`)
  if (isVerbose && error instanceof Error) io.err(`${error.stack ?? ''}\n`)
  if (isJson) {
    const { code, message, remediation } = failure
    io.out(
      `${JSON.stringify({ schema_version: 2, ok: false, error: { code, message, remediation } }, null, 2)}\n`,
    )
  }
  return failure.exit
}

/** What the user asked for and the machine did not give is a problem (1); what cannot even be tried is an error (2). */
const PROBLEMS: ReadonlySet<ErrorCode> = new Set([
  'E_DAEMON_NOT_REPLACED',
  'E_DAEMON_START_FAILED',
  'E_DAEMON_UNRESPONSIVE',
  'E_PORT_IN_USE',
  'E_RANGE_FULL',
  'E_VERSION_MISMATCH',
])

function exitOf({ code, retry }: FamiliarError): number {
  if (PROBLEMS.has(code)) return EXIT.problem
  return retry ? EXIT.tryAgain : EXIT.error
}

function describe(error: unknown): Failure {
  if (error instanceof UsageError) {
    return { code: 'E_USAGE', message: error.message, remediation: 'see spec-kitty --help', exit: EXIT.error }
  }
  if (error instanceof FamiliarError) {
    const { code, message, hint } = error
    return { code, message, remediation: hint, exit: exitOf(error) }
  }
  if (isLack(error)) return describe(lackOf(errnoOf(error) ?? String(error), error))
  const message = `internal error: ${error instanceof Error ? error.message : String(error)}`
  return {
    code: 'E_INTERNAL',
    message,
    remediation: 'run again with --verbose for details',
    exit: EXIT.error,
  }
}
