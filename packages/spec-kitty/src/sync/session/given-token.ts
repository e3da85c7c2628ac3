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
 * Reads an access token: one line of visible ASCII; blanks around it are ignored. On a terminal, `ask` returns what the user
 * types, which is not shown. Throws `UsageError` for anything else, without repeating any of it.
 */
export async function readTokenFrom(input: Input, ask: () => Promise<string>): Promise<string> {
  if (input.isTTY) return checked((await ask()).trim(), 'no token was typed', 'what was typed')
  return checked(
    (await textOf(input)).trim(),
    'standard input contains no token; if it should come from a variable, that is empty, not set or not exported',
    'standard input',
  )
}

async function textOf(input: Input): Promise<string> {
  const parts: Uint8Array[] = []
  let length = 0
  for await (const part of input) {
    length += part.length
    if (length > MAX_BYTES) throw new UsageError('standard input is too long for a token')
    parts.push(part)
  }
  return Buffer.concat(parts).toString('utf8')
}

function checked(token: string, none: string, what: string): string {
  if (token === '') throw new UsageError(none)
  if (isToken(token)) return token
  throw new UsageError(`${what} is not a token: one line of visible ASCII without blanks, at most 16 KiB`)
}
