import {
  clockText,
  EXIT,
  formatLines,
  paint,
  printJson,
  printLines,
  parseOptions,
  type Io,
} from 'familiar/cli'
import { AUTH_STATUS } from '../cli/describe/auth.js'
import { runtimeRoot } from '../cli/runtime-root.js'
import { syncDaemon } from '../daemons/define-daemons.js'
import { loginCommands, loginServer } from '../sync/login-command.js'
import { signInObstacle, type SignInObstacle } from '../sync/sign-in-obstacle.js'
import { readSettings } from '../sync/settings-table.js'
import { sessionDocument } from '../sync/session/print-session.js'
import { OVER, readSession, sessionUnreadable, type Session } from '../sync/session/session-state.js'
import { isSessionRefused } from '../sync/last-work.js'
import { knownReport } from '../sync/work-report.js'

export async function run(args: readonly string[], io: Io): Promise<number> {
  const { json } = parseOptions(AUTH_STATUS, args, { command: 'auth status' })
  const root = runtimeRoot(io)
  const read = readSession(root)
  const settings = await readSettings(root, io.env)
  const inTheWay = signInObstacle(root, settings)
  if (read.state === 'unreadable') throw sessionUnreadable(read, inTheWay?.problem)
  const session = read.state === 'readable' ? read.session : null
  const server = loginServer(settings, session?.server_url ?? null)
  const refused = session !== null && session.over === null && (await isRefused(root))
  if (json) printJson(sessionDocument(session, refused), io)
  else printLines(io, linesOf(session, { server, isRefused: refused, inTheWay }, io))
  return session !== null && session.over === null && !refused ? EXIT.ok : EXIT.problem
}

/** Returns whether the server rejected the session when a daemon last used it. */
async function isRefused(root: string): Promise<boolean> {
  const { report } = await syncDaemon.at(root).status()
  return isSessionRefused(root, knownReport(report?.details ?? null))
}

interface SignIn {
  /** The server to sign in to; null if none is known. */
  readonly server: string | null
  readonly isRefused: boolean
  readonly inTheWay: SignInObstacle | null
}

function linesOf(
  session: Session | null,
  { server, isRefused: isRefusedNow, inTheWay }: SignIn,
  io: Io,
): readonly string[] {
  const isTokenGiven = session?.kind === 'token'
  const { command, shown: login = command } = loginCommands(server, 'no_session', isTokenGiven, inTheWay)
  const remedied = (why: string): readonly string[] => [
    ...(inTheWay === null ? [`${why}; to sign in:`] : blocked(why, inTheWay)),
    paint(io, 'cyan', login),
  ]
  if (session === null) return remedied('not signed in')
  const lines = formatLines(
    [
      ['server', session.server_url],
      ['signed in as', session.principal ?? (isTokenGiven ? 'a token, without a name' : 'unknown')],
      ...(session.team === null ? [] : [['team', session.team] as const]),
      ['signed in', `${timeOf(session.signed_in_at)}${isTokenGiven ? ', with a given token' : ''}`],
      ['until', isRefusedNow ? 'it was refused by the server' : untilOf(session)],
    ],
    io,
  )
  if (session.over !== null) return [...remedied(OVER[session.over]), ...lines]
  return isRefusedNow ? [...remedied('the server refuses this session'), ...lines] : lines
}

function blocked(why: string, { problem, remedy: { before } }: SignInObstacle): readonly string[] {
  return [`${why}; ${problem}`, ...(before === undefined ? [] : [`${before}:`])]
}

function untilOf({ kind, over, renews, expires_at }: Session): string {
  if (over === null && renews)
    return `you sign out, or the server ends it; renewed after ${timeOf(expires_at) ?? 'a refusal'}`
  if (over === 'ended_by_server') return 'it was ended by the server'
  return timeOf(expires_at) ?? (kind === 'token' ? 'the server refuses it' : 'unknown')
}

function timeOf(time: string | null): string | null {
  return time === null ? null : clockText(new Date(time))
}
