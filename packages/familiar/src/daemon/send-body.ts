import type { ServerResponse } from 'node:http'
import { setImmediate as nextTurn } from 'node:timers/promises'

/** A client must read a whole reply within this time, or it is disconnected. */
const REPLY_MS = 10_000

/**
 * The maximum number of unsent bytes in all replies together. A browser reads a reply of 1 MiB in a few milliseconds, so
 * this is enough for many windows. Ten times as much would be a burden on a small machine.
 */
const MAX_UNSENT_BYTES = 32 * 1024 * 1024

/**
 * The maximum number of replies that clients have not read completely. Each occupies a connection; browsers open at most
 * six to one origin.
 */
const MAX_UNSENT_REPLIES = 64

/** The number of bytes that are written at once. The next portion follows when the client has read this one. */
const PORTION_BYTES = 64 * 1024

/**
 * How long a reply waits at most for cut-off connections to close. Normally that takes less, but a connection that fails
 * to close must not delay the reply for longer.
 */
const FREED_MS = 1_000

/**
 * The replies that are being sent, in the order of their last progress. The client of the first one has read nothing for
 * the longest time.
 */
const unsent = new Map<ServerResponse, Uint8Array>()

/** Replies that were cut off but are not closed yet, so their unsent data is still in memory. */
const freeing = new Set<ServerResponse>()

/**
 * Sends the body of a reply whose head is already written, no faster than the client reads it. Disconnects the client if
 * it has not read the whole body within 10 s. If there is too much unsent data in all replies together, disconnects the
 * clients that have read nothing for the longest time, so that a client that does not read cannot block the others.
 */
export function sendBody(response: ServerResponse, body: Uint8Array): void {
  track(response, body)
  sendFrom(response, body, 0, (last) => void response.end(last))
}

/**
 * Sends a part of a reply in the same way, with a limit of 10 s for this part alone. Resolves when the client has read
 * it, or when the connection is closed.
 */
export function sendPart(response: ServerResponse, part: Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    const untrack = track(response, part)
    const end = (): void => {
      response.off('drain', end)
      response.off('close', end)
      untrack()
      resolve()
    }
    response.once('close', end)
    sendFrom(response, part, 0, (last) => (response.write(last) ? end() : void response.once('drain', end)))
  })
}

/**
 * Resolves when the memory of all replies that were cut off is freed. Requests that arrive together all start before any
 * connection is closed. Without this wait, each would add its reply to the ones that are being cut off to make room.
 */
export async function cutOffIsFreed(): Promise<void> {
  while (freeing.size > 0) await nextTurn()
}

/** Counts bytes as unsent until the client has read them or has disconnected. Returns a function that ends the count. */
function track(response: ServerResponse, bytes: Uint8Array): () => void {
  const timer = setTimeout(() => cutOff(response), REPLY_MS)
  const untrack = (): void => {
    clearTimeout(timer)
    response.off('close', untrack)
    unsent.delete(response)
  }
  unsent.set(response, bytes)
  response.once('close', untrack)
  abandonOldest()
  return untrack
}

function sendFrom(
  response: ServerResponse,
  body: Uint8Array,
  from: number,
  sendLast: (portion: Uint8Array) => void,
): void {
  const portion = body.subarray(from, from + PORTION_BYTES)
  const to = from + portion.length
  if (to === body.length) return sendLast(portion)
  const next = (): void => {
    if (!unsent.delete(response)) return
    unsent.set(response, body)
    sendFrom(response, body, to, sendLast)
  }
  if (response.write(portion)) next()
  else response.once('drain', next)
}

function abandonOldest(): void {
  for (const response of unsent.keys()) {
    if (unsent.size === 1 || (unsent.size <= MAX_UNSENT_REPLIES && unsentBytes() <= MAX_UNSENT_BYTES)) return
    cutOff(response)
  }
}

/** All clients share the buffer of a file of the page, so its bytes count once. */
function unsentBytes(): number {
  let bytes = 0
  for (const body of new Set(unsent.values())) bytes += body.length
  return bytes
}

/** Resets the connection: after a normal close, the kernel would keep the buffered data for a client that does not read. */
function cutOff(response: ServerResponse): void {
  unsent.delete(response)
  freeing.add(response)
  const isFreed = (): void => {
    clearTimeout(timer)
    freeing.delete(response)
  }
  // A timer that is left running would keep the reply and its body in memory.
  const timer = setTimeout(isFreed, FREED_MS).unref()
  response.once('close', isFreed)
  // The kernel rejects a reset of a connection that is being closed.
  if (response.socket?.writableEnded === false) response.socket.resetAndDestroy()
  response.destroy()
}
