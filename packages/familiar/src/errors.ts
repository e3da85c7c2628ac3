import { constants } from 'node:os'

/** The codes of every error that the library throws on purpose. Permanent, because scripts match on them. */
export type ErrorCode =
  | 'E_DAEMON_ELSEWHERE'
  | 'E_DAEMON_NOT_REPLACED'
  | 'E_DAEMON_RUNNING'
  | 'E_DAEMON_SKIPPED'
  | 'E_DAEMON_START_FAILED'
  | 'E_DAEMON_UNREACHABLE'
  | 'E_DAEMON_UNRECOGNISABLE'
  | 'E_DAEMON_UNRESPONSIVE'
  | 'E_DEFINITION_INVALID'
  | 'E_INTERRUPTED'
  | 'E_LOCK_BUSY'
  | 'E_LOCK_UNAVAILABLE'
  | 'E_LOCK_UNSUPPORTED'
  | 'E_LOOK_FAILED'
  | 'E_PLATFORM_UNSUPPORTED'
  | 'E_PORT_IN_USE'
  | 'E_RANGE_FULL'
  | 'E_REQUEST_INTERRUPTED'
  | 'E_RESOURCES'
  | 'E_RUNTIME_UNSUPPORTED'
  | 'E_SCAN_IMPOSSIBLE'
  | 'E_SCOPE_FOREIGN_OWNER'
  | 'E_SCOPE_UNUSABLE'
  | 'E_SIGNAL_REFUSED'
  | 'E_VERSION_MISMATCH'

/** An error with a permanent code, one line that says what happened, and one that says what to do. */
export class FamiliarError extends Error {
  override readonly name = 'FamiliarError'
  readonly code: ErrorCode
  /** What the user can do about it: one sentence or one command. */
  readonly hint: string | null
  /** Further lines for people, after the message; usually none. */
  readonly details: readonly string[]
  /** True if the same call may succeed later without any change. */
  readonly retry: boolean

  constructor(
    code: ErrorCode,
    message: string,
    options: {
      readonly hint?: string | null
      readonly details?: readonly string[]
      readonly retry?: boolean
      readonly cause?: unknown
    } = {},
  ) {
    super(message, { cause: options.cause })
    this.code = code
    this.hint = options.hint ?? null
    this.details = options.details ?? []
    this.retry = options.retry ?? false
  }

  /** Returns one line for the user: what happened, with the details, and what to do. */
  describe(): string {
    const all = [this.message, ...this.details].join(': ')
    return this.hint === null ? all : `${all}${hintAfter(all, this.hint)}`
  }
}

/** Returns what follows a message: the hint in parentheses or, after a message that ends with some, behind a colon. */
export function hintAfter(message: string, hint: string): string {
  return message.endsWith(')') ? `: ${hint}` : ` (${hint})`
}

/**
 * Returns a text without line breaks. Texts from Node and from the author's code may have several lines, but a message
 * has one.
 */
export function oneLine(text: string): string {
  return text.replaceAll(/\s*[\r\n\u2028\u2029]+\s*/g, ' ').trim()
}

/** Returns the errno name of a system error (`ENOENT`, `EACCES`, ...), or null for anything else. */
export function errnoOf(error: unknown): string | null {
  const { code, errno } = error instanceof Error ? (error as NodeJS.ErrnoException) : {}
  return typeof code === 'string' ? nameOf(code, errno) : null
}

/** Some errors (ENOLCK, EDQUOT) have no name in Node, which reports `UNKNOWN` or `Unknown system error -37`. */
function nameOf(code: string, errno: number | undefined): string {
  if (!/^unknown/i.test(code)) return code
  const number = Math.abs(errno ?? Number(/\d+$/.exec(code)?.[0]))
  return Object.entries(constants.errno).find(([, value]) => value === number)?.[0] ?? code
}

/** The errors of a process that cannot open, start or allocate anything more. They say nothing about other processes or files. */
const LACKS: ReadonlySet<string> = new Set(['EMFILE', 'ENFILE', 'ENOMEM', 'ENOBUFS', 'EAGAIN'])

/**
 * Returns `E_RESOURCES` if a call failed because this process ran out of descriptors, memory or processes, or if `error` is
 * `E_RESOURCES` already; null for any other error.
 */
export function asLack(error: unknown): FamiliarError | null {
  if (error instanceof FamiliarError) return error.code === 'E_RESOURCES' ? error : null
  const errno = errnoOf(error)
  return errno !== null && LACKS.has(errno) ? lackOf(errno, error) : null
}

/**
 * Throws `E_RESOURCES` if a call failed for lack of our own resources: such a failure must never be read as a fact about
 * another process or file. Does nothing for any other error.
 */
export function throwLack(error: unknown): void {
  const lack = asLack(error)
  if (lack !== null) throw lack
}

/** Returns an `E_RESOURCES` error that says what was lacking and what to do. */
export function lackOf(why: string, cause?: unknown): FamiliarError {
  return new FamiliarError('E_RESOURCES', `this process has too few resources: ${why}`, {
    hint: 'raise its limits (ulimit -n, ulimit -u), or close something, and run the command again',
    retry: true,
    cause,
  })
}
