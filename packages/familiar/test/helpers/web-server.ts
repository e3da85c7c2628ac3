import { once, setMaxListeners } from 'node:events'
import { join } from 'node:path'
import { afterEach, expect } from 'vitest'
import { createActivity, type Activity } from '../../src/daemon/activity.js'
import { createDaemonServer, type ServerOptions } from '../../src/daemon/http-server.js'
import { openLog } from '../../src/daemon/log.js'
import { createStartGate } from '../../src/daemon/start-gate.js'
import { logged } from './daemons.js'
import { makeHome, removeHomes } from './homes.js'

/** The server of a daemon, in this process, on a port that the system chooses. */
export interface WebServer {
  readonly port: number
  readonly activity: Activity
  /** The header that a client with the token sends. */
  readonly authorization: string
  /** How often the server has proved who it is. */
  readonly proofs: () => number
  /** What the log says of handlers that failed. */
  readonly failures: () => readonly Record<string, unknown>[]
  /** Begins to leave, as a daemon does that was told to. */
  readonly leave: () => void
}

const TOKEN = 'a1'.repeat(32)

let ends: (() => Promise<void>)[] = []

/** Ends the servers of a test after it. Fails the test if something still counts as in flight when its clients are gone. */
export function leaveNoServers(): void {
  afterEach(async () => {
    const all = ends
    ends = []
    await Promise.all(all.map((end) => end()))
    removeHomes()
  })
}

export async function startWebServer(options: Partial<ServerOptions>): Promise<WebServer> {
  const log = openLog(join(makeHome(), 'daemon.log'))
  log.write('started')
  const [activity, leaving] = [createActivity(), new AbortController()]
  // As `serve` does: every request adds a listener.
  setMaxListeners(0, leaving.signal)
  const gate = createStartGate()
  gate.open()
  let proofs = 0
  const { server } = createDaemonServer({
    token: TOKEN,
    pid: process.pid,
    instanceId: 'b2'.repeat(16),
    health: () => ({ status: 'ok' }),
    isScopeGone: () => false,
    routes: {},
    pages: null,
    handler: null,
    publicHandler: null,
    maxBodyBytes: 10 * 1024 * 1024,
    log,
    gate,
    ...activity,
    leaving: leaving.signal,
    onProof: () => void (proofs += 1),
    ...options,
  })
  server.listen({ host: '127.0.0.1', port: 0 })
  await once(server, 'listening')
  ends.push(async () => {
    leaving.abort()
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await closed
    await expect.poll(() => [activity.requests(), activity.streams()], { timeout: 60_000 }).toEqual([0, 0])
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('it has no port')
  return {
    port: address.port,
    activity,
    authorization: `Bearer ${TOKEN}`,
    proofs: () => proofs,
    failures: () => logged(log.path, 'handler_failed'),
    leave: () => leaving.abort(),
  }
}
