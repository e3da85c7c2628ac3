import { createServer } from 'node:http'
import { connect as connectTcp, createServer as createTcpServer } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { once } from 'node:events'
import { describe, expect, it, onTestFinished } from 'vitest'
import { spawnHostile } from '../../../../stand-ins/hostile.mjs'
import type { DaemonRecord } from '../../src/protocol/record.js'
import { selectPlatform } from '../../src/observe/platform/select.js'
import { readOwnRecord } from '../../src/observe/read-records.js'
import { verify } from '../../src/observe/verify-record.js'
import { daemonFamily } from '../fixtures/processes/daemon-family.mjs'
import {
  crash,
  leaveNoDaemons,
  recordPath,
  startDaemonIn,
  starterOf,
  UNHURRIED,
  type Daemon,
} from '../helpers/daemons.js'
import { startChild } from '../helpers/children.js'
import { needCommand } from '../helpers/skip.js'
import { makeHome } from '../helpers/homes.js'
import { portsOf } from '../helpers/ports.js'
import { startTimeOf } from '../helpers/processes.js'
import { startLockProcess } from '../helpers/lock-process.js'

const ports = portsOf('observe/verify')
const family = daemonFamily({ from: ports.from, to: ports.to - 10 })
const platform = await selectPlatform()

/** Clear of what the daemons take. */
let nextPort = ports.to - 10

leaveNoDaemons(ports)

const PATIENCE_MS = 10_000

const PROVEN = { outcome: 'proven' }
const IMPOSTOR = { outcome: 'impostor' }

/** Starts a daemon, and returns its record as a reader without its token sees it. */
async function startWithoutToken() {
  const root = makeHome()
  const daemon = await startDaemonIn(root, family.ports, { timing: UNHURRIED })
  return { root, daemon, record: { ...recordOf(root), token: null } }
}

function recordOf(root: string): DaemonRecord {
  const record = readOwnRecord(family, root)
  if (record === null) throw new Error('there is no record')
  return record
}

function verifyIn(scope: string, record: DaemonRecord) {
  return verify({ family, scope, platform }, record, PATIENCE_MS)
}

