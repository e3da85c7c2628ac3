import type { ServerResponse } from 'node:http'
import { setImmediate as nextTurn } from 'node:timers/promises'

/** A client must read a whole reply within this time, or its connection is cut off. */
const REPLY_MS = 10_000

/**
 * The most bytes in all replies together that their clients have not completely taken. A browser takes a reply of a MiB in
 * some milliseconds, so this is room for many windows; ten times as much would be a burden to a small machine.
 */
const MAX_UNSENT_BYTES = 32 * 1024 * 1024

/**
 * The most replies that clients have not read completely. Each occupies a connection; browsers open at most six to one
 * origin.
 */
const MAX_UNSENT_REPLIES = 64

/** The bytes written at once. The next portion follows when the client has taken this one. */
const PORTION_BYTES = 64 * 1024

/**
 * How long a reply waits for cut-off connections to close. The event loop needs less; a connection that fails to close
 * delays the reply no longer than this.
 */
const FREED_MS = 1_000

/**
 * The replies that are being sent, in the order of their last progress: the client of the first one has read nothing for
 * the longest time.
 */
const unsent = new Map<ServerResponse, Uint8Array>()

/** Replies that were cut off but are not closed yet: their unsent data is still in memory. */
const freeing = new Set<ServerResponse>()

/**
 * Sends the body of a reply whose head is written, as fast as the client takes it, and cuts the connection off if it has
 * not taken all of it in 10 s. If all replies together have too much unsent, those whose clients have taken nothing for the
 * longest time are cut off, so that a client that does not read cannot block the others.
 */
export function sendBody(response: ServerResponse, body: Uint8Array): void {
  track(response, body)
  sendFrom(response, body, 0, (last) => void response.end(last))
}

/**
 * Sends a part of a reply in the same way, with 10 s for this part alone. Resolves when the client has taken it, or when the
 * connection is closed.
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
 * connection is closed: without this wait, each would add its reply to those that are just being cut off to make room.
 */
export async function cutOffIsFreed(): Promise<void> {
  while (freeing.size > 0) await nextTurn()
}

/**
 * Counts the bytes that a client has to read, until it has read them or has disconnected. Returns a function that ends
 * the count.
 */
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

/** All clients get a file of the page from the same buffer, so its bytes count once. */
function unsentBytes(): number {
  let bytes = 0
  for (const body of new Set(unsent.values())) bytes += body.length
  return bytes
}

/** Resets the connection: after a normal close the kernel would keep its buffered data for a client that does not read. */
function cutOff(response: ServerResponse): void {
  unsent.delete(response)
  freeing.add(response)
  const isFreed = (): void => void freeing.delete(response)
  setTimeout(isFreed, FREED_MS).unref()
  response.once('close', isFreed)
  // The kernel rejects a reset of a connection that is being closed.
  if (response.socket?.writableEnded === false) response.socket.resetAndDestroy()
  response.destroy()
}
