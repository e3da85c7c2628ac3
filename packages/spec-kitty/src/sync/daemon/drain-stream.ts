import type { DrainLine } from '../upload/types.js'

/** So that a client can tell a slow server from a daemon that hangs. */
const HEARTBEAT_MS = 2_000

/**
 * Returns the reply that sends each line as it comes, as NDJSON, and a heartbeat whenever two seconds pass without one. Its
 * head is sent at once.
 */
export function drainStream(lines: AsyncIterable<DrainLine>, signal: AbortSignal): Response {
  const encoder = new TextEncoder()
  const source = lines[Symbol.asyncIterator]()
  let timer: NodeJS.Timeout | null = null
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => {
      const send = (line: DrainLine): void => controller.enqueue(encoder.encode(`${JSON.stringify(line)}\n`))
      const beat = (): void => {
        if (timer !== null) clearInterval(timer)
        timer = setInterval(() => send({ event: 'heartbeat' }), HEARTBEAT_MS)
      }
      send({ event: 'heartbeat' })
      beat()
      const pump = async (): Promise<void> => {
        for (let next = await source.next(); next.done !== true; next = await source.next()) {
          send(next.value)
          beat()
        }
      }
      pump()
        .then(
          () => controller.close(),
          (error: unknown) => controller.error(signal.aborted ? signal.reason : error),
        )
        .finally(() => timer !== null && clearInterval(timer))
    },
    cancel: async () => {
      if (timer !== null) clearInterval(timer)
      await source.return?.()
    },
  })
  return new Response(body, { headers: { 'content-type': 'application/x-ndjson' } })
}
