import { EXIT, note, printJson, readOptions, type Io } from 'familiar/cli'
import { runtimeRoot } from '../cli/runtime-root.js'
import { signOut } from '../sync/session/sign-out.js'

export const help = `Usage: spec-kitty auth logout [--json]

Signs out: asks the server to revoke the tokens, and deletes the session in any case.

Options:
  --json   print one JSON document
  --help   show this

Examples:
  spec-kitty auth logout
  spec-kitty auth logout --json | jq .revoked

Exit codes: 0 signed out, or not signed in before; 1 the session is deleted, but the server
could not be asked to revoke it; 2 wrong usage, or the session cannot be deleted; 75 busy,
try again.
`

/** Signs out. */
export async function run(args: readonly string[], io: Io): Promise<number> {
  const { json } = readOptions(args, { json: { type: 'boolean', default: false } })
  const { serverUrl, wasThere, revoked, why } = await signOut(runtimeRoot(io), {
    onWait: (message) => note(io, message),
  })
  if (json) printJson({ was_signed_in: wasThere, server_url: serverUrl, revoked, reason: why }, io)
  else io.out(wasThere ? `signed out${serverUrl === null ? '' : ` of ${serverUrl}`}\n` : 'not signed in\n')
  if (why !== null) note(io, `the token was not revoked: ${why}`)
  return revoked === false ? EXIT.problem : EXIT.ok
}
