import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { spawnHostile } from '../../../../stand-ins/hostile.mjs'
import { spawnPredecessor, stopAll } from '../../../../stand-ins/predecessor.mjs'
import { times } from '../../../familiar/test/helpers/counts.js'
import { figure } from '../../../familiar/test/helpers/figures.js'
import { seeded } from '../../../familiar/test/helpers/random.js'
import { deadOf, flawOf, makeHome, nameInRecord, type Home, type Innocent } from '../helpers/herd-home.js'
import { disturb, expectOneDaemon } from '../helpers/herd-same-home.js'
import { startTicksOf } from '../helpers/machine.js'
import { lives, makeRoot, until } from './sync-root.js'
import { startTimed } from './sync-timed.js'

/**
 * #1071 of the predecessor: several spawners in one `$HOME` each start a daemon, overwrite the one record file, and take
 * the pid in it, which may be anybody's by then, for a daemon to end or to adopt. Orphans stay, strangers die.
 */
const SPAWNERS = 8
const HERD = { spawners: SPAWNERS, times: times(3, 5) }

/** A predecessor's daemon counts as starting for 30 s after its start. */
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

describe('#1071 several spawners in one $HOME', () => {
  it(
    'have one daemon between them, however often it is stopped, killed, or its record names a stranger',
    { timeout: 180_000 },
    async () => {
      const { seed } = seeded('live/issue-1071-same-home')
      figure(await disturb(one, { ...HERD, seed }, innocents))
      const daemon = await expectOneDaemon(one, innocents)
      expect(lives(daemon)).toBe(true)
      expect(deadOf(innocents)).toEqual([])
    },
  )

  it('do not touch what runs in another home', { timeout: 180_000 }, async () => {
    expect((await other.run(['sync', 'start'])).status).toBe(0)
    const theirs = other.root.remember()
    const before = readFileSync(other.root.file('record.json'), 'utf8')
    const { seed } = seeded('live/issue-1071-same-home')
    figure(await disturb(one, { ...HERD, spawners: SPAWNERS / 2, seed }, innocents))
    for (const force of [[], ['--force', '--port', String(theirs?.port)]]) {
      expect((await one.run(['auth', 'doctor', '--reset', ...force])).signal).toBe(null)
    }
    expect((await other.run(['sync', 'start'])).daemon).toBe(theirs?.pid)
    expect(theirs !== null && lives(theirs)).toBe(true)
    expect(readFileSync(other.root.file('record.json'), 'utf8')).toBe(before)
    const [ours, again] = [await expectOneDaemon(one, innocents), await expectOneDaemon(other, innocents)]
    expect([again.pid, ours.pid === again.pid]).toEqual([theirs?.pid, false])
    expect((await other.run(['sync', 'stop'])).status).toBe(0)
    expect([lives(ours), lives(again)]).toEqual([true, false])
  })
})

describe('#1071 a record that names a living stranger', () => {
  it.each([
    ['with a start time of its own', true],
    ['with the start time of another', false],
  ])('%s harms neither the stranger nor the daemon of the home', { timeout: 240_000 }, async (_, isTrue) => {
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
    await expectOneDaemon(one, innocents)
    expect(deadOf(innocents)).toEqual([])
  })
})

describe('#1071 what the predecessor leaves: six daemons of one root, and a record of the last', () => {
  it('becomes one daemon of ours, and no other process is harmed', { timeout: 180_000 }, async () => {
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
    await expectOneDaemon(legacy, innocents)
    expect(deadOf(innocents)).toEqual([])
  })
})
