import { splitComment } from 'familiar/cli'
import { loginCommands } from './login-command.js'
import { isOnly, syncNow, startCommand } from './why-daemon.js'
import { shownUrl } from './url-text.js'
import { restartCommand } from './why-restart.js'
import type { Standing, Why } from './why-types.js'

type Remedy = Pick<Why, 'command' | 'shown' | 'also' | 'before'>

const IF_MEANT = 'signs in there, if that server is meant'
const WITH_ITS_TOKEN = `${IF_MEANT}; asks for its token`

/**
 * Returns what to do if the session is for another server than the one that is set. The one that is set may be a mistake,
 * and a sign-in there would hand it a token and the events. So the first command takes it away, and the sign-in is second.
 */
export function otherServerRemedy(standing: Standing): Remedy {
  const { addressSource = null, sessionServer = null } = standing
  if (addressSource?.kind === 'environment')
    return { command: withoutVariable(addressSource.variable, standing), ...signInThere(standing) }
  if (addressSource?.kind !== 'file' || sessionServer === null)
    return loginCommands(
      standing.loginServer,
      'other_server',
      standing.isTokenGiven === true,
      standing.signInObstacle ?? null,
    )
  const { path, line } = addressSource
  const place = `server_url in ${path}${line === null ? '' : `, line ${line}`}`
  return {
    command: 'spec-kitty explain other_server',
    before: `correct ${place}: the session is for ${sessionServer}`,
    shown: syncNow(),
    ...signInThere(standing),
  }
}

/** The daemon keeps the variable from its start, so it is started anew. */
function withoutVariable(variable: string, standing: Standing): string {
  const { isDaemonRunning, wedgedStop, away, disabledBy, queued } = standing
  const unset = `unset ${variable}`
  if (isDaemonRunning) return `${unset} && ${restartCommand(standing)}`
  const isStartable = (wedgedStop ?? away ?? disabledBy ?? null) === null
  return isStartable && queued > 0 && isOnly('other_server', standing)
    ? `${unset} && ${startCommand(standing)}`
    : unset
}

function signInThere({
  loginServer,
  isTokenGiven = false,
  signInObstacle = null,
}: Standing): Pick<Why, 'also'> {
  if (loginServer === null || signInObstacle !== null) return {}
  const { command, shown = command } = loginCommands(loginServer, 'other_server', isTokenGiven, null)
  const [login] = splitComment(shown)
  return { also: `${login}  # ${isTokenGiven ? WITH_ITS_TOKEN : IF_MEANT}` }
}

/**
 * Returns the server for a sign-in, and the reason in words. A session is refused by its own server, which is named if
 * another one is set here. One that is over was for its own server too: the one that is set may be a mistake, and is the
 * second to sign in to (`also`).
 */
export function serverToAsk(
  reason: Why['reason'],
  text: string,
  standing: Standing,
): { readonly text: string; readonly server: string | null; readonly also?: string } {
  const { loginServer, sessionServer = null } = standing
  const isOther = loginServer !== null && sessionServer !== null && loginServer !== sessionServer
  if (reason === 'no_session' && isOther) return { text, server: sessionServer, ...signInThere(standing) }
  if (reason !== 'session_refused' || sessionServer === null) return { text, server: loginServer }
  return { text: isOther ? `${shownUrl(sessionServer)} refused the session` : text, server: sessionServer }
}
