import { CommandError, EXIT } from 'familiar/cli'
import { isPlainUrl, isSafeUrl } from '../check-server-url.js'

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

/** Returns the error about a server that is not used, or not named. */
export function refused(message: string, hint: string): CommandError {
  return new CommandError('E_SERVER_URL', message, { hint, exit: EXIT.error })
}
