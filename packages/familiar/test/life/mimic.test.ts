import { writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { spawnHostile, stopAll } from '../../../../stand-ins/hostile.mjs'
import { crash, leaveNoDaemons, recordPath, startDaemonIn, stopIn, type Daemon } from '../helpers/daemons.js'
import { newRoot } from '../helpers/homes.js'
import { stateOf } from '../helpers/machine.js'
import { portsOf } from '../helpers/ports.js'
import { startTimeOf } from '../helpers/processes.js'
import { startServer } from '../helpers/server.js'

const ports = portsOf('life/mimic')

leaveNoDaemons(ports)

describe('another process on the recorded port', () => {
  /** A record that names a daemon which has ended, and a listener in its place. */
  async function startMimic(healthOf: (daemon: Daemon) => object) {
    const root = newRoot()
    const daemon = await startDaemonIn(root, ports)
    await crash(daemon)
    const received: string[] = []
    const body = JSON.stringify(healthOf(daemon))
    const head = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`
    const server = await startServer({ port: daemon.port, host: '127.0.0.1' }, (socket, request) => {
      received.push(request)
      socket.on('data', (more) => received.push(more.toString()))
      socket.end(`${head}${body}`)
    })
    return { root, daemon, received, server }
  }

  const health = ({ record }: Daemon) => ({
    status: 'ok',
    daemon_family: 'sync',
    singleton_scope_id: record.scope,
    protocol_version: 1,
    package_version: '1.0.0',
    sync: {},
    owner: { pid: record.pid, port: record.port },
  })

  it.for([
    ['without a proof', {}],
    ['with a wrong proof', { proof: 'a'.repeat(64) }],
    ['with a short proof', { proof: 'a' }],
    ['with a proof that is not text', { proof: 1 }],
  ] as const)('that answers like it %s gets no token', async ([, more]) => {
    const mimic = await startMimic((daemon) => ({ ...health(daemon), ...more }))
    const { root, daemon, received, server } = mimic
    const stopped = await stopIn(root, ports)
    const next = await startDaemonIn(root, ports)
    const again = await startDaemonIn(root, ports)
    await server.close()
    expect([stopped, next.started, again.pid]).toEqual([{ outcome: 'none' }, 'recorded_dead', next.pid])
    expect(next.port).not.toBe(daemon.port)
    expect(received.length).toBeGreaterThan(0)
    const all = received.join('')
    expect(all).not.toContain(daemon.record.token)
    expect(all.toLowerCase()).not.toMatch(/authorization|bearer|shutdown/)
    expect(all.replaceAll(/GET \/api\/health HTTP/g, '')).not.toMatch(/GET|POST/)
  })

  it('that is a stranger, while the record names a process that lives, gets no token either', async () => {
    const { root, daemon, received, server } = await startMimic(health)
    const other = await spawnHostile('sleep', 0)
    const named = { ...daemon.record, pid: other.pid, birth: startTimeOf(other.pid) }
    writeFileSync(recordPath(root), JSON.stringify(named))
    const stopped = await stopIn(root, ports)
    const next = await startDaemonIn(root, ports)
    await server.close()
    expect([stopped.outcome, next.started, stateOf(other.pid)]).toEqual(['none', 'first_start', 'S'])
    expect(received.join('')).not.toContain(daemon.record.token)
    await stopAll()
  })
})