/** Answers as the daemon does, but for this, on a port of its own, from this very process. Returns the port. */
async function mimic(
  daemon: Pick<Daemon, 'port'>,
  owner: { readonly pid: number },
  more: object = {},
): Promise<number> {
  const health = (await (await fetch(`http://127.0.0.1:${daemon.port}/api/health`)).json()) as object
  const port = nextPort++
  const body = JSON.stringify({ ...health, ...more, owner: { ...owner, port } })
  const server = createServer((_, response) => response.end(body)).listen(port, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(async () => {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  })
  return port
}

/** The family, and how often the scope in a report was looked at. */
function noting(): { readonly family: typeof family; readonly asked: () => number } {
  let asked = 0
  const readSelfReport: typeof family.readSelfReport = (body) => {
    const report = family.readSelfReport(body)
    if (report === null) return null
    const { scope, ...rest } = report
    return Object.defineProperty({ ...rest, scope }, 'scope', { get: () => ((asked += 1), scope) })
  }
  return { family: { ...family, readSelfReport }, asked: () => asked }
}

it('the path that an impostor reports is not opened: any user may listen on the port of a daemon that ended', async () => {
  const { root, daemon, record } = await startWithoutToken()
  const reported = { singleton_scope_id: makeHome(), daemon_root: makeHome() }
  const port = await mimic(daemon, { pid: daemon.pid }, { ...reported, proof: 'f'.repeat(64) })
  const [token, none] = [noting(), noting()]
  const at = { scope: root, platform }
  const owned = { ...recordOf(root), port }
  expect(await verify({ ...at, family: token.family }, owned, PATIENCE_MS)).toEqual(IMPOSTOR)
  expect(token.asked()).toBe(0)
  expect(await verify({ ...at, family: none.family }, { ...record, port }, PATIENCE_MS)).toEqual(IMPOSTOR)
  // Once, for whether there is one at all.
  expect(none.asked()).toBe(1)
})

/** Passes a connection on to the port of the daemon in its own network. Reads the record, and says when it listens. */
const RELAY = `
const net = require('node:net')
const [record, path] = process.argv.slice(1)
const { port } = JSON.parse(require('node:fs').readFileSync(record, 'utf8'))
net.createServer((one) => {
  const other = net.connect(port, '127.0.0.1')
  one.pipe(other).pipe(one)
}).listen(path, () => console.log('up'))`

it('a daemon in another network namespace is unreachable, also if something here forwards its proof', async (context) => {
  needCommand(context, 'unshare', ['--net'])
  const root = makeHome()
  const path = join(makeHome(), 'relay')
  const starter = starterOf(root, family.ports, { timing: UNHURRIED }).map((word) => `'${word}'`)
  const script = `ip link set lo up && '${process.execPath}' ${starter.join(' ')} && exec '${process.execPath}' -e "$RELAY" '${recordPath(root)}' '${path}'`
  const child = startChild('unshare', ['--net', 'sh', '-c', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, TIMING: JSON.stringify(UNHURRIED), RELAY },
  })
  if (child.stdout === null) throw new Error('a shell without stdout')
  for await (const line of createInterface({ input: child.stdout })) if (line === 'up') break
  const record = recordOf(root)
  const server = createTcpServer((one) => {
    const other = connectTcp(path)
    one
      .on('error', () => other.destroy())
      .pipe(other)
      .on('error', () => one.destroy())
      .pipe(one)
  }).listen(record.port, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  expect((await fetch(`http://127.0.0.1:${record.port}/api/health`)).status).toBe(200)
  expect(await verifyIn(root, record)).toEqual({ outcome: 'unreachable' })
  process.kill(record.pid ?? 0, 'SIGTERM')
})

describe('with the token', () => {
  it('the daemon proves itself', async () => {
    const { root } = await startWithoutToken()
    expect(await verifyIn(root, recordOf(root))).toMatchObject(PROVEN)
  })

  it('another token proves nothing, no matter what the kernel says of the process', async () => {
    const { root, record } = await startWithoutToken()
    expect(await verifyIn(root, { ...record, token: 'f'.repeat(64) })).toEqual(IMPOSTOR)
  })
})

describe('without the token', () => {
  it('the daemon is proven by lock, pid, start time and listener', async () => {
    const { root, daemon, record } = await startWithoutToken()
    expect(await verifyIn(root, record)).toMatchObject({
      ...PROVEN,
      report: { pid: daemon.pid, port: daemon.port },
    })
  })

  it('a pid, a start time, a port and a scope of another prove nothing', async () => {
    const [{ root, record }, other] = [await startWithoutToken(), await startWithoutToken()]
    const wrong = [
      { ...record, pid: other.daemon.pid },
      { ...record, pid: process.pid },
      { ...record, pid: null },
      { ...record, startTime: other.record.startTime },
      { ...record, startTime: 'boot/1' },
      { ...record, startTime: null },
      { ...record, port: other.record.port },
    ]
    expect(await Promise.all(wrong.map((one) => verifyIn(root, one)))).toEqual(wrong.map(() => IMPOSTOR))
    expect(await verifyIn(other.root, record)).toEqual(IMPOSTOR)
  })

  it('a mimic that names the daemon is not believed: it is another process that listens', async () => {
    const { root, daemon, record } = await startWithoutToken()
    const port = await mimic(daemon, { pid: daemon.pid })
    expect(await verifyIn(root, { ...record, port })).toEqual(IMPOSTOR)
    expect(await verifyIn(root, record)).toMatchObject(PROVEN)
  })

  it('a mimic that names itself is not believed: another process has the lock', async () => {
    const { root, daemon, record } = await startWithoutToken()
    const itself = { pid: process.pid, startTime: startTimeOf(process.pid) }
    const port = await mimic(daemon, itself)
    expect(await verifyIn(root, { ...record, ...itself, port })).toEqual(IMPOSTOR)
  })

  it('nor where none has the lock, or one that does not listen has it', async () => {
    const { root, daemon, record } = await startWithoutToken()
    const itself = { pid: process.pid, startTime: startTimeOf(process.pid) }
    const port = await mimic(daemon, itself)
    await crash(daemon)
    expect(await verifyIn(root, { ...record, ...itself, port })).toEqual(IMPOSTOR)
    const holder = startLockProcess(family.files(root).daemonLock)
    await holder.ask('acquire 0')
    expect(await verifyIn(root, { ...record, ...itself, port })).toEqual(IMPOSTOR)
    const named = { pid: holder.pid, startTime: startTimeOf(holder.pid) }
    const another = await mimic({ port }, named)
    expect(await verifyIn(root, { ...record, ...named, port: another })).toEqual(IMPOSTOR)
  })

  it('silence and a port that no process listens on do not prove another daemon', async () => {
    const { root, daemon, record } = await startWithoutToken()
    const silent = await spawnHostile('silent', nextPort++)
    const at = { family, scope: root, platform }
    expect(await verify(at, { ...record, port: silent.port }, 300)).toEqual({ outcome: 'no_response' })
    await crash(daemon)
    expect(await verifyIn(root, record)).toEqual({ outcome: 'no_response' })
  })

  it('some HTTP is another one', async () => {
    const { root, record } = await startWithoutToken()
    const http = await spawnHostile('http', nextPort++)
    expect(await verifyIn(root, { ...record, port: http.port })).toEqual(IMPOSTOR)
  })
})
