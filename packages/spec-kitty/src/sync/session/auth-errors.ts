import { CommandError, EXIT } from 'familiar/cli'
import { tokenLogin } from '../login-command.js'
import { connectionReason, EnvironmentError, isOutOfTime, MAY_BE_WRONG } from '../upload/connection-errors.js'
import { oneLine, withoutSecret } from '../upload/one-line.js'
import { ClientError, ResponseBodyError, WWWAuthenticateChallengeError } from 'openid-client'

/** The maximum number of characters of a sign-in service's error that are shown. */
const MAX_CHARS = 200

/**
 * Returns the error code that the service sent (RFC 6749, 5.2, and RFC 8628, 3.5); null if the error is not from the
 * service.
 */
export function refusalIn(error: unknown): string | null {
  return error instanceof ResponseBodyError && !isOverloaded(error.status) ? error.error : null
}

/**
 * Returns whether another attempt may succeed later: the service was not reached, did not answer in time, or answered
 * that it has a problem or is busy.
 */
export function isLoss(error: unknown): boolean {
  return overloadIn(error) !== null || silenceIn(error) !== null
}

/** Returns the HTTP status with which the service asked to try later; null for every other error. */
function overloadIn(error: unknown): number | null {
  const status = error instanceof ResponseBodyError ? error.status : responseIn(error)?.status
  return status !== undefined && isOverloaded(status) ? status : null
}

function responseIn(error: unknown): Response | null {
  return error instanceof ClientError && error.cause instanceof Response ? error.cause : null
}

/** Returns why the service did not answer; null if it did. */
function silenceIn(error: unknown): string | null {
  if (error instanceof ClientError) return error.code === 'OAUTH_TIMEOUT' ? 'no answer in time' : null
  const environment = environmentIn(error)
  if (environment !== null) return environment.message
  // `fetch` throws a TypeError for every failure of a connection, with the reason as its cause.
  if (!(error instanceof TypeError)) return null
  const cause = systemErrorIn(error)
  return connectionReason(cause) ?? cause?.code ?? causesOf(error).at(-1)?.message ?? error.message
}

/**
 * Returns the error to show to the user. Its message does not contain the secrets, even if the service repeats them. The
 * original error is not attached, because it contains the service's answer.
 */
export function explain(error: unknown, service: string, secrets: readonly string[]): CommandError {
  const own = causesOf(error).find((cause) => cause instanceof CommandError)
  if (own !== undefined) return own
  const status = overloadIn(error)
  if (status !== null) {
    const words = error instanceof ResponseBodyError ? `: ${hide(textOf(error), secrets)}` : ''
    return new CommandError('E_AUTH_UNREACHABLE', `${originOf(service)} answered ${status}${words}`, {
      hint: 'try again later; if it stays so, ask its operator',
      exit: EXIT.tryAgain,
    })
  }
  const silence = silenceIn(error)
  if (silence !== null) {
    return new CommandError(
      'E_AUTH_UNREACHABLE',
      `cannot reach ${originOf(service)}: ${hide(silence, secrets)}`,
      {
        hint: hintAfter(error),
        exit: EXIT.tryAgain,
        cause: systemErrorIn(error),
      },
    )
  }
  const [code, verb] = isRefusal(error)
    ? (['E_AUTH_REFUSED', 'refuses'] as const)
    : (['E_AUTH_UNSUPPORTED', 'gave an answer that cannot be used'] as const)
  return new CommandError(code, `${originOf(service)} ${verb}: ${hide(textOf(error), secrets)}`)
}

function hintAfter(error: unknown): string {
  if (environmentIn(error) !== null) return 'correct that variable, or unset it'
  return isOutOfTime(systemErrorIn(error)) ? 'try again later' : `${MAY_BE_WRONG}; otherwise try again later`
}

/** Returns the error about the proxy or the certificates that variables name; null if it is not about these. */
function environmentIn(error: unknown): Error | null {
  return causesOf(error).find((cause) => cause instanceof EnvironmentError) ?? null
}

/** Returns the error for a service that this client cannot use. `serverUrl`: the server that the user named. */
export function unsupported(message: string, serverUrl: string | null = null): CommandError {
  const note = serverUrl === null ? '; replace HOST' : ''
  return new CommandError('E_AUTH_UNSUPPORTED', message, {
    hint: `with a token from elsewhere${note}: ${tokenLogin(serverUrl ?? 'https://HOST')}`,
  })
}

/** Returns the error for a server that names another address as its own. */
export function otherServer(serverUrl: string, named: string): CommandError {
  return unsupported(`${serverUrl} says that it is another server: "${oneLine(named)}"`, serverUrl)
}

function isRefusal(error: unknown): boolean {
  return error instanceof ResponseBodyError || error instanceof WWWAuthenticateChallengeError
}

/** Returns the message of the service or of the client about what went wrong. */
export function textOf(error: unknown): string {
  if (error instanceof ResponseBodyError)
    return error.error_description ? `${error.error} ("${error.error_description}")` : error.error
  if (error instanceof WWWAuthenticateChallengeError) return `status ${error.status}`
  if (!(error instanceof Error)) return String(error)
  if (error.cause instanceof Response) return `status ${error.cause.status}`
  return error.cause instanceof Error ? error.cause.message : error.message
}

function hide(text: string, secrets: readonly string[]): string {
  const hidden = secrets.reduce((rest, secret) => withoutSecret(rest, secret), text)
  return hidden.length > MAX_CHARS ? `${hidden.slice(0, MAX_CHARS)}...` : hidden
}

function isOverloaded(status: number): boolean {
  return status >= 500 || status === 429
}

/** Only the origin of a URL is kept, because the rest may contain a secret. */
function originOf(url: string): string {
  return URL.canParse(url) ? new URL(url).origin : 'the sign-in service'
}

function systemErrorIn(error: unknown): NodeJS.ErrnoException | undefined {
  return causesOf(error).find((cause) => typeof (cause as NodeJS.ErrnoException).code === 'string')
}

/** Returns the error and its chain of causes. If several attempts to connect failed, uses only the first error. */
function causesOf(error: unknown): readonly Error[] {
  if (!(error instanceof Error)) return []
  const attempts: readonly unknown[] = error instanceof AggregateError ? error.errors.slice(0, 1) : []
  return [error, ...[error.cause, ...attempts].flatMap((cause) => causesOf(cause))]
}
