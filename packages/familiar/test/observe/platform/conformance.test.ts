import { once } from 'node:events'
import { createServer, type ListenOptions } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createDarwin } from '../../../src/observe/platform/darwin.js'
import type { RunTool } from '../../../src/observe/platform/run-tool.js'
import { selectPlatform } from '../../../src/observe/platform/select.js'
import { shareListeners } from '../../../src/observe/platform/share-listeners.js'
import { createWin32 } from '../../../src/observe/platform/win32.js'
import { conformance } from '../../conformance.js'
import { killChild, startChild } from '../../helpers/children.js'
import { eventually } from '../../helpers/eventually.js'
import { leaveNothing } from '../../helpers/leaks.js'
import { startTicksOf, stateOf } from '../../helpers/machine.js'
import { portsOf } from '../../helpers/ports.js'
import { threadOf } from '../../helpers/processes.js'
import { startZombie } from '../../helpers/zombie.js'
import { captured, replay } from './captured.js'

const ports = portsOf('observe/platform/conformance')
const real = await selectPlatform()
const soon = (): AbortSignal => AbortSignal.timeout(20_000)

/** One listener of each kind, all in this process. */
const binds: readonly ListenOptions[] = [
  { port: ports.from, host: '127.0.0.1' },
  { port: ports.from, host: '::1' },
  { port: ports.from + 1, host: '0.0.0.0' },
  { port: ports.from + 2, host: '::', ipv6Only: true },
  { port: ports.from + 3, host: '::' },
]
const servers = binds.map(() => createServer())

leaveNothing(ports)

beforeAll(async () => {
  for (const [index, server] of servers.entries()) {
    server.listen(binds[index])
    await once(server, 'listening')
  }
})

afterAll(() => servers.forEach((server) => server.close()))

let dead = 0

beforeAll(async () => {
  const child = startChild('true', [])
  await once(child, 'exit')
  dead = child.pid ?? 0
})

for (const [name, platform] of [
  [`of this machine (${real.name})`, real],
  ['of this machine, asked by many at once', shareListeners(real, ports)],
] as const) {
  conformance(name, () => ({
    platform,
    range: ports,
    listening: binds.map(({ port = 0, host = '' }) => ({ port, address: host, pid: process.pid })),
    living: [process.pid, process.ppid],
    dead,
  }))
}

conformance('darwin, fed what its tools have printed', () => ({
  platform: createDarwin(
    replay({
      lsof: captured('darwin/lsof-listeners.txt'),
      ps: captured('darwin/ps-daemons.txt'),
      sysctl: 'B6B1F0A4-5C1E-4E0B-9D53-7A2C4F6E8D10\n',
    }).run,
  ),
  range: { from: 9400, to: 9450 },
  listening: [
    { port: 9400, address: '127.0.0.1', pid: 812 },
    { port: 9401, address: '::1', pid: 2077 },
    { port: 9402, address: '0.0.0.0', pid: 2101 },
    { port: 9403, address: '::', pid: 2101 },
  ],
  living: [812, 2077, 2101, 2210],
  dead: 4_000_000,
}))

/** PowerShell answers every question; which one it is shows in the script. */
const powershell: RunTool = async (_file, args) => {
  const script = args.at(-1) ?? ''
  if (script.includes('Get-NetTCPConnection')) return captured('win32/listeners.json')
  return captured(script.includes('Win32_Process') ? 'win32/processes.json' : 'win32/host.json')
}

conformance('win32, fed what its tools have printed', () => ({
  platform: createWin32(powershell),
  range: { from: 9400, to: 9450 },
  listening: [
    { port: 9400, address: '127.0.0.1', pid: 9120 },
    { port: 9400, address: '::1', pid: 9120 },
    { port: 9401, address: '0.0.0.0', pid: 11332 },
    { port: 9402, address: '::', pid: 11332 },
  ],
  living: [9120, 11332],
  dead: 4_000_000,
}))

