import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { spawnHostile } from '../../../../stand-ins/hostile.mjs'
import { spawnPredecessor } from '../../../../stand-ins/predecessor.mjs'
import { scan } from '../../src/observe/scan.js'
import { selectPlatform } from '../../src/observe/platform/select.js'
import { testFamily } from '../helpers/family.js'
import { makeHome, treeOf } from '../helpers/homes.js'
import { leaveNothing } from '../helpers/leaks.js'
import { childrenOf } from '../helpers/machine.js'
import { blind } from '../helpers/platforms.js'
import { portsIn, portsOf } from '../helpers/ports.js'
import { hold } from '../helpers/proven.js'
import { candidateAt, SAFE, verdictAt } from '../helpers/seen.js'
import { startServer } from '../helpers/server.js'
import { needCommand, needRoot, NOBODY, skipAloud } from '../helpers/skip.js'

const ports = portsOf('observe/scan')
const family = testFamily(ports)
const nextPort = portsIn(ports)
const platform = await selectPlatform()

leaveNothing(ports)

type Options = Partial<Parameters<typeof spawnPredecessor>[0]>

/** Starts a daemon in a root of its own and returns what a scan from that root says of it. */
async function verdictOn(options: Options | ((root: string) => Options), looker = family) {
  const root = makeHome()
  const daemon = await spawnPredecessor({
    family: 'sync',
    port: nextPort(),
    root,
    ...(typeof options === 'function' ? options(root) : options),
  })
  if (options === STOPPED) await hold(daemon)
  return verdictAt(await scan(looker, root, platform), daemon.port)
}

const STOPPED: Options = {}

describe('a scan says of a daemon of its root', () => {
  const rows: readonly (readonly [string, Options, readonly (string | null)[]])[] = [
    ['that nothing speaks against', {}, SAFE],
    ['of 3.2.2, which does not name itself', { version: '3.2.2' }, SAFE],
    ['of a release candidate', { version: '3.2.6rc3' }, SAFE],
    ['on IPv6', { bind: '::1' }, SAFE],
    ['on every IPv4 address', { bind: '0.0.0.0' }, SAFE],
    ['on every address', { bind: '::' }, SAFE],
    ['on every IPv6 address', { bind: '::', ipv6Only: true }, SAFE],
    ['that has the record', { record: true }, ['never_touch', 'is_recorded_singleton', 'S5']],
    ['that has no marker', { marker: false }, ['operator_required', 'pre_marker', 'S9']],
    ['that is deaf', { behaviour: 'deaf' }, ['operator_required', 'unresponsive', 'S11']],
    ['that is stopped', STOPPED, ['operator_required', 'unresponsive', 'S11']],
    [
      'with a pid of another',
      { health: { owner: { pid: process.pid } } },
      ['operator_required', 'pid_port_mismatch', 'S12'],
    ],
    [
      'with a pid that no daemon has',
      { health: { owner: { pid: 1 } } },
      ['operator_required', 'pid_port_mismatch', 'S12'],
    ],
    ['without a pid', { health: { owner: null } }, ['operator_required', 'ambiguous', 'S17']],
    ['without a root', { health: { singleton_scope_id: null } }, ['operator_required', 'ambiguous', 'S17']],
    [
      'with a port of another',
      { health: { owner: { port: 9400 } } },
      ['operator_required', 'pid_port_mismatch', 'S12'],
    ],
    ['started for another port', { argvPort: 9400 }, ['operator_required', 'pid_port_mismatch', 'S12']],
    [
      'of 3.2.3, started for another port',
      { version: '3.2.3', argvPort: 9400 },
      ['operator_required', 'pid_port_mismatch', 'S12'],
    ],
    [
      'of 3.2.3, with a token of another',
      { version: '3.2.3', health: { token: 'of another' } },
      ['operator_required', 'pid_port_mismatch', 'S12'],
    ],
  ]

  it.for(rows)('%s', async ([, options, expected]) => {
    expect(await verdictOn(options)).toEqual(expected)
  })

  it('that is too young to have a record', async () => {
    expect(await verdictOn({}, testFamily(ports, 3600))).toEqual(['operator_required', 'starting', 'S15'])
  })

  it('that names a relative path as its root', async () => {
    expect(await verdictOn((root) => ({ marker: '.', cwd: root }))).toEqual([
      'operator_required',
      'ambiguous',
      'S17',
    ])
  })

  it('that is a dashboard', async () => {
    const project = makeHome()
    expect(await verdictOn({ family: 'dashboard', project })).toEqual([
      'never_touch',
      'dashboard_family',
      'S2',
    ])
  })

  it('that cannot be seen by its socket', async () => {
    const root = makeHome()
    const { port } = await spawnPredecessor({ family: 'sync', port: nextPort(), root })
    const seen = await scan(family, root, blind(platform))
    expect(verdictAt(seen, port)).toEqual(['operator_required', 'missing_pid', 'S7'])
    expect(candidateAt(seen, port).proof).toBeNull()
  })

  it('of another user', async (context) => {
    needRoot(context)
    const options = { uid: NOBODY, gid: NOBODY, owner: false }
    const verdict = await verdictOn(options).catch((error: unknown) => skipAloud(context, String(error)))
    expect(verdict).toEqual(['operator_required', 'other_user', 'S6'])
  })

  it('of another mount namespace', async (context) => {
    needCommand(context, 'unshare', ['--mount'])
    const node = join(makeHome(), 'node')
    writeFileSync(node, `#!/bin/sh\nexec unshare --mount ${process.execPath} "$@"\n`)
    chmodSync(node, 0o755)
    const root = makeHome()
    const { port } = await spawnPredecessor({ family: 'sync', port: nextPort(), root, node })
    const seen = await scan(family, root, platform)
    expect(verdictAt(seen, port)).toEqual(['operator_required', 'missing_identity', 'S8'])
    expect(candidateAt(seen, port).proof).toBeNull()
  })
})

