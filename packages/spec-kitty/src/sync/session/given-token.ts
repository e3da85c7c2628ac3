import { UsageError } from 'familiar/cli'
import { isToken } from './read-session-file.js'

/**
 * The maximum number of bytes that are read. The limit is larger than any valid token, so that a token that is too long
 * is recognised.
 */
const MAX_BYTES = 64 * 1024

interface Input extends AsyncIterable<Uint8Array> {
  readonly isTTY: boolean
}

/**
 * Reads an access token: one line of visible ASCII; blanks around it are ignored. Throws `UsageError` for anything else,
 * without repeating any of it.
 */
export async function readTokenFrom(input: Input): Promise<string> {
  if (input.isTTY) {
    throw new UsageError('--with-token reads the token from a pipe or a file: a terminal would show it')
  }
  const parts: Uint8Array[] = []
  let length = 0
  for await (const part of input) {
    length += part.length
    if (length > MAX_BYTES) throw new UsageError('standard input is too long for a token')
    parts.push(part)
  }
  const token = Buffer.concat(parts).toString('utf8').trim()
  if (token === '')
    throw new UsageError(
      'standard input contains no token; if it should come from a variable, that is empty, not set or not exported',
    )
  if (!isToken(token)) {
    throw new UsageError(
      'standard input is not a token: one line of visible ASCII without blanks, at most 16 KiB',
    )
  }
  return token
}
