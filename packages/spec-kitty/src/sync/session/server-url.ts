import { CommandError, EXIT, stringOf, type Io } from 'familiar/cli'
import { readConfig } from '../config.js'

/** Where to sign in, and as what. */
export interface ServerSettings {
  /** Without a slash at its end. */
  readonly serverUrl: string
  /** Null: the server tells. */
  readonly issuer: string | null
  readonly clientId: string
}

const CLIENT_ID = 'spec-kitty-cli'

/**
 * Returns which server is meant: what the user gave, else `SPEC_KITTY_SAAS_URL`, else `server_url` in `config.toml`. Throws
 * `E_SERVER_URL` if none is named, or one that must not be used; `E_CONFIG_UNREADABLE`.
 */
export async function readServer(
  root: string,
  env: Io['env'],
  given: string | undefined,
): Promise<ServerSettings> {
  const config = await readConfig(root)
  if (config.state === 'unreadable') {
    throw new CommandError('E_CONFIG_UNREADABLE', `${config.path} cannot be read: ${config.why}`, {
      hint: `correct ${config.path}`,
      exit: EXIT.error,
    })
  }
  const sync = config.state === 'readable' ? config.sync : {}
  const set = env['SPEC_KITTY_SAAS_URL'] === '' ? undefined : env['SPEC_KITTY_SAAS_URL']
  const [url, source] =
    given !== undefined
      ? [given, '--server']
      : set !== undefined
        ? [set, 'SPEC_KITTY_SAAS_URL']
        : [stringOf(sync['server_url']), 'server_url in config.toml']
  if (url === null) throw refused('no server is named', 'name it with --server URL')
  const issuer = stringOf(sync['issuer'])
  return {
    serverUrl: parseServerUrl(url, source),
    issuer: issuer === null ? null : parseServerUrl(issuer, 'issuer in config.toml'),
    clientId: stringOf(sync['client_id']) ?? CLIENT_ID,
  }
}

/** Returns the URL without a slash at its end. Throws `E_SERVER_URL` with the source in its message. */
export function parseServerUrl(text: string, source: string): string {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null) throw refused(`${source} is not a URL`, 'write it as https://HOST')
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw refused(
      `${source} must not contain a user, a password, a query or a fragment`,
      'write it as https://HOST',
    )
  }
  if (!isSafeUrl(url)) {
    throw refused(`${source} is neither HTTPS nor HTTP to this machine`, 'use https://')
  }
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '')
}

/** Returns whether a token may be sent there: HTTPS, or HTTP to a loopback address, which nobody else can listen to. */
export function isSafeUrl(url: URL): boolean {
  if (url.protocol === 'https:') return true
  return url.protocol === 'http:' && /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname)
}

function refused(message: string, hint: string): CommandError {
  return new CommandError('E_SERVER_URL', message, { hint, exit: EXIT.error })
}
