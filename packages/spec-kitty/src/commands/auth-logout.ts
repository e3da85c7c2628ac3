import { EXIT, note, printJson, parseOptions, warn, type Io } from 'familiar/cli'
import { AUTH_LOGOUT } from '../cli/describe/auth.js'
import { runtimeRoot } from '../cli/runtime-root.js'
import { signOut } from '../sync/session/sign-out.js'

export async function run(args: readonly string[], io: Io): Promise<number> {
  const { json } = parseOptions(AUTH_LOGOUT, args, { command: 'auth logout' })
  const { serverUrl, wasThere, revoked, why } = await signOut(runtimeRoot(io), {
    onWait: (message) => note(io, message),
  })
  if (json) printJson({ was_signed_in: wasThere, server_url: serverUrl, revoked, reason: why }, io)
  else io.out(wasThere ? `signed out${serverUrl === null ? '' : ` of ${serverUrl}`}\n` : 'not signed in\n')
  if (why !== null) warn(io, `the token was not revoked: ${why}`)
  return revoked === false ? EXIT.problem : EXIT.ok
}
