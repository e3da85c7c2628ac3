import { shellQuote } from 'familiar/cli'
import { checkServerUrl } from './check-server-url.js'
import type { Settings } from './settings-table.js'
import { inHome } from '../cli/in-home.js'
import type { SignInObstacle } from './sign-in-obstacle.js'
import type { Why } from './why-types.js'

/** Returns the command that signs in to this server or, if no server is known, the command that explains the id. */
export function loginCommand(server: string | null, id: string): string {
  return server === null
    ? `spec-kitty explain ${id}`
    : inHome`spec-kitty auth login --server ${shellQuote(server)}`
}

/** The command that people are shown if no server is known. It has a placeholder, so a script cannot run it. */
const loginAnywhere = (): string =>
  inHome`spec-kitty auth login --server https://HOST  # replace HOST: your team knows it`

/** The same for a session whose token was given by the user. */
const tokenAnywhere = (): string => `${tokenLogin('https://HOST')}  # replace HOST; asks for its token`

const NEW_TOKEN = 'asks for a new token: your team has one'

/**
 * The command that signs in again, for scripts and for people. A token that was given by the user is replaced by a new
 * one, for which the command asks and which no script knows. So a script gets the command that explains the id instead. While
 * no sign-in works here, the remedy is that of the cause.
 */
export function loginCommands(
  server: string | null,
  id: string,
  isTokenGiven: boolean,
  obstacle: SignInObstacle | null,
): Pick<Why, 'command' | 'shown' | 'before'> {
  if (obstacle !== null) {
    const { problem, remedy } = obstacle
    return { ...remedy, before: remedy.before === undefined ? problem : `${problem}; ${remedy.before}` }
  }
  if (server === null)
    return { command: loginCommand(null, id), shown: isTokenGiven ? tokenAnywhere() : loginAnywhere() }
  if (!isTokenGiven) return { command: loginCommand(server, id) }
  return {
    command: loginCommand(null, id),
    shown: `${tokenLogin(server)}  # ${NEW_TOKEN}`,
  }
}

/** Returns the command that asks for a token, so that it is neither in the environment nor in the history of the shell. */
export function tokenLogin(server: string): string {
  return inHome`spec-kitty auth login --with-token --server ${shellQuote(server)}`
}

/**
 * Returns the server to sign in to: the one in the settings, otherwise that of the last session. Null if there is none,
 * or if it must not get a token.
 */
export function loginServer(settings: Settings, ofSession: string | null): string | null {
  const found = settings.get('sync.server_url')
  // `auth login` also fails if the issuer or the client id is wrong.
  const others = (['sync.issuer', 'sync.client_id'] as const).map((key) => settings.get(key))
  if ([found, ...others].some(({ state }) => state === 'wrong')) return null
  const url = found.state === 'right' ? (found.value ?? ofSession) : null
  const checked = url === null ? null : checkServerUrl(url)
  return checked?.state === 'usable' ? checked.url : null
}
