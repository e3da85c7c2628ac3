import { FamiliarError } from 'familiar'
import { EXIT, note, printJson, parseOptions, untilText, warn, type Io } from 'familiar/cli'
import { AUTH_LOGIN } from '../cli/describe/auth.js'
import { openInBrowser } from '../cli/open-browser.js'
import { runtimeRoot } from '../cli/runtime-root.js'
import { standardInput } from '../cli/stdin.js'
import { sessionTrouble } from '../sync/home-problem.js'
import { diskProblem } from '../sync/queue/disk-problem.js'
import { withSessionLock, writeStored } from '../sync/session/write-session-file.js'
import { readTokenFrom } from '../sync/session/given-token.js'
import { loginText, sessionDocument } from '../sync/session/print-session.js'
import { readServer, type ServerSettings } from '../sync/session/which-server.js'
import { showingWait } from '../sync/session/show-wait.js'
import { withoutTokens } from '../sync/session/session-state.js'
import type { StoredSession } from '../sync/session/read-session-file.js'
import { tellDaemon } from '../sync/tell-daemon.js'

/** Signs in, and stores the session. */
export async function run(args: readonly string[], io: Io): Promise<number> {
  const values = parseOptions(AUTH_LOGIN, args, { command: 'auth login' })
  const root = runtimeRoot(io)
  const settings = await readServer(root, io.env, values.server)
  const options = { onWait: (message: string) => note(io, message) }
  // Takes the lock first, so that a home without write permission is reported before the user confirms anything.
  await withSessionLock(root, options, async () => assertStorable(root))
  const session = values['with-token']
    ? tokenSession(await readTokenFrom(standardInput(), async () => askForToken(settings, io)), settings)
    : await deviceSession(settings, values.open, io)
  await withSessionLock(root, options, async () => writeStored(root, session))
  await tellDaemon(root)
  const shown = withoutTokens(session)
  if (values.json) printJson(sessionDocument(shown), io)
  else io.out(`${loginText(shown)}\n`)
  return EXIT.ok
}

async function askForToken({ serverUrl }: ServerSettings, io: Io): Promise<string> {
  return (await io.askHidden?.(`token for ${serverUrl} (it is not shown): `, 'nothing was stored')) ?? ''
}

/** The lock is not in the directory of the session. On a disk that is full, there may be room enough for one. */
function assertStorable(root: string): void {
  const trouble = diskProblem(root) === null ? sessionTrouble(root) : null
  if (trouble === null) return
  throw new FamiliarError('E_SCOPE_UNUSABLE', `no session can be stored: ${trouble.problem}`, {
    hint: trouble.command ?? trouble.wayOut,
  })
}

function tokenSession(token: string, { serverUrl }: ServerSettings): StoredSession {
  return {
    kind: 'token',
    server_url: serverUrl,
    principal: null,
    team: null,
    auth_scope: null,
    signed_in_at: new Date().toISOString(),
    expires_at: null,
    ended_at: null,
    issuer: null,
    client_id: null,
    token_endpoint: null,
    revocation_endpoint: null,
    resource: null,
    access_token: token,
    refresh_token: null,
  }
}

async function deviceSession(settings: ServerSettings, isOpened: boolean, io: Io): Promise<StoredSession> {
  const { beginLogin } = await import('../sync/session/device-login.js')
  const { userCode, url, urlWithCode, expiresInSeconds, confirmed } = await showingWait(
    settings.issuer ?? settings.serverUrl,
    io,
    async () => beginLogin(settings, io.env),
  )
  warn(io, `open ${url}`)
  warn(io, `and enter the code ${userCode}`)
  if (isOpened && !(await openInBrowser(urlWithCode ?? url, io.env))) {
    warn(io, 'no browser could be opened: open the page yourself')
  }
  const until = untilText(expiresInSeconds * 1000)
  note(io, `waiting for the confirmation, ${until} at most`)
  return confirmed()
}
