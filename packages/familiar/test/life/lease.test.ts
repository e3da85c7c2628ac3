import { once } from 'node:events'
import { existsSync } from 'node:fs'
import type { Duplex } from 'node:stream'
import { createInterface } from 'node:readline'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { startChild } from '../helpers/children.js'
import { commandOf, leaveNoDaemons, recordIn, recordPath, startDaemonIn } from '../helpers/daemons.js'
import { makeHome } from '../helpers/homes.js'
import { listenersOn } from '../helpers/machine.js'
import { portsOf } from '../helpers/ports.js'

const ports = portsOf('life/lease')

/** How long a daemon waits for its adoption. */
const STARTUP_PIPE_MS = 10_000
const AT_ONCE_MS = 3_000

leaveNoDaemons(ports)

/** Starts a daemon and keeps the other end of its start pipe, as a starter does. */
function startLeased() {
  const root = join(makeHome(), 'root')
  const child = startChild(process.execPath, commandOf(root, ports), {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  })
  const pipe = child.stdio[3] as Duplex
  const lines = createInterface({ input: pipe })[Symbol.asyncIterator]()
  const exited = once(child, 'exit')
  return {
    root,
    child,
    say: (message: object): boolean => pipe.write(`${JSON.stringify(message)}\n`),
    next: async () => {
      const { value, done } = await lines.next()
      return done === true
        ? null
        : (JSON.parse(value) as { ready?: { pid: number; port: number }; ok?: boolean })
    },
    hangUp: () => pipe.destroy(),
    /** The exit code, and how long it took from now. */
    exit: async () => {
      const began = performance.now()
      const [code] = (await exited) as [number | null]
      return { code, ms: performance.now() - began }
    },
  }
}

type Leased = ReturnType<typeof startLeased>

async function startReady() {
  const daemon = startLeased()
  daemon.say({ reason: 'first_start', previous_version: null, pid: process.pid, timing: {} })
  const ready = (await daemon.next())?.ready
  expect(ready).toMatchObject({ pid: daemon.child.pid, package_version: '1.0.0', protocol_version: 1 })
  return { ...daemon, port: ready?.port ?? 0 }
}

/** It never was there: no record, no listener. */
function expectNoTrace(root: string): void {
  expect([existsSync(recordPath(root)), listenersOn(ports.from, ports.to)]).toEqual([false, []])
}

describe('a daemon that is ready', () => {
  it('listens, and has no record before it is adopted', async () => {
    const daemon = await startReady()
    await sleep(300)
    expect([existsSync(recordPath(daemon.root)), listenersOn(daemon.port, daemon.port + 1).length]).toEqual([
      false,
      1,
    ])
    daemon.say({ adopt: true })
    expect(await daemon.next()).toEqual({ ok: true })
    expect(recordIn(daemon.root)).toMatchObject({
      pid: daemon.child.pid,
      port: daemon.port,
      state: 'running',
    })
    expect(await daemon.next()).toBeNull()
    const found = await startDaemonIn(daemon.root, ports)
    expect([found.pid, found.started]).toEqual([daemon.child.pid, null])
  })

  const ends: readonly (readonly [string, (daemon: Leased) => void])[] = [
    ['its starter is gone', ({ hangUp }) => hangUp()],
    ['it is refused', ({ say }) => say({ adopt: false })],
    ['it hears nonsense', ({ say }) => say([])],
  ]

  it.for(ends)('leaves at once when %s, with nothing to undo', async ([, end]) => {
    const daemon = await startReady()
    end(daemon)
    const { code, ms } = await daemon.exit()
    expect([code, ms < AT_ONCE_MS]).toEqual([0, true])
    expectNoTrace(daemon.root)
  })

  it('stays when its starter is gone right after the adoption', async () => {
    const daemon = await startReady()
    daemon.say({ adopt: true })
    daemon.hangUp()
    const found = await startDaemonIn(daemon.root, ports)
    expect([found.pid, found.started]).toEqual([daemon.child.pid, null])
  })

  it('and is never adopted leaves by itself', async () => {
    const daemon = await startReady()
    const { code, ms } = await daemon.exit()
    expect([code, ms > STARTUP_PIPE_MS - AT_ONCE_MS, ms < STARTUP_PIPE_MS + AT_ONCE_MS]).toEqual([
      0,
      true,
      true,
    ])
    expectNoTrace(daemon.root)
  })
})

it('a daemon whose starter is gone before a word was said takes nothing', async () => {
  const daemon = startLeased()
  daemon.hangUp()
  expect((await daemon.exit()).code).toBe(0)
  expect(existsSync(daemon.root)).toBe(false)
})
