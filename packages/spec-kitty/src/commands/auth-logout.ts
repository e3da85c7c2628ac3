import { EXIT, note, paint, printJson, parseOptions, warn, type Io } from 'familiar/cli'
import { AUTH_LOGOUT } from '../cli/describe/auth.js'
import { runtimeRoot } from '../cli/runtime-root.js'
import { sessionServer } from '../sync/gate-session.js'
import { loginCommand, tokenLogin } from '../sync/login-command.js'
import { showingWait } from '../sync/session/show-wait.js'
import { signOut } from '../sync/session/sign-out.js'

export async function run(args: readonly string[], io: Io): Promise<number> {
  const { json } = parseOptions(AUTH_LOGOUT, args, { command: 'auth logout' })
  const root = runtimeRoot(io)
  const options = { env: io.env, onWait: (message: string) => note(io, message) }
  const { serverUrl, isTokenGiven, wasThere, revoked, why } = await showingWait(
    sessionServer(root),
    io,
    async () => signOut(root, options),
  )
  if (json) printJson({ was_signed_in: wasThere, server_url: serverUrl, revoked, reason: why }, io)
  else if (serverUrl === null) io.out(wasThere ? 'signed out\n' : 'not signed in\n')
  else {
    // The address goes with the session, and nobody knows it by heart.
    const again = isTokenGiven ? tokenLogin(serverUrl) : loginCommand(serverUrl, 'no_session')
    io.out(`signed out of ${serverUrl}; to sign in again:\n${paint(io, 'cyan', again)}\n`)
  }
  if (why !== null) warn(io, `the token was not revoked: ${why}`)
  return revoked === false ? EXIT.problem : EXIT.ok
}