describe('a scan', () => {
  const servers: { close(): Promise<void> }[] = []
  afterAll(() => Promise.all(servers.map((server) => server.close())))

  it('takes what one process holds on one port for one candidate', async () => {
    const port = nextPort()
    for (const host of ['127.0.0.1', '::1'])
      servers.push(await startServer({ host, port }, (socket) => socket.end()))
    const { observation } = candidateAt(await scan(family, makeHome(), platform), port)
    expect(observation.pid).toBe(process.pid)
    expect(observation.listeners.map(({ address }) => address).toSorted()).toEqual(['127.0.0.1', '::1'])
  })

  it('takes two processes on one port for two candidates', async () => {
    const root = makeHome()
    const port = nextPort()
    const daemon = await spawnPredecessor({ family: 'sync', port, root })
    const stranger = await spawnHostile('http', port, { host: '::1' })
    const found = (await scan(family, root, platform)).candidates.filter(
      ({ observation }) => observation.port === port,
    )
    const byPid = new Map(found.map(({ observation, verdict }) => [observation.pid, verdict.reason]))
    expect(byPid).toEqual(
      new Map([
        [daemon.pid, null],
        [stranger.pid, 'third_party'],
      ]),
    )
  })

  it('does not see what listens outside the range', async () => {
    const root = makeHome()
    const [below, inside] = [nextPort(), nextPort()]
    for (const port of [below, inside]) await spawnPredecessor({ family: 'sync', port, root })
    const narrow = { ...family, ports: { from: inside, to: inside + 1 } }
    expect(
      (await scan(narrow, root, platform)).candidates.map(({ observation }) => observation.port),
    ).toEqual([inside])
  })

  it('writes nothing and leaves no process behind', async () => {
    const root = makeHome()
    await spawnPredecessor({ family: 'sync', port: nextPort(), root })
    const before = [treeOf(root), childrenOf(process.pid)]
    await scan(family, root, platform)
    expect([treeOf(root), childrenOf(process.pid)]).toEqual(before)
  })
})
