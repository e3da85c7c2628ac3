import { CommandError, EXIT } from 'familiar/cli'
import { withoutSecret } from '../upload/one-line.js'
import { ClientError, ResponseBodyError, WWWAuthenticateChallengeError } from 'openid-client'

/** An error of the sign-in service may be long, and is shown in one line. */
const MAX_CHARS = 200

/** What the service calls an error (RFC 6749, 5.2, and RFC 8628, 3.5); null if it is none of the service's own. */
export function refusalIn(error: unknown): string | null {
  return error instanceof ResponseBodyError && !isOverloaded(error.status) ? error.error : null
}

/** Why the service could not be asked: no connection, no answer in time, or one that says to try later. Else null. */
export function lossIn(error: unknown): string | null {
  if (error instanceof ResponseBodyError) return isOverloaded(error.status) ? `status ${error.status}` : null
  if (!(error instanceof Error)) return null
  if (error instanceof ClientError) {
    if (error.code === 'OAUTH_TIMEOUT') return 'no answer in time'
    const status = error.cause instanceof Response ? error.cause.status : 0
    return isOverloaded(status) ? `status ${status}` : null
  }
  // `fetch` throws a TypeError for everything that goes wrong with a connection, and the reason is its cause.
  return error instanceof TypeError ? (systemErrorIn(error)?.code ?? error.message) : null
}

/**
 * Returns what to tell the user. None of the secrets is in the message, even if the service repeats them, and the error
 * itself is not passed on, because it contains the service's answer.
 */
export function explain(error: unknown, service: string, secrets: readonly string[]): CommandError {
  const own = causesOf(error).find((cause) => cause instanceof CommandError)
  if (own !== undefined) return own
  const loss = lossIn(error)
  if (loss !== null) {
    return new CommandError('E_AUTH_UNREACHABLE', `cannot reach ${originOf(service)}: ${loss}`, {
      hint: 'check the connection and try again',
      exit: EXIT.tryAgain,
      cause: error instanceof TypeError ? systemErrorIn(error) : undefined,
    })
  }
  const [code, verb] = isRefusal(error)
    ? (['E_AUTH_REFUSED', 'refuses'] as const)
    : (['E_AUTH_UNSUPPORTED', 'gave an answer that cannot be used'] as const)
  return new CommandError(code, `${originOf(service)} ${verb}: ${hide(textOf(error), secrets)}`)
}

/** Returns the error for a service that this client cannot use. */
export function unsupported(message: string): CommandError {
  return new CommandError('E_AUTH_UNSUPPORTED', message, {
    hint: 'spec-kitty auth login --with-token takes a token from elsewhere',
  })
}

function isRefusal(error: unknown): boolean {
  return error instanceof ResponseBodyError || error instanceof WWWAuthenticateChallengeError
}

/** What went wrong, in the words of the service or the client. */
export function textOf(error: unknown): string {
  if (error instanceof ResponseBodyError)
    return [error.error, error.error_description].filter(Boolean).join(': ')
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

/** Only the origin: what follows it may be a secret. */
function originOf(url: string): string {
  return URL.canParse(url) ? new URL(url).origin : 'the sign-in service'
}

function systemErrorIn(error: unknown): NodeJS.ErrnoException | undefined {
  return causesOf(error).find((cause) => typeof (cause as NodeJS.ErrnoException).code === 'string')
}

/** The error, what caused it, and of several attempts to connect the first. */
function causesOf(error: unknown): readonly Error[] {
  if (!(error instanceof Error)) return []
  const attempts: readonly unknown[] = error instanceof AggregateError ? error.errors.slice(0, 1) : []
  return [error, ...[error.cause, ...attempts].flatMap((cause) => causesOf(cause))]
}
