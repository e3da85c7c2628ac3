import type { Server } from 'node:http'
import { errnoOf, FamiliarError } from '../errors.js'
import type { Family } from '../family.js'
import type { Platform } from '../observe/platform/platform.js'

const HOST = '127.0.0.1'

/** How long the list of listeners may take. */
const LIST_MS = 5_000

/**
 * Binds the server to the first port of the family's range that is free, trying them in order, and returns the port. A
 * port on which anything listens, on any address, counts as busy. Throws `E_RANGE_FULL`, or `E_PORT_IN_USE` where only one
 * will do.
 */
export async function bindInRange(
  server: Server,
  family: Family,
  platform: Platform,
  only: number | null = null,
): Promise<number> {
  const { from, to } = only === null ? family.ports : { from: only, to: only + 1 }
  const listeners = await platform.listeners(family.ports, AbortSignal.timeout(LIST_MS))
  const busy = new Set(listeners.map((listener) => listener.port))
  for (let port = from; port < to; port++) {
    if (!busy.has(port) && (await listens(server, port))) return port
  }
  if (only !== null) throw new FamiliarError('E_PORT_IN_USE', `port ${only} is in use`)
  throw new FamiliarError('E_RANGE_FULL', `every port from ${from} to ${to - 1} is in use`, {
    hint: 'see who holds them with the doctor',
  })
}

function listens(server: Server, port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const onError = (error: Error): void => {
      server.off('listening', onListening)
      if (errnoOf(error) === 'EADDRINUSE' || errnoOf(error) === 'EACCES') resolve(false)
      else reject(error)
    }
    const onListening = (): void => {
      server.off('error', onError)
      resolve(true)
    }
    server.once('error', onError)
    server.once('listening', onListening)
    server.listen({ host: HOST, port, backlog: 511 })
  })
}
