import type { Io } from 'familiar/cli'
import { expiresWithin, sessionUnreadable } from './session-state.js'
import { readStored, type StoredSession } from './read-session-file.js'

export interface AccessToken {
  readonly token: string
  /** The only server to which the token may be sent, without a slash at its end. */
  readonly serverUrl: string
}

export interface TokenOptions {
  /**
   * After a 401: the token that the server rejected. It is renewed unless another process has already done so. With
   * `true` it is always renewed.
   */
  readonly refresh?: boolean | string
  /**
   * Aborting this signal ends the wait for the lock. A renewal request that was already sent is awaited, because its
   * answer contains the only new token.
   */
  readonly signal?: AbortSignal
  /** The environment, which names the proxy and the certificates for a renewal. */
  readonly env?: Io['env']
}

/** A token that expires within this time is renewed before it is used, because clocks differ and an upload takes time. */
const MARGIN_MS = 30_000

/**
 * Returns an access token that may be used now, renewed if it was due. Null if there is no session, or if it is over
 * (`readSession` says which). Of several processes, only one asks the server, and the others read what it wrote: a server
 * that rotates refresh tokens ends the session if one is used twice.
 *
 * If a token that is due cannot be renewed but is still valid, it is returned. Otherwise throws `E_SESSION_UNREADABLE`;
 * `E_AUTH_UNREACHABLE` or `E_AUTH_REFUSED`, which both leave the session as it is; or the errors of `withSessionLock` and
 * `writeStored`, before anything is sent.
 */
export async function accessToken(
  root: string,
  { refresh = false, signal, env = {} }: TokenOptions = {},
): Promise<AccessToken | null> {
  const before = readSigned(root)
  const isRefused = before !== null && (refresh === true || refresh === before.access_token)
  if (before === null || (!isRefused && !expiresWithin(before, MARGIN_MS))) return tokenOf(before)
  if (before.refresh_token === null) return isRefused || expiresWithin(before, 0) ? null : tokenOf(before)
  const { withSessionLock } = await import('./write-session-file.js')
  try {
    return await withSessionLock(root, { signal }, () => renewUnlessDone(root, before, env))
  } catch (error) {
    if (isRefused || expiresWithin(before, 0) || signal?.aborted === true) throw error
    return tokenOf(before)
  }
}

/** Must be called with the lock held. `before`: the session as it was read before taking the lock. */
async function renewUnlessDone(
  root: string,
  before: StoredSession,
  env: Io['env'],
): Promise<AccessToken | null> {
  const session = readSigned(root)
  const isDone = session?.access_token !== before.access_token
  if (session === null || (isDone && !expiresWithin(session, 0))) return tokenOf(session)
  return session.refresh_token === null ? null : tokenOf(await renew(root, session, env))
}

function readSigned(root: string): StoredSession | null {
  const read = readStored(root)
  if (read.state === 'unreadable') throw sessionUnreadable(read)
  return read.state === 'absent' || read.session.access_token === null ? null : read.session
}

function tokenOf(session: StoredSession | null): AccessToken | null {
  if (session === null || session.access_token === null) return null
  return { token: session.access_token, serverUrl: session.server_url }
}

/**
 * Renews the session and stores it. Writes the old session first to test whether that works. If it fails, sends no
 * request: a new refresh token that cannot be stored would be lost, and the old one would no longer be valid. If the
 * server has ended the session, stores that.
 */
async function renew(root: string, session: StoredSession, env: Io['env']): Promise<StoredSession> {
  const [{ renewTokens }, { writeStored }] = await Promise.all([
    import('./sign-in-service.js'),
    import('./write-session-file.js'),
  ])
  writeStored(root, session)
  const tokens = await renewTokens(session, env)
  const renewed =
    tokens === null
      ? { ...session, access_token: null, refresh_token: null, ended_at: new Date().toISOString() }
      : { ...session, ...tokens }
  writeStored(root, renewed)
  return renewed
}
