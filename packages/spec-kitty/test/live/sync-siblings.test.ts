import { once } from 'node:events'
import { createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { spawnPredecessor, stopAll } from '../../../../stand-ins/predecessor.mjs'
import { listenersOn, startTicksOf } from '../helpers/machine.js'
import { gone, lives, makeRoot, processesNaming, until, type Daemon, type SyncRoot } from './sync-root.js'
import { startTimed } from './sync-timed.js'

/** Stale daemons of a root go without anybody asking for it: the daemon ends them, and no command waits for that. */
let cold: SyncRoot
let warm: SyncRoot
let running: Daemon
let crowded: SyncRoot
let inTheWay: Sibling

type Sibling = Pick<Daemon, 'pid' | 'ticks'>

/** What a dry run said while the siblings were young. */
const planned: Record<'cold' | 'warm', string> = { cold: '', warm: '' }
const siblings: Record<'cold' | 'warm' | 'spared', Sibling[]> = { cold: [], warm: [], spared: [] }
const stubborn: Partial<Record<'cold' | 'warm', Sibling>> = {}

/** A predecessor's daemon counts as starting for 30 s after its start; all are started first and wait together. */
const AGE_MS = 31_000

async function sibling(root: string, port: number, version: string, more: object = {}): Promise<Sibling> {
  const { pid } = await spawnPredecessor({ family: 'sync', root, port, version, ...more })
  return { pid, ticks: startTicksOf(pid) ?? 'gone' }
}

beforeAll(async () => {
  cold = makeRoot('cold')
  warm = cold.beside(join(cold.base, 'warm'))
  running = startTimed(warm, { cleanEveryMs: 100 })
  for (const [which, { path }, from] of [
    ['cold', cold, 9410],
    ['warm', warm, 9420],
  ] as const) {
    siblings[which].push(await sibling(path, from, '3.2.2'))
    siblings[which].push(await sibling(path, from + 1, '3.2.3'))
    siblings[which].push(await sibling(path, from + 2, '3.2.4'))
    stubborn[which] = await sibling(path, from + 3, '3.2.4', { behaviour: 'ignore-term' })
    siblings[which].push(stubborn[which])
    siblings.spared.push(await sibling(path, from + 4, '3.2.3', { marker: false }))
    siblings.spared.push(await sibling(join(cold.base, 'elsewhere'), from + 5, '3.2.4'))
  }
  crowded = cold.beside(join(cold.base, 'crowded'))
  inTheWay = await sibling(crowded.path, 9430, '3.2.4')
  planned.cold = cold.run(['auth', 'doctor', '--reset', '--dry-run']).stdout
  planned.warm = warm.run(['auth', 'doctor', '--reset', '--dry-run']).stdout
  await sleep(AGE_MS)
})

afterAll(async () => {
  await stopAll()
  await cold?.end()
})

/** Waits for the end of each, as one. */
async function allGone(which: readonly Sibling[]): Promise<readonly boolean[]> {
  return Promise.all(which.map((one) => gone(one)))
}

/** Every process that serves the root by its marker. */
function serving(root: SyncRoot): readonly number[] {
  return processesNaming(`--spec-kitty-daemon-root=${root.path} `).map(({ pid }) => pid)
}

function isAlive(which: Sibling | undefined): boolean {
  return which !== undefined && lives(which)
}

/** Takes every port of the range that is free. */
async function takeTheRest(): Promise<readonly Server[]> {
  const busy = new Set(listenersOn(9400, 9450).map(({ port }) => port))
  const free = Array.from({ length: 50 }, (_, index) => 9400 + index).filter((port) => !busy.has(port))
  return Promise.all(
    free.map(async (port) => {
      const server = createServer().listen(port, '127.0.0.1')
      await once(server, 'listening')
      return server
    }),
  )
}

describe('stale siblings', () => {
  it('are ended by the daemon that runs: a dry run says so, and only if one runs', () => {
    const said = 'The sync daemon of this home also ends stale ones by itself, at most once a minute.'
    expect(planned.warm).toContain('would be swept: 0')
    expect([planned.cold.includes(said), planned.warm.includes(said)]).toEqual([false, true])
  })

  it('of a cold start go, and exactly one daemon remains', async () => {
    expect(serving(cold)).toHaveLength(siblings.cold.length)
    const { document, status } = cold.json(['sync', 'start'])
    expect([isAlive(stubborn.cold), status, document.outcome]).toEqual([true, 0, 'started'])
    expect(await allGone(siblings.cold)).toEqual(siblings.cold.map(() => true))
    expect(serving(cold)).toEqual([document.pid])
  })

  it('beside a healthy daemon go too: a command leaves that daemon, starts none, and does not wait', async () => {
    expect(siblings.warm.map(lives)).toEqual(siblings.warm.map(() => true))
    const { document, status } = warm.json(['sync', 'start'])
    expect([isAlive(stubborn.warm), status]).toEqual([true, 0])
    expect(document).toMatchObject({ outcome: 'found', pid: running.pid })
    expect(await allGone(siblings.warm)).toEqual(siblings.warm.map(() => true))
    expect([serving(warm), lives(running)]).toEqual([[running.pid], true])
  })

  it('are named in the log of the daemon that ended them', async () => {
    const retired = () =>
      warm
        .run(['sync', 'logs'])
        .stdout.trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line))
        .find(({ event }) => event === 'siblings_retired')
    // The daemon looks once more before it says so.
    expect(await until(() => retired() !== undefined)).toBe(true)
    expect(retired().ports.toSorted()).toEqual([9420, 9421, 9422, 9423])
  })

  it('make room where every port is taken, which is the one start that waits for them', async () => {
    const servers = await takeTheRest()
    const { document, status } = crowded.json(['sync', 'start'])
    for (const server of servers) server.close()
    expect([status, document.port, isAlive(inTheWay)]).toEqual([0, 9430, false])
  })

  it('that cannot be proven to be of this root are left', () => {
    expect(siblings.spared.map(lives)).toEqual(siblings.spared.map(() => true))
  })
})
