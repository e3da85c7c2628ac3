import type { Io } from 'familiar/cli'
import { describeSource, readSettings, type Resolved } from '../settings-table.js'
import { checkServerUrl } from '../check-server-url.js'
import { shownUrl } from '../url-text.js'
import type { ClosedReason, Gate } from './upload-types.js'

/** The facts about the session that the gate needs. A session that is over counts as absent. */
export type GateSession =
  | { readonly state: 'absent'; readonly why?: string }
  | { readonly state: 'unreadable'; readonly why: string }
  /** `serverUrl`: the only server that may get its token. */
  | { readonly state: 'present'; readonly serverUrl: string }

export interface GateOptions {
  /** The runtime root. */
  readonly root: string
  readonly env: Io['env']
  readonly session: () => GateSession
}

/** One reason why no event may leave. */
export type Obstacle = Pick<Extract<Gate, { readonly state: 'closed' }>, 'reason' | 'detail'>

/**
 * Returns whether events may leave, and the server to which they may be sent: `SPEC_KITTY_SAAS_URL`, otherwise
 * `server_url` in `config.toml`, otherwise the server of the session. Reads `config.toml` and the session each time.
 */
export async function readGate(options: GateOptions): Promise<Gate> {
  return (await inspectGate(options)).gate
}

/** The state of the gate, and all reasons that keep events from leaving, in the order in which they are reported. */
export interface InspectedGate {
  readonly gate: Gate
  readonly obstacles: readonly Obstacle[]
}

/** Like `readGate`, but with all reasons. */
export async function inspectGate({ root, env, session }: GateOptions): Promise<InspectedGate> {
  const settings = await readSettings(root, env)
  const hosted = settings.get('sync.hosted')
  const [format, url] = [settings.get('sync.format'), settings.get('sync.server_url')]
  const found = session()
  const known = url.state === 'wrong' ? null : (url.value ?? serverOf(found))
  const checked = known === null ? null : checkServerUrl(known)
  const obstacles = [
    ...(hosted.state === 'wrong' || !hosted.value ? [obstacle('hosted_sync_disabled')] : []),
    ...(format.state === 'wrong' ? [obstacle('config_unreadable', format.problem)] : []),
    ...(url.state === 'wrong' ? [obstacle('config_unreadable', url.problem)] : []),
    ...sessionObstacles(found),
    ...(checked === null ? [] : serverObstacles(checked, serverOf(found), url)),
  ]
  const [first] = obstacles
  if (first !== undefined) return { gate: { state: 'closed', ...first }, obstacles }
  // If there is no obstacle, there is a session, and therefore a server.
  if (checked?.state !== 'usable' || format.state === 'wrong') throw new Error('an open gate has a server')
  return { gate: { state: 'open', serverUrl: checked.url, format: format.value }, obstacles }
}

function serverOf(session: GateSession): string | null {
  return session.state === 'present' ? session.serverUrl : null
}

function sessionObstacles(session: GateSession): readonly Obstacle[] {
  if (session.state === 'absent') return [obstacle('no_session', session.why ?? null)]
  return session.state === 'unreadable' ? [obstacle('session_unreadable', session.why)] : []
}

function serverObstacles(
  checked: ReturnType<typeof checkServerUrl>,
  ofSession: string | null,
  setting: Resolved<string | null>,
): readonly Obstacle[] {
  if (checked.state === 'unusable') return [obstacle('no_server', checked.why)]
  if (checked.state === 'insecure')
    return [obstacle('insecure_server', `${checked.why}; ${changeText(setting)}`)]
  if (ofSession === null || isSameServer(checked.url, ofSession)) return []
  const detail = `it is for ${shownUrl(ofSession)}, not ${shownUrl(checked.url)} (${describeSource(setting.source)})`
  return [obstacle('other_server', detail)]
}

/** Returns what to change so that the server is safe to send to. */
function changeText({ source }: Resolved<string | null>): string {
  if (source.kind === 'default') return 'sign in to its https URL'
  const place = source.kind === 'file' ? `server_url in ${describeSource(source)},` : describeSource(source)
  return `change ${place} to https://...`
}

/** Compares only the origins, because the same host and port serve every path. */
function isSameServer(one: string, other: string): boolean {
  return URL.canParse(other) && new URL(one).origin === new URL(other).origin
}

function obstacle(reason: ClosedReason, detail: string | null = null): Obstacle {
  return { reason, detail }
}
