import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { setTimeout as sleep } from 'node:timers/promises'
import { spawnPredecessor, stopAll } from '../../../../stand-ins/predecessor.mjs'
import { listenersOn, startTicksOf } from '../helpers/machine.js'
import { lives, makeRoot, type SyncRoot } from './sync-root.js'

/** Many healthy daemons of one root end at once: each by SIGTERM, because each needs CPU time that all of them share. */
let root: SyncRoot
let fleet: readonly Started[]
let odd: Readonly<Record<'works' | 'sleeps' | 'closes', Started>>

interface Started {
  readonly pid: number
  readonly ticks: string
  readonly port: number
}

const RELEASES = ['3.2.2', '3.2.3', '3.2.4', '3.2.5', '3.2.6']
const PORTS = Array.from({ length: 18 }, (_, index) => 9400 + index)

/** A predecessor's daemon counts as starting for 30 s after its start. */
const AGE_MS = 31_000

async function start(port: number, version: string, more: object = {}): Promise<Started> {
  const { pid } = await spawnPredecessor({ family: 'sync', root: root.path, port, version, ...more })
  return { pid, port, ticks: startTicksOf(pid) ?? 'gone' }
}

beforeAll(async () => {
  root = makeRoot('.spec-kitty')
  fleet = await Promise.all(PORTS.map((port, index) => start(port, RELEASES[index % RELEASES.length] ?? '')))
  odd = {
    works: await start(9420, '3.2.4', { endCpuMs: 60_000 }),
    sleeps: await start(9421, '3.2.4', { behaviour: 'ignore-term' }),
    closes: await start(9422, '3.2.4', { endSleepMs: 3_000 }),
  }
  await sleep(AGE_MS)
})

afterAll(async () => {
  await stopAll()
  await root?.end()
})

function reset(...args: readonly string[]) {
  const { status, document } = root.json(['auth', 'doctor', '--reset', ...args])
  return { status, result: document.reset_result }
}

function pathsOf(result: { readonly swept: readonly { port: number; cleanup_path: string }[] }) {
  return Object.fromEntries(result.swept.map(({ port, cleanup_path }) => [port, cleanup_path]))
}

describe('auth doctor --reset', () => {
  it.for([
    ['works', 'works for longer than 5 s', 'kill'],
    ['sleeps', 'ignores SIGTERM and sleeps', 'kill'],
    ['closes', 'closes its port and sleeps for 3 s', 'terminate'],
  ] as const)('%s: ends one that %s', ([name, , path]) => {
    const { port } = odd[name]
    const { status, result } = reset('--port', String(port))
    expect([status, pathsOf(result), result.failed]).toEqual([0, { [port]: path }, []])
    expect(lives(odd[name])).toBe(false)
  })

  it('ends eighteen of 3.2.2 to 3.2.6 at once, every one by SIGTERM', () => {
    const { status, result } = reset()
    expect([status, result.failed, result.skipped]).toEqual([0, [], []])
    expect(pathsOf(result)).toEqual(Object.fromEntries(PORTS.map((port) => [port, 'terminate'])))
    expect([fleet.filter(lives), listenersOn(9400, 9450)]).toEqual([[], []])
  })
})
