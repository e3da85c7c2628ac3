import { CommandError, EXIT, type Io } from 'familiar/cli'
import { isPlainUrl, isSafeUrl, withoutSlash } from '../server-url.js'
import { readSettings, requireSetting } from '../settings-table.js'
import { readStored } from './session-file.js'

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
      'name it with SPEC_KITTY_SAAS_URL, with server_url below [sync] in config.toml, or here: spec-kitty auth login --server https://HOST',
    )
  }
  return {
    serverUrl: withoutSlash(checkedUrl(url, given === undefined ? 'sync.server_url' : '--server')),
    issuer: issuer === null ? null : checkedUrl(issuer, 'sync.issuer'),
    clientId: requireSetting(settings, 'sync.client_id'),
  }
}

/**
 * The server of the stored session, even of one that is over, because a user who signs in again usually wants the same
 * server.
 */
function storedServer(root: string): string | null {
  const read = readStored(root)
  return read.state === 'readable' ? read.session.server_url : null
}

/** Matches the placeholder URL that commands show if no server is known, because some users run the command as printed. */
const PLACEHOLDER = /^https?:\/\/HOST(?=[:/]|$)/

/** Returns the URL. Throws `E_SERVER_URL`, with the source in its message, if nothing may be sent to it. */
export function checkedUrl(text: string, source: string): string {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null) throw refused(`${source} is not a URL`, 'write it as https://HOST')
  if (PLACEHOLDER.test(text))
    throw new CommandError(
      'E_SERVER_URL',
      `${source} is an example: replace HOST with the address of your server (your team knows it)`,
      { exit: EXIT.error },
    )
  if (!isPlainUrl(url)) {
    throw refused(
      `${source} must not contain a user, a password, a query or a fragment`,
      'write it as https://HOST',
    )
  }
  if (!isSafeUrl(url)) throw refused(`${source} is neither HTTPS nor HTTP to this machine`, 'use https://')
  return url.href
}

function refused(message: string, hint: string): CommandError {
  return new CommandError('E_SERVER_URL', message, { hint, exit: EXIT.error })
}
