import { randomInt } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { tally } from '../../../familiar/test/helpers/counts.js'
import { spawnHostile } from '../../../../stand-ins/hostile.mjs'
import { spawnPredecessor, stopAll } from '../../../../stand-ins/predecessor.mjs'
import {
  deadOf,
  flawOf,
  makeHome,
  nameInRecord,
  spawnAgainAndAgain,
  type Home,
  type Innocent,
} from '../helpers/herd-home.js'
import { holdersOf, listeningFor, processesWith, servingRoot } from '../helpers/herd-machine.mjs'
import { randomFrom } from '../helpers/herd-random.cjs'
import { watchRoot } from '../helpers/herd-watch.js'
import { startTicksOf } from '../helpers/machine.js'
import { lineOf, lives, makeRoot, until, type Daemon } from './sync-root.js'
import { startTimed } from './sync-timed.js'

/**
 * #1071 of the predecessor: several spawners in one `$HOME` each start a daemon, overwrite the one record file, and take
 * the pid in it, which may be anybody's by then, for a daemon to end or to adopt. Orphans stay, strangers die.
 */
const SEED = Number(process.env['HERD_SEED'] ?? randomInt(2 ** 31))
const SPAWNERS = 8
const TIMES = 5

/** A predecessor's daemon counts as starting for 30 s after its birth. */
const AGE_MS = 31_000

/** The daemon cleans up after its start, and where the lock was busy then, at its next tick. */
const CLEANED_MS = 45_000

let one: Home
let other: Home
let legacy: Home
let legacyBornAt: number
let recorded: Innocent
const unrecorded: Innocent[] = []
const innocents: Innocent[] = []

function processOf({ pid }: { readonly pid: number }): Innocent {
  return { pid, ticks: startTicksOf(pid) ?? 'gone' }
}

beforeAll(async () => {
  const root = makeRoot('one/.spec-kitty')
  one = makeHome(root)
  other = makeHome(root.beside(join(root.base, 'other', '.spec-kitty')))
  legacy = makeHome(root.beside(join(root.base, 'legacy', '.spec-kitty')))
  for (const [index, version] of ['3.2.2', '3.2.2', '3.2.3', '3.2.4', '3.2.5', '3.2.5'].entries()) {
    const options = { family: 'sync', root: legacy.root.path, port: 9430 + index, version } as const
    unrecorded.push(processOf(await spawnPredecessor({ ...options, record: true })))
  }
  recorded = unrecorded.pop() ?? { pid: 0, ticks: 'gone' }
  const bystanders = [
    spawnHostile('sleep', 0),
    spawnHostile('sleep', 0),
    spawnHostile('http', 9440),
    spawnHostile('silent', 9441),
    spawnPredecessor({ family: 'sync', root: legacy.root.path, port: 9442, marker: false }),
    spawnPredecessor({ family: 'sync', root: join(root.base, 'nowhere'), port: 9443 }),
  ]
  innocents.push(...(await Promise.all(bystanders)).map(processOf))
  legacyBornAt = performance.now()
})

afterAll(async () => {
  await stopAll()
  await one?.root.end()
})

/** What there is of ours in a home. A daemon that just came up may be looking around, with a child and a lock. */
function seenIn({ root }: Home): object {
  const inHome = processesWith(dirname(root.path))
  return {
    listening: listeningFor(root.path),
    serving: servingRoot(root.path).filter(isNoInnocent),
    inHome: inHome.filter(isNoInnocent),
    daemonLock: holdersOf(root.file('daemon.lock')),
    lifecycleLock: holdersOf(root.file('lifecycle.lock')),
    temporary: readdirSync(root.file('.')).filter((name) => name.startsWith('.record-')),
  }
}

function isNoInnocent(pid: number): boolean {
  return !innocents.some((innocent) => innocent.pid === pid)
}

/** Starts the daemon once more and expects it to be all that there is of ours in this home. */
async function expectOneDaemon(home: Home): Promise<Daemon> {
  const { status, stderr, daemon } = await home.run(['sync', 'start'])
  expect([status, stderr]).toEqual([0, ''])
  const recordedNow = home.root.remember()
  expect(recordedNow?.pid).toBe(daemon)
  const one = [daemon]
  const expected = { listening: one, serving: one, inHome: one, daemonLock: one }
  await expect
    .poll(() => seenIn(home), { timeout: 10_000 })
    .toEqual({ ...expected, lifecycleLock: [], temporary: [] })
  return recordedNow as Daemon
}

