import { removeStored, withSessionLock, type ChangeOptions } from './write-session-file.js'
import { readStored, type StoredSession } from './read-session-file.js'

export interface SignedOut {
  /** Whether there was a session, or any file at its path. */
  readonly wasThere: boolean
  readonly serverUrl: string | null
  /** False if a token that should have been revoked may still be valid; null if there was nothing that this tool could revoke. */
  readonly revoked: boolean | null
  /** Why a token may still be valid; null if none is. */
  readonly why: string | null
}

/**
 * Revokes the tokens if the server supports that, and always removes the session. Throws what `withSessionLock` and
 * `removeStored` throw.
 */
export function signOut(root: string, options: ChangeOptions): Promise<SignedOut> {
  return withSessionLock(root, options, async () => {
    const read = readStored(root)
    const serverUrl = read.state === 'readable' ? read.session.server_url : null
    const result =
      read.state === 'readable'
        ? await revoke(read.session)
        : read.state === 'absent'
          ? { revoked: null, why: null }
          : { revoked: false, why: `the session could not be read (${read.why})` }
    removeStored(root)
    return { wasThere: read.state !== 'absent', serverUrl, ...result }
  })
}

async function revoke(session: StoredSession): Promise<Pick<SignedOut, 'revoked' | 'why'>> {
  if (session.access_token === null) return { revoked: null, why: null }
  if (session.kind === 'token') return { revoked: null, why: 'revoke it where you have it from' }
  if (session.revocation_endpoint === null) return { revoked: null, why: 'the server cannot revoke tokens' }
  const { revokeTokens } = await import('./sign-in-service.js')
  try {
    await revokeTokens(session)
    return { revoked: true, why: null }
  } catch (error) {
    return { revoked: false, why: error instanceof Error ? error.message : String(error) }
  }
}
