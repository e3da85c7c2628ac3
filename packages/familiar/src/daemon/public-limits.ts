import type { ServerResponse } from 'node:http'

/**
 * What replies without a token may take together. Any local user can ask for them, so the limits hold for the whole process,
 * whatever makes the replies. `unsent.ts` has the limit for those that their clients do not read.
 */

/** Browsers open at most six connections to one origin: enough for many windows, but not for a flood. */
const MAX_STREAMS = 64

/** The most replies in preparation: each holds a connection and some KiB. Browsers ask for far fewer at once. */
const MAX_ASKED = 256

/** The most unsent data of a slow reader before its stream is ended; it gets everything again when it reconnects. */
const MAX_BEHIND_BYTES = 256 * 1024

let asked = 0
let streams = 0

/** What the daemon counts of the requests that need no token. */
export interface PublicOptions {
  /** Called with 1 when a request begins, and with -1 when it has ended. */
  readonly onRequest: (change: 1 | -1) => void
  /** The same for an event stream. */
  readonly onStream: (change: 1 | -1) => void
  /** Aborted when the daemon begins to leave, which ends its streams. */
  readonly leaving: AbortSignal
}

/**
 * Counts a reply in preparation, and as a request of the daemon. Returns a function that ends both, once; null, after a 503
 * reply, if there are too many.
 */
export function takePlace(response: ServerResponse, { onRequest }: PublicOptions): (() => void) | null {
  if (asked >= MAX_ASKED) {
    refuse(response)
    return null
  }
  let isTaken = true
  asked += 1
  onRequest(1)
  return () => {
    if (!isTaken) return
    isTaken = false
    asked -= 1
    onRequest(-1)
  }
}

/**
 * Counts an event stream until its connection is closed. Returns false if there can be no stream: the client is gone, the
 * daemon leaves, or, after a 503 reply, there are too many.
 */
export function takeStreamPlace(response: ServerResponse, { onStream, leaving }: PublicOptions): boolean {
  if (response.destroyed || leaving.aborted) {
    response.destroy()
    return false
  }
  if (streams >= MAX_STREAMS) {
    refuse(response)
    return false
  }
  streams += 1
  onStream(1)
  response.once('close', () => {
    streams -= 1
    onStream(-1)
  })
  return true
}

/** Writes to an event stream, or cuts it off if its reader has not taken what was written before. */
export function writeToStream(response: ServerResponse, chunk: string | Uint8Array): void {
  if (response.writableEnded || response.destroyed) return
  if (response.writableLength > MAX_BEHIND_BYTES) response.destroy()
  else response.write(chunk)
}

/** Too many at once: the client may retry after a second. */
function refuse(response: ServerResponse): void {
  response.writeHead(503, { 'retry-after': '1', connection: 'close' }).end()
}
