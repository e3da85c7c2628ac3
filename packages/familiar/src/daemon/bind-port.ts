import type { Server } from 'node:http'
import { connect } from 'node:net'
import { errnoOf, FamiliarError, throwLack } from '../errors.js'
import type { Family } from '../family.js'
import type { Platform } from '../observe/platform/platform.js'

const HOST = '127.0.0.1'

/** The time limit for listing the listeners. */
const LIST_MS = 5_000

/**
 * The time limit for a connection to our own port. Connecting takes less than a millisecond, unless a firewall drops the
 * packets.
 */
const CONNECT_MS = 2_000

/** The errors of a process that is not allowed to bind this port, or any port. */
const FORBIDDEN: ReadonlySet<string> = new Set(['EACCES', 'EPERM'])

/**
 * Binds the server to the first free port of the family's range, in order, and returns the port; with `only`, binds to
 * that port. A port of the range counts as busy if anything listens on it, on any address. Makes a connection to the port
 * before returning it, because a daemon that clients cannot reach must not be recorded. Throws `E_RANGE_FULL`, or
 * `E_PORT_IN_USE` with `only`; `E_DAEMON_START_FAILED` if this process is not allowed to listen, or cannot reach its own
 * port (the loopback interface is down, or a firewall or a sandbox forbids it); `E_RESOURCES` if it lacks file
 * descriptors or memory; `E_LOOK_FAILED` if the listeners cannot be listed.
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
  let refusal: Error | null = null
  for (let port = from; port < to; port++) {
    if (busy.has(port)) continue
    const error = await listen(server, port)
    if (error === null) return assertReachable(server, port)
    if (FORBIDDEN.has(errnoOf(error) ?? '')) refusal = error
    else if (errnoOf(error) !== 'EADDRINUSE') throw cannotListen(port, error)
  }
  if (refusal !== null) throw cannotListen(from, refusal)
  if (only !== null) throw new FamiliarError('E_PORT_IN_USE', `port ${only} is in use`)
  throw new FamiliarError('E_RANGE_FULL', `every port from ${from} to ${to - 1} is in use`, {
    hint: 'see what listens there, and end what is not needed',
  })
}

/** Makes the server listen on the port. Returns null on success, otherwise the error. */
function listen(server: Server, port: number): Promise<Error | null> {
  return new Promise((resolve) => {
    const onError = (error: Error): void => {
      server.off('listening', onListening)
      resolve(error)
    }
    const onListening = (): void => {
      server.off('error', onError)
      resolve(null)
    }
    server.once('error', onError)
    server.once('listening', onListening)
    server.listen({ host: HOST, port, backlog: 511 })
  })
}

/** A port of 127.0.0.1 can be bound even while the loopback interface is down, so only a connection shows that it works. */
async function assertReachable(server: Server, port: number): Promise<number> {
  const error = await new Promise<Error | null>((resolve) => {
    const socket = connect({ host: HOST, port })
    socket.setTimeout(CONNECT_MS, () => socket.destroy(new Error('it does not answer')))
    socket.once('connect', () => socket.destroy())
    socket.once('error', resolve)
    socket.once('close', () => resolve(null))
  })
  if (error === null) return port
  server.close()
  throwLack(error)
  throw new FamiliarError(
    'E_DAEMON_START_FAILED',
    `it cannot reach its own port ${HOST}:${port} (${errnoOf(error) ?? error.message})`,
    {
      hint: 'bring the loopback interface up (ip link set lo up), and let this process connect to 127.0.0.1: see the firewall and the sandbox that it runs in',
      cause: error,
    },
  )
}

function cannotListen(port: number, error: Error): FamiliarError {
  throwLack(error)
  return new FamiliarError(
    'E_DAEMON_START_FAILED',
    `it cannot listen on ${HOST}:${port} (${errnoOf(error) ?? error.message})`,
    {
      hint: 'bring the loopback interface up (ip link set lo up), and let this process listen on 127.0.0.1: see the sandbox that it runs in',
      cause: error,
    },
  )
}
