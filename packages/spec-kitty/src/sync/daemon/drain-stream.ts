import { setTimeout as sleep } from 'node:timers/promises'
import type { DrainLine, SyncReport } from '../upload/upload-types.js'

/** The maximum time between two lines. It lets the client distinguish a slow server from a daemon that hangs. */
const HEARTBEAT_MS = 2_000

type Request = Pick<SyncReport, 'request_server'> &
  Partial<Pick<SyncReport, 'request_connected' | 'request_bytes'>>

/**
 * Returns the reply that sends each line of a drain as NDJSON as soon as it is available. It sends a heartbeat at once,
 * and whenever two seconds pass without a line; it names the server whose answer is waited for. If the drain fails, the
 * last line says why.
 */
export function drainStream(
  lines: AsyncIterable<DrainLine>,
  request: () => Request = () => ({ request_server: null }),
): Response {
  return new Response(encoded(withHeartbeats(lines, request)), {
    headers: { 'content-type': 'application/x-ndjson' },
  })
}

async function* encoded(lines: AsyncIterable<DrainLine>): AsyncGenerator<Uint8Array> {
  for await (const line of lines) yield Buffer.from(`${JSON.stringify(line)}\n`)
}

async function* withHeartbeats(
  lines: AsyncIterable<DrainLine>,
  request: () => Request,
): AsyncGenerator<DrainLine> {
  const beat = (): DrainLine => {
    const { request_server, request_connected = null, request_bytes = null } = request()
    return { event: 'heartbeat', request_server, request_connected, request_bytes }
  }
  yield beat()
  const source = lines[Symbol.asyncIterator]()
  let next = source.next()
  try {
    for (;;) {
      const line = await orAfter(HEARTBEAT_MS, next)
      if (line === null) yield beat()
      else if (line.done === true) return
      else {
        yield line.value
        next = source.next()
      }
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    yield { event: 'finished', sent: 0, kept: 0, held: 0, rejected: 0, reason }
  } finally {
    await source.return?.()
  }
}

/** Returns the result of the promise, or null if the promise takes longer than this time. */
async function orAfter<T>(ms: number, promise: Promise<T>): Promise<T | null> {
  const timer = new AbortController()
  const late = sleep(ms, null, { signal: timer.signal }).catch(() => null)
  try {
    return await Promise.race([promise, late])
  } finally {
    timer.abort()
  }
}
