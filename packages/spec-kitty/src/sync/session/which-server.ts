import type { Io } from 'familiar/cli'
import { withoutSlash } from '../url-text.js'
import { requireSetting } from '../require-setting.js'
import { readSettings, type Settings } from '../settings-table.js'
import { checkedUrl, refused } from './refuse-server-url.js'
import { readStored } from './read-session-file.js'
import { inHome } from '../../cli/in-home.js'

/** The settings for a sign-in. */
export interface ServerSettings {
  /** The server's URL, without a slash at its end. */
  readonly serverUrl: string
  /** The issuer of tokens; null if the server names it. */
  readonly issuer: string | null
  readonly clientId: string
}

/**
 * Returns the server: the one that the user gave, otherwise `SPEC_KITTY_SAAS_URL`, otherwise `server_url` in
 * `config.toml`, otherwise the server of the session. Throws `E_SERVER_URL` if there is none, or if it must not be used;
 * `E_CONFIG_INVALID`; `E_CONFIG_UNREADABLE`.
 */
export async function readServer(
  root: string,
  env: Io['env'],
  given: string | undefined,
): Promise<ServerSettings> {
  const settings = await readSettings(root, env)
  const issuer = requireSetting(settings, 'sync.issuer')
  const url = given ?? requireSetting(settings, 'sync.server_url') ?? storedServer(root)
  if (url === null) {
    throw refused(
      'no sync server is set',
      inHome`name it with SPEC_KITTY_SAAS_URL, with server_url below [sync] in config.toml, or here: spec-kitty auth login --server https://HOST`,
    )
  }
  return {
    serverUrl: withoutSlash(
      checkedUrl(url, given === undefined ? nameOf(settings, 'sync.server_url') : '--server'),
    ),
    issuer: issuer === null ? null : checkedUrl(issuer, nameOf(settings, 'sync.issuer')),
    clientId: requireSetting(settings, 'sync.client_id'),
  }
}

/** Returns the name of a setting, or that of the variable that sets it, because the user corrects what is named. */
function nameOf(settings: Settings, key: 'sync.server_url' | 'sync.issuer'): string {
  const { source } = settings.get(key)
  return source.kind === 'environment' ? source.variable : key
}

/**
 * The server of the stored session, even of one that is over, because a user who signs in again usually wants the same
 * server.
 */
function storedServer(root: string): string | null {
  const read = readStored(root)
  return read.state === 'readable' ? read.session.server_url : null
}
