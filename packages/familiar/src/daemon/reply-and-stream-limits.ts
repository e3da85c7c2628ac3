import type { ServerResponse } from 'node:http'

/**
 * Limits for replies to requests without a token. Any local user can send such requests, so the limits apply to all such
 * replies of the process together. `send-body.ts` limits replies whose clients do not read them.
 */

/**
 * The maximum number of event streams at once. A browser opens at most six connections to one origin, so this is enough
 * for many windows, but stops a flood.
 */
const MAX_STREAMS = 64

/** The maximum number of replies in preparation. Each holds a connection and some KiB. Browsers ask for far fewer at once. */
const MAX_ASKED = 256

/** How much data may be unsent to a slow reader before its stream is ended. When it reconnects, it gets everything again. */
const MAX_BEHIND_BYTES = 256 * 1024

let asked = 0
let streams = 0

/** How requests that need no token are reported to the daemon. */
export interface PublicOptions {
  /** Called with 1 when a request begins, and with -1 when it has ended. */
  readonly onRequest: (change: 1 | -1) => void
  /** Called with 1 when an event stream begins, and with -1 when it has ended. */
  readonly onStream: (change: 1 | -1) => void
  /** Aborted when the daemon begins to shut down; this ends its event streams. */
  readonly leaving: AbortSignal
}

/**
 * Counts a reply that is being prepared. Returns a function to call when the reply has ended. If there are too many,
 * replies with 503 and returns null.
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
 * Counts an event stream until its connection is closed. Returns false if there can be no stream: the client has
 * disconnected, the daemon is shutting down, or there are too many streams. In the last case a 503 reply has been sent.
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

/** Writes to an event stream. Ends the stream instead if its client has not read the earlier data. */
export function writeToStream(response: ServerResponse, chunk: string | Uint8Array): void {
  if (response.writableEnded || response.destroyed) return
  if (response.writableLength > MAX_BEHIND_BYTES) response.destroy()
  else response.write(chunk)
}

/** Sends the 503 reply for too many requests at once, after which the client may retry in a second. */
function refuse(response: ServerResponse): void {
  response.writeHead(503, { 'retry-after': '1', connection: 'close' }).end()
}
