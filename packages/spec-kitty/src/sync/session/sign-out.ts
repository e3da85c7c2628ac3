import type { Io } from 'familiar/cli'
import { removeStored, withSessionLock, type ChangeOptions } from './write-session-file.js'
import { readStored, type StoredSession } from './read-session-file.js'

export interface SignedOut {
  /** Whether there was a session, or any file at its path. */
  readonly wasThere: boolean
  readonly serverUrl: string | null
  /** Whether the session was a token that the user had given. */
  readonly isTokenGiven: boolean
  /** False if a token that should have been revoked may still be valid; null if there was nothing that this tool could revoke. */
  readonly revoked: boolean | null
  /** Why a token may still be valid; null if none is. */
  readonly why: string | null
}

export interface SignOutOptions extends ChangeOptions {
  /** The environment, which names the proxy and the certificates. */
  readonly env: Io['env']
}

/**
 * Revokes the tokens if the server supports that, and always removes the session. Throws what `withSessionLock` and
 * `removeStored` throw.
 */
export function signOut(root: string, options: SignOutOptions): Promise<SignedOut> {
  return withSessionLock(root, options, async () => {
    const read = readStored(root)
    const session = read.state === 'readable' ? read.session : null
    const result =
      session !== null
        ? await revoke(session, options.env)
        : read.state === 'unreadable'
          ? { revoked: false, why: `the session could not be read (${read.why})` }
          : { revoked: null, why: null }
    removeStored(root)
    const serverUrl = session?.server_url ?? null
    return {
      wasThere: read.state !== 'absent',
      serverUrl,
      isTokenGiven: session?.kind === 'token',
      ...result,
    }
  })
}

async function revoke(session: StoredSession, env: Io['env']): Promise<Pick<SignedOut, 'revoked' | 'why'>> {
  if (session.access_token === null) return { revoked: null, why: null }
  if (session.kind === 'token') return { revoked: null, why: 'revoke it where you have it from' }
  if (session.revocation_endpoint === null) return { revoked: null, why: 'the server cannot revoke tokens' }
  const { revokeTokens } = await import('./sign-in-service.js')
  try {
    await revokeTokens(session, env)
    return { revoked: true, why: null }
  } catch (error) {
    return { revoked: false, why: error instanceof Error ? error.message : String(error) }
  }
}
