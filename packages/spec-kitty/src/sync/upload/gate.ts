import type { Io } from 'familiar/cli'
import { readSettings } from '../settings.js'
import { checkServerUrl, shownUrl } from '../server-url.js'
import type { ClosedReason, Gate } from './types.js'

/** The facts about the session that the gate needs. A session that is over counts as absent. */
export type GateSession =
  | { readonly state: 'absent' }
  | { readonly state: 'unreadable'; readonly why: string }
  /** `serverUrl`: the only server that may get its token. */
  | { readonly state: 'present'; readonly serverUrl: string }

export interface GateOptions {
  /** The runtime root. */
  readonly root: string
  readonly env: Io['env']
  readonly session: () => GateSession
}

/**
 * Returns whether events may leave, and the server to which they may be sent: `SPEC_KITTY_SAAS_URL`, else `server_url` in
 * `config.toml`, else the server of the session. Reads `config.toml` and the session each time.
 */
export async function readGate({ root, env, session }: GateOptions): Promise<Gate> {
  const settings = await readSettings(root, env)
  const hosted = settings.get('sync.hosted')
  if (hosted.state === 'wrong' || !hosted.value) return closed('hosted_sync_disabled')
  const [format, url] = [settings.get('sync.format'), settings.get('sync.server_url')]
  if (format.state === 'wrong') return closed('config_unreadable', format.problem)
  if (url.state === 'wrong') return closed('config_unreadable', url.problem)
  const found = session()
  if (found.state === 'absent') return closed('no_session')
  if (found.state === 'unreadable') return closed('session_unreadable', found.why)
  const checked = checkServerUrl(url.value ?? found.serverUrl)
  if (checked.state === 'unusable') return closed('no_server', checked.why)
  if (checked.state === 'insecure') return closed('insecure_server', checked.why)
  if (isSameServer(checked.url, found.serverUrl)) {
    return { state: 'open', serverUrl: checked.url, format: format.value }
  }
  return closed(
    'other_server',
    `the session is for ${shownUrl(found.serverUrl)}, not ${shownUrl(checked.url)}`,
  )
}

/** Only the origin is compared, because the same host and port serve every path. */
function isSameServer(one: string, other: string): boolean {
  return URL.canParse(other) && new URL(one).origin === new URL(other).origin
}

function closed(reason: ClosedReason, detail: string | null = null): Gate {
  return { state: 'closed', reason, detail }
}
