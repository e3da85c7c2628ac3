import type { ErrorCode, FamiliarError } from '../errors.js'

/** The exit codes of every command. Permanent: scripts branch on them. */
export const EXIT = {
  ok: 0,
  /** A critical finding remains, or a requested action failed. */
  problem: 1,
  /** Wrong usage, or an error that is not explained by the state of the machine. */
  error: 2,
  /** Busy or short of resources: the same command may succeed later (`EX_TEMPFAIL` in sysexits.h). */
  tryAgain: 75,
  interrupted: 130,
} as const

/**
 * The error codes that lead to exit code 1: the command was tried, and the state of the machine made it fail. A command
 * that could not be tried exits with 2.
 */
const PROBLEMS: ReadonlySet<ErrorCode> = new Set([
  'E_DAEMON_ELSEWHERE',
  'E_DAEMON_NOT_REPLACED',
  'E_DAEMON_START_FAILED',
  'E_DAEMON_UNREACHABLE',
  'E_DAEMON_UNRESPONSIVE',
  'E_PORT_IN_USE',
  'E_RANGE_FULL',
  'E_REQUEST_INTERRUPTED',
  'E_VERSION_MISMATCH',
])

/**
 * Returns the exit code for a failure. A lack of resources is temporary (75), even if the daemon and not this process
 * lacks them.
 */
export function exitOf({ code, retry }: FamiliarError): number {
  if (code === 'E_INTERRUPTED') return EXIT.interrupted
  if (PROBLEMS.has(code)) return EXIT.problem
  return retry || code === 'E_RESOURCES' ? EXIT.tryAgain : EXIT.error
}
