const NOT_TLS = 'it does not speak TLS as it should'

const CUT_OFF = 'the connection was closed before the whole answer'

/** Reasons, in words, for the errors of a connection that a user can solve. Each is true of every request of this tool. */
const REASONS: readonly (readonly [codes: RegExp, reason: string | (() => string)])[] = [
  [/^ECONNREFUSED$/, 'nothing accepts connections there'],
  [/^ENOTFOUND$/, 'the host name is not found'],
  [/^EAI_AGAIN$/, 'the host name could not be looked up: no name server answered'],
  [/^(?:ENETUNREACH|EHOSTUNREACH)$/, 'the network is not reachable'],
  [/^(?:ETIMEDOUT|UND_ERR_CONNECT_TIMEOUT)$/, 'nothing answers there'],
  [/^(?:ECONNRESET|EPIPE|UND_ERR_SOCKET)$/, CUT_OFF],
  [/^HPE_/, 'the answer is not HTTP'],
  [/^CERT_HAS_EXPIRED$/, () => `its certificate has expired: ${mendedBy('renew')}`],
  [/^CERT_NOT_YET_VALID$/, () => `its certificate is not valid yet: ${mendedBy('replace')}`],
  [/^ERR_TLS_CERT_ALTNAME_INVALID$/, 'its certificate is for another host'],
  [/SELF_SIGNED|UNABLE_TO_|CERT_/, 'its certificate is not trusted: NODE_EXTRA_CA_CERTS can name its issuer'],
  [/^(?:EPROTO|ERR_SSL_)/, NOT_TLS],
]

/** What Node says if a server closes the connection instead of answering in TLS, as one that speaks only HTTP does. */
const BEFORE_TLS = /before secure TLS connection/
const NO_TLS = 'it spoke TLS'

/** Returns whether the server closed the connection, as one does that expects TLS and gets plain HTTP. */
export function isCutOff(text: string | null): boolean {
  return text?.includes(CUT_OFF) === true
}

/** Returns whether the error is that of a server that may not speak TLS at all. */
export function isWithoutTls(text: string | null): boolean {
  return text?.includes(`${NO_TLS} (`) === true || text?.includes(NOT_TLS) === true
}

/** Only one of two things is wrong, and the user can check the second. */
function mendedBy(what: string): string {
  const today = new Date()
  const [month, day] = [today.getMonth() + 1, today.getDate()].map((one) => `${one}`.padStart(2, '0'))
  const clock = `the clock here is wrong (it is ${today.getFullYear()}-${month}-${day})`
  return `those who run it must ${what} it, or ${clock}`
}

/** What the environment of the daemon sets cannot be used: a proxy, or files with certificates. */
export class EnvironmentError extends Error {}

/** Returns the name of the proxy variable in an error; null if it is not about the proxy. */
export function proxyNamedIn(text: string | null): string | null {
  return /\bhttps_proxy\b/i.exec(text ?? '')?.[0] ?? null
}

const UNTRUSTED = /SELF_SIGNED|UNABLE_TO_|^CERT_(?!HAS_EXPIRED|NOT_YET_VALID)/

/** Returns whether other variables of the daemon may help against the failure of a request. */
export function isOfEnvironment(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const { code = '' }: NodeJS.ErrnoException = error
  return error instanceof EnvironmentError || UNTRUSTED.test(code) || isOfEnvironment(error.cause)
}

/**
 * Returns whether a certificate is out of its time, so that another address does not help. It may also be one that a
 * variable names: OpenSSL has the same code for every certificate of a chain.
 */
export function isOutOfTime(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const { code = '' }: NodeJS.ErrnoException = error
  return /^CERT_(?:HAS_EXPIRED|NOT_YET_VALID)$/.test(code) || isOutOfTime(error.cause)
}

/** What to think of if there is no answer: only the user knows whether the server is down. */
export const MAY_BE_WRONG = 'if the server is up, its address may be wrong'

/**
 * Returns in words why a connection failed, with the code. Sending and the sign-in both ask this, so that they say the
 * same of the same failure. Null if its code has no words.
 */
export function connectionReason(error: NodeJS.ErrnoException | undefined): string | null {
  const code = error?.code
  if (code === 'ECONNRESET' && BEFORE_TLS.test(error?.message ?? ''))
    return `the connection was closed before ${NO_TLS} (${code})`
  const known = code === undefined ? undefined : REASONS.find(([codes]) => codes.test(code))
  if (known === undefined) return null
  const [, reason] = known
  return `${typeof reason === 'string' ? reason : reason()} (${code})`
}

/** Returns in one line why a request failed. */
export function reasonOf(error: unknown): string {
  const known = error instanceof Error ? error : new Error(String(error))
  return connectionReason(known) ?? known.message
}
