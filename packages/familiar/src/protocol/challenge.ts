import { crypto } from './crypto.js'

/** The header in which a client sends its nonce: 32 hex digits. */
export const NONCE_HEADER = 'x-familiar-nonce'

/** The identity that a daemon proves when it answers a nonce. */
export interface Challenged {
  readonly token: string
  readonly pid: number
  readonly port: number
  readonly instanceId: string
}

/**
 * Returns the proof that a daemon holds the token and is this very instance: HMAC-SHA256 over
 * `nonce|pid|port|instance`, keyed with the token, in hex. The token itself never leaves the daemon.
 */
export function proofFor(nonce: string, { token, pid, port, instanceId }: Challenged): string {
  return crypto().createHmac('sha256', token).update(`${nonce}|${pid}|${port}|${instanceId}`).digest('hex')
}

/** Returns whether the value is a nonce in the form that a daemon accepts. */
export function isNonce(text: unknown): text is string {
  return typeof text === 'string' && /^[0-9a-f]{32}$/.test(text)
}

/** Compares two secrets in constant time. */
export function isSameSecret(a: string, b: string): boolean {
  const [one, other] = [Buffer.from(a), Buffer.from(b)]
  return one.length === other.length && crypto().timingSafeEqual(one, other)
}
