import { once } from 'node:events'
import { createServer, type Server } from 'node:net'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { spawnHostile, stopAll } from '../../../../stand-ins/hostile.mjs'
import { AT_ONCE_MS, startCli, type Ran } from '../helpers/cli.js'
import { runIn } from '../helpers/dashboards.js'
import { daemonsOf, lineOf, makeRoot, until, type SyncRoot } from './sync-root.js'
import { makeSyncWork } from './sync-work.js'
import { spawnHolder } from './holder.js'

/** Starts that cannot be: no port is left, no loopback, another command holds the lock. */
let root: SyncRoot
let servers: Server[]

/** A start that gives up after half a minute: it waits beside the other tests, in a root of its own. */
let refused: { readonly root: SyncRoot; readonly holder: number; readonly ended: Promise<Ran> }

beforeAll(async () => {
  const own = makeRoot('refused')
  const lock = spawnHolder(own.path)
  const holder = await lock.ready
  const ended = runIn('/', ['sync', 'start'], { env: own.env }).finally(lock.stop)
  refused = { root: own, holder, ended }
})

afterAll(async () => {
  await refused?.ended
  await refused?.root.end()
})

beforeEach(() => {
  root = makeRoot()
  servers = []
})

afterEach(async () => {
  for (const server of servers) server.close()
  await stopAll()
  await root.end()
})

/** Takes a port; while a command runs, this process does not answer on it. */
async function take(port: number, host = '127.0.0.1'): Promise<void> {
  const server = createServer().listen({ port, host, ipv6Only: host === '::' })
  await once(server, 'listening')
  servers.push(server)
}

const KINDS = ['drip', 'endless', 'endless-headers', 'redirect', 'http', 'silent', 'reset'] as const
const PORTS = Array.from({ length: 50 }, (_, index) => 9400 + index)

describe('a full range', () => {
  it('is said in bounded time with everybody who holds a port, and the first port that gets free is taken', async () => {
    await Promise.all(KINDS.map((kind, index) => spawnHostile(kind, 9400 + index)))
    await take(9407, '0.0.0.0')
    await take(9408, '::')
    for (const port of PORTS.slice(9)) await take(port)
    const { status, stdout, stderr, ms } = root.run(['sync', 'start'])
    expect([status, stdout, ms < AT_ONCE_MS]).toEqual([1, '', true])
    // Nothing that holds a port may be ended, so there is no third line with a command.
    expect(stderr.trimEnd().split('\n')).toEqual([
      'spec-kitty: every port from 9400 to 9449 is in use',
      expect.stringMatching(
        new RegExp(`^43 by an unrecognised program, process ${process.pid}, node \\(\\w+\\), `),
      ),
    ])
    const counts = [...stderr.matchAll(/(\d+) by /g)].map(([, count]) => Number(count))
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(PORTS.length)
    expect(daemonsOf(root.path)).toEqual([])
    const { document } = root.json(['sync', 'restart'])
    expect(document).toMatchObject({ ok: false, error: { code: 'E_RANGE_FULL' } })
    expect(root.json(['sync', 'status']).document.state).toBe('none')
    servers.pop()?.close()
    expect(root.start().port).toBe(9449)
  })

  it('is told by status and the doctor as the reason, with what helps, until a daemon is started', async () => {
    const work = await makeSyncWork()
    try {
      await work.publish(['a'])
      for (const port of PORTS) await take(port)
      expect((await work.run(['sync', 'now'])).status).toBe(1)
      const status = (await work.run(['sync', 'status'])).stdout
      expect(status).toMatch(
        /^uploads +nothing leaves: no sync daemon runs: the last start failed at .*: every port from 9400 to 9449 is in use\n +spec-kitty auth doctor {2}# .*: end one that you do not need, then\n +spec-kitty sync now$/m,
      )
      const doctor = (await work.run(['auth', 'doctor'])).stdout
      expect(doctor).toContain('F-010')
      expect(doctor.replaceAll(/\s+/g, ' ')).toMatch(
        /every port from 9400 to 9449 is in use \(F-018\).* End one of the programs that have the ports, if you do not need it, and try again: spec-kitty sync now # tries to send them/,
      )
      expect(doctor).not.toMatch(/^ +spec-kitty auth doctor/m)
      expect(doctor).toMatch(
        new RegExp(`^ +ps -ww -p ${process.pid} .*# shows that program: end what you`, 'm'),
      )
      expect((await work.run(['sync', 'queue'])).stdout).toMatch(/ then\n  spec-kitty sync now\n/)
      servers.pop()?.close()
      expect((await work.run(['sync', 'now'])).status).toBe(0)
      await work.run(['sync', 'stop'])
      await work.publish(['b'])
      expect((await work.run(['sync', 'status'])).stdout).toMatch(/nothing leaves: no sync daemon runs\n/)
    } finally {
      for (const server of servers) server.close()
      await work.end()
    }
  })

  it('has its busy ports passed over, also those of a wildcard and of IPv6', async () => {
    await take(9400)
    await take(9401, '0.0.0.0')
    await take(9402, '::')
    expect(root.start().port).toBe(9403)
  })
})

describe('a start while another process holds the life-cycle lock', () => {
  it('says after a second what it waits for and who holds it, and starts when the lock is free', async () => {
    const lock = spawnHolder(root.path)
    const holder = await lock.ready
    const child = startCli(['sync', 'start'], root.env)
    let said = ''
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
    const ended = once(child, 'exit')
    expect(await until(() => said.includes('waiting'))).toBe(true)
    const [, seconds = ''] = /, (\d+) s at most\n$/.exec(said) ?? []
    const held = `${root.file('lifecycle.lock')}, held by process ${holder}`
    expect(said).toBe(`waiting for the lock ${held}, ${seconds} s at most\n`)
    expect(Number(seconds)).toBeLessThanOrEqual(30)
    lock.stop()
    expect(await ended).toEqual([0, null])
    expect(root.remember()).not.toBe(null)
  })

  it('gives up with 75 after half a minute', async () => {
    const { status, stdout, stderr } = await refused.ended
    expect([status, stdout]).toEqual([75, ''])
    const said = expect.stringMatching(new RegExp(`waited 30 s .*, held by process ${refused.holder}\\b`))
    expect(lineOf(stderr)).toEqual([said])
    expect(daemonsOf(refused.root.path)).toEqual([])
  })
})
