import { lstatSync } from 'node:fs'
import { join } from 'node:path'
import type { JsonObject } from 'familiar'
import { stringOf, type Io } from 'familiar/cli'
import { readConfig } from '../config.js'
import { isTruthy } from '../settings.js'
import { checkServerUrl, shownUrl } from './server-url.js'
import type { ClosedReason, Gate } from './types.js'

/** What the gate must know of the session. A session that is over counts as absent. */
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
 * Returns whether events may leave, and where to: `SPEC_KITTY_SAAS_URL`, else `server_url` in `config.toml`, else the server of
 * the session. Reads `config.toml` and the session each time.
 */
export async function readGate({ root, env, session }: GateOptions): Promise<Gate> {
  if (!isTruthy(env['SPEC_KITTY_ENABLE_SAAS_SYNC'])) return closed('hosted_sync_disabled')
  const config = await readConfig(root)
  if (config.state === 'unreadable') return closed('config_unreadable', `${config.path}: ${config.why}`)
  const sync: JsonObject = config.state === 'readable' ? config.sync : {}
  const format = sync['format'] ?? 'batch'
  if (format !== 'batch' && format !== 'cloudevents') {
    return closed('config_unreadable', 'sync.format must be "batch" or "cloudevents"')
  }
  const found = session()
  if (found.state === 'absent') return closed('no_session')
  if (found.state === 'unreadable') return closed('session_unreadable', found.why)
  const server = stringOf(env['SPEC_KITTY_SAAS_URL']) ?? sync['server_url'] ?? found.serverUrl
  const checked = checkServerUrl(typeof server === 'string' ? server : '')
  if (checked.state === 'unusable') return closed('no_server', checked.why)
  if (checked.state === 'insecure') return closed('insecure_server', checked.why)
  if (isSameServer(checked.url, found.serverUrl)) return { state: 'open', serverUrl: checked.url, format }
  return closed(
    'other_server',
    `the session is for ${shownUrl(found.serverUrl)}, not ${shownUrl(checked.url)}`,
  )
}

/** The path does not count: whoever has the host and the port has all of it. */
function isSameServer(one: string, other: string): boolean {
  return URL.canParse(other) && new URL(one).origin === new URL(other).origin
}

function closed(reason: ClosedReason, detail: string | null = null): Gate {
  return { state: 'closed', reason, detail }
}

/** Returns a text that changes whenever the session's file does; empty if there is none. */
export function sessionMark(root: string): string {
  try {
    const { ino, mtimeNs, size } = lstatSync(join(root, 'session.json'), { bigint: true })
    return [ino, mtimeNs, size].join(' ')
  } catch {
    return ''
  }
}
