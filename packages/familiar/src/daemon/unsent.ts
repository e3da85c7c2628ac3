import type { ServerResponse } from 'node:http'
import { setImmediate as nextTurn } from 'node:timers/promises'

/** A reply must be taken this long after it was begun: what nobody reads is not kept. */
const REPLY_MS = 10_000

/**
 * What all replies together may hold that their clients have not taken yet. A browser takes a reply of a MiB in some
 * milliseconds, so this is room for many windows; ten times as much would still be a burden to a small machine.
 */
const MAX_UNSENT_BYTES = 32 * 1024 * 1024

/** A reply that is not taken also holds a connection. Browsers open at most six to one origin. */
const MAX_UNSENT_REPLIES = 64

/** What is handed over at once. The next portion follows when the client has taken this one. */
const PORTION_BYTES = 64 * 1024

/** Longer than the event loop takes to close a connection, so that one that fails to close blocks nothing for long. */
const FREED_MS = 1_000

/** By their last progress: the first one has waited longest for its client. */
const unsent = new Map<ServerResponse, Uint8Array>()

/** Cut off, and not closed yet: what is unsent of them is still in memory. */
const freeing = new Set<ServerResponse>()

/**
 * Sends the body of a reply whose head is written, as fast as the client takes it, and cuts the connection off when it
 * has not taken all of it in 10 s. Where more is unsent than all clients together may leave, those are cut off that have
 * taken nothing for longest, so that a client that does not read keeps no other client out.
 */
export function sendBody(response: ServerResponse, body: Uint8Array): void {
  const timer = setTimeout(() => cutOff(response), REPLY_MS)
  unsent.set(response, body)
  response.once('close', () => {
    clearTimeout(timer)
    unsent.delete(response)
    freeing.delete(response)
  })
  makeRoom()
  sendFrom(response, body, 0)
}

/**
 * Resolves when nothing is held any more for replies that were cut off. Requests that come together are all begun before
 * any connection is closed, so without this each of them would add its reply to the ones that are to make room.
 */
export async function cutOffIsFreed(): Promise<void> {
  while (freeing.size > 0) await nextTurn()
}

function sendFrom(response: ServerResponse, body: Uint8Array, from: number): void {
  const portion = body.subarray(from, from + PORTION_BYTES)
  const to = from + portion.length
  if (to === body.length) return void response.end(portion)
  const next = (): void => {
    if (!unsent.delete(response)) return
    unsent.set(response, body)
    sendFrom(response, body, to)
  }
  if (response.write(portion)) next()
  else response.once('drain', next)
}

function makeRoom(): void {
  for (const response of unsent.keys()) {
    if (unsent.size === 1 || (unsent.size <= MAX_UNSENT_REPLIES && unsentBytes() <= MAX_UNSENT_BYTES)) return
    cutOff(response)
  }
}

/** A file of the page is the same bytes for everybody, and counts once. */
function unsentBytes(): number {
  let bytes = 0
  for (const body of new Set(unsent.values())) bytes += body.length
  return bytes
}

/** With a reset: after an ordinary end the kernel would keep what it has taken, for a client that does not read. */
function cutOff(response: ServerResponse): void {
  unsent.delete(response)
  freeing.add(response)
  setTimeout(() => freeing.delete(response), FREED_MS).unref()
  // The kernel refuses it for a connection that is just being ended.
  if (response.socket?.writableEnded === false) response.socket.resetAndDestroy()
  response.destroy()
}
