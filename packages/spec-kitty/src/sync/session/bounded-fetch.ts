import { CommandError } from 'familiar/cli'
import { isSafeUrl } from '../check-server-url.js'

/** The maximum size of an answer that is read. Answers of a sign-in service have a few kilobytes. */
const MAX_BYTES = 1024 * 1024

/**
 * `fetch` with two limits: it sends nothing to a URL that is neither HTTPS nor on this machine, whatever a server's
 * metadata says, and it reads at most 1 MiB. Throws `E_AUTH_UNSUPPORTED` in both cases.
 */
export async function boundedFetch(url: string, options: object): Promise<Response> {
  const { origin } = new URL(url)
  if (!isSafeUrl(new URL(url))) {
    throw new CommandError('E_AUTH_UNSUPPORTED', `${origin} is neither HTTPS nor HTTP to this machine`)
  }
  const response = await fetch(url, options)
  const body = await readBody(response, origin)
  const { status, headers } = response
  return new Response(body.length === 0 ? null : body, { status, headers })
}

async function readBody({ body }: Response, origin: string): Promise<Buffer> {
  const parts: Uint8Array[] = []
  let length = 0
  for await (const part of body ?? []) {
    length += part.length
    if (length > MAX_BYTES) {
      throw new CommandError('E_AUTH_UNSUPPORTED', `the answer of ${origin} is longer than 1 MiB`)
    }
    parts.push(part)
  }
  return Buffer.concat(parts)
}