describe('the platform of this machine, asked about real processes', () => {
  it('finds this process with its arguments, its executable and its parent', async () => {
    const view = (await real.inspect([process.pid], soon())).get(process.pid)
    expect(view).toMatchObject({ parent: process.ppid, executable: process.execPath, executableGone: false })
    expect(view?.command).toMatchObject({ args: expect.arrayContaining([expect.stringContaining('node')]) })
    expect(view?.startTime).toContain(startTicksOf(process.pid))
    expect(view?.namespaces).toBe((await real.host()).namespaces)
    expect(view?.user).toBe((await real.host()).user)
    expect(Math.abs((view?.ageSeconds ?? 0) - process.uptime())).toBeLessThan(5)
  })

  it('reports the CPU time of a process: it grows while the process works, and not while it is stopped', async () => {
    const child = startChild('sh', ['-c', 'while :; do :; done'])
    const pid = child.pid ?? 0
    const spent = async (): Promise<number> => (await real.inspect([pid], soon())).get(pid)?.cpuSeconds ?? -1
    await eventually(async () => expect(await spent()).toBeGreaterThan(0.05))
    child.kill('SIGSTOP')
    await eventually(() => expect(stateOf(pid)).toBe('T'))
    const stopped = await spent()
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(await spent()).toBe(stopped)
    await killChild(child)
  })

  it('keeps odd arguments apart, as they were given', async () => {
    const odd = ['-c', 'read -r line', '', 'a b', "it's\n", 'ö', '--x=$HOME']
    const child = startChild('sh', odd, { stdio: ['pipe', 'ignore', 'ignore'] })
    const pid = child.pid ?? 0
    await eventually(async () => {
      const view = (await real.inspect([pid], soon())).get(pid)
      expect(view?.command).toEqual({ args: ['sh', ...odd] })
    })
  })

  it('reads arguments that are not UTF-8 byte by byte: two that differ stay apart', async () => {
    const script = `exec sh -c 'read -r line' "$(printf 'a\\351')" "$(printf 'a\\350')" "$(printf 'a\\357\\277\\275')"`
    const child = startChild('bash', ['-c', script], { stdio: ['pipe', 'ignore', 'ignore'] })
    const pid = child.pid ?? 0
    await eventually(async () => {
      const view = (await real.inspect([pid], soon())).get(pid)
      expect(view?.command).toEqual({ args: ['sh', '-c', 'read -r line', 'a\udce9', 'a\udce8', 'a\ufffd'] })
    })
  })

  it('finds a stopped process, and does not find it once it was killed', async () => {
    const child = startChild('sleep', ['600'])
    const pid = child.pid ?? 0
    child.kill('SIGSTOP')
    await eventually(() => expect(stateOf(pid)).toBe('T'))
    expect((await real.inspect([pid], soon())).has(pid)).toBe(true)
    await killChild(child)
    expect((await real.inspect([pid], soon())).has(pid)).toBe(false)
  })

  it.runIf(process.platform === 'linux')('no thread, though /proc answers to its id', async () => {
    const thread = threadOf(process.pid)
    expect(startTicksOf(thread)).not.toBeNull()
    expect([...(await real.inspect([thread, process.pid], soon())).keys()]).toEqual([process.pid])
  })

  it('does not find a zombie', async () => {
    const pid = await startZombie()
    expect((await real.inspect([pid], soon())).has(pid)).toBe(false)
    expect(stateOf(pid)).toBe('Z')
  })

  it('gives two processes two start times, and each its own for good', async () => {
    const first = startChild('sleep', ['600']).pid ?? 0
    await new Promise((resolve) => setTimeout(resolve, 50))
    const second = startChild('sleep', ['600']).pid ?? 0
    const startTimes = async (): Promise<readonly unknown[]> => {
      const views = await real.inspect([first, second], soon())
      return [views.get(first)?.startTime, views.get(second)?.startTime]
    }
    const [one, other] = await startTimes()
    expect(one).not.toBe(other)
    expect(await startTimes()).toEqual([one, other])
  })

  it('gives a port that was bound anew another socket', async () => {
    const port = ports.from + 10
    const range = { from: port, to: port + 1 }
    const sockets: string[] = []
    for (const _ of [1, 2]) {
      const server = createServer().listen(port, '127.0.0.1')
      await once(server, 'listening')
      sockets.push(...(await real.listeners(range, soon())).map(({ socket }) => socket))
      server.close()
      await once(server, 'close')
    }
    expect(new Set(sockets).size).toBe(2)
    expect(await real.listeners(range, soon())).toEqual([])
  })
})

it('those who ask for listeners at once are answered by one scan, those who ask later by a later one', async () => {
  const looks: string[] = []
  const counted = {
    ...real,
    listeners: (range: typeof ports, deadline: AbortSignal) => {
      looks.push(`${range.from}-${range.to}`)
      return real.listeners(range, deadline)
    },
  }
  const shared = shareListeners(counted, ports)
  const ask = (at: number) => shared.listeners({ from: ports.from + at, to: ports.from + at + 1 }, soon())
  const [first, second] = await Promise.all([ask(0), ask(1)])
  expect([first, second].map((found) => found.length)).toEqual([2, 1])
  expect(looks).toEqual([`${ports.from}-${ports.to}`])
  await ask(0)
  expect(looks).toHaveLength(2)
})