/** Lets the spawners of a home go at each other, and returns what they did. */
async function disturb(home: Home, spawners: number, seed: number): Promise<string> {
  const watch = await watchRoot(home.root.path)
  const all = Array.from({ length: spawners }, (_, index) =>
    spawnAgainAndAgain(home, TIMES, randomFrom(seed + index), innocents),
  )
  const turns = (await Promise.all(all)).flat()
  const { several, samples } = await watch.stop()
  expect(several).toEqual([])
  expect(turns.map(({ ended }) => flawOf(ended)).filter((flaw) => flaw !== null)).toEqual([])
  const ends = turns.map(({ command, ended }) => `${command}: exit ${ended.status}`)
  const why = turns.flatMap(({ ended }) => lineOf(ended.stderr)).map((line) => line.replaceAll(/\d+/g, 'N'))
  const deeds = turns.filter(({ command }) => command === 'start').map(({ deed }) => deed)
  return JSON.stringify({ seed, ends: tally(ends), deeds: tally(deeds), samples, why: tally(why) })
}

describe('#1071 several spawners in one $HOME', () => {
  it(
    'have one daemon between them, however often it is stopped, killed, or its record names a stranger',
    { timeout: 180_000 },
    async () => {
      console.log(await disturb(one, SPAWNERS, SEED))
      const daemon = await expectOneDaemon(one)
      expect(lives(daemon)).toBe(true)
      expect(deadOf(innocents)).toEqual([])
    },
  )

  it('do not touch what runs in another home', { timeout: 180_000 }, async () => {
    expect((await other.run(['sync', 'start'])).status).toBe(0)
    const theirs = other.root.remember()
    const before = readFileSync(other.root.file('record.json'), 'utf8')
    console.log(await disturb(one, SPAWNERS / 2, SEED + SPAWNERS))
    for (const force of [[], ['--force', '--port', String(theirs?.port)]]) {
      expect((await one.run(['auth', 'doctor', '--reset', ...force])).signal).toBe(null)
    }
    expect((await other.run(['sync', 'start'])).daemon).toBe(theirs?.pid)
    expect(theirs !== null && lives(theirs)).toBe(true)
    expect(readFileSync(other.root.file('record.json'), 'utf8')).toBe(before)
    const [ours, again] = [await expectOneDaemon(one), await expectOneDaemon(other)]
    expect([again.pid, ours.pid === again.pid]).toEqual([theirs?.pid, false])
    expect((await other.run(['sync', 'stop'])).status).toBe(0)
    expect([lives(ours), lives(again)]).toEqual([true, false])
  })
})

describe('#1071 a record that names a living stranger', () => {
  it.each([
    ['with a birth of its own', true],
    ['with the birth of another', false],
  ])('%s harms neither the stranger nor the daemon of the home', { timeout: 60_000 }, async (_, isTrue) => {
    await one.run(['sync', 'stop'])
    startTimed(one.root, { tickMs: 500 })
    nameInRecord(one.root, innocents[0] ?? { pid: 0, ticks: '' }, isTrue)
    // Where the daemon takes the stranger for its successor it leaves, and the next command has to start another.
    let isServed = false
    for (const end = performance.now() + 30_000; !isServed && performance.now() < end;) {
      const ended = await one.run(['sync', 'start'])
      expect(flawOf(ended)).toBe(null)
      isServed = ended.status === 0
    }
    await expectOneDaemon(one)
    expect(deadOf(innocents)).toEqual([])
  })
})

describe('#1071 what the predecessor leaves: six daemons of one root, and a record of the last', () => {
  it('becomes one daemon of ours, and nobody else is harmed', { timeout: 180_000 }, async () => {
    await sleep(Math.max(0, legacyBornAt + AGE_MS - performance.now()))
    const record = join(legacy.root.path, 'sync-daemon')
    const text = readFileSync(record, 'utf8')
    expect([unrecorded.every(lives), lives(recorded)]).toEqual([true, true])
    const herd = Array.from({ length: SPAWNERS }, () => legacy.run(['sync', 'start']))
    const ends = await Promise.all(herd)
    const [daemon, ...more] = new Set(ends.map((end) => end.daemon))
    expect([ends.filter(({ status }) => status !== 0), more]).toEqual([[], []])
    expect(legacy.root.remember()?.pid).toBe(daemon)

    expect([lives(recorded), existsSync(record)]).toEqual([false, false])
    const aside = readdirSync(legacy.root.path).filter((name) => name.startsWith('sync-daemon.replaced-'))
    const kept = text.replace(/[0-9a-f]{32,}/, '<redacted>')
    expect(aside.map((name) => readFileSync(join(legacy.root.path, name), 'utf8'))).toEqual([kept])
    expect(await until(() => !unrecorded.some(lives), CLEANED_MS)).toBe(true)
    await expectOneDaemon(legacy)
    expect(deadOf(innocents)).toEqual([])
  })
})
