import { readdirSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { isMachineBusy } from '../../../familiar/test/helpers/busy.js'
import { times } from '../../../familiar/test/helpers/counts.js'
import { figure } from '../../../familiar/test/helpers/figures.js'
import { newSeed, randomFrom } from '../../../familiar/test/helpers/random.js'
import {
  brokenIn,
  makeMeadow,
  openGate,
  pausing,
  startCommand,
  stepsIn,
  type Command,
  type Ended,
  type Meadow,
} from '../helpers/herd.js'
import { holdersOf, listeningFor, processesWith } from '../helpers/herd-machine.mjs'
import { watchHerd, type Blow } from '../helpers/herd-watch.js'
import { makeRoot, type SyncRoot } from './sync-root.js'

/** Many commands at once on a cold root, held up at random at every step of a lock, one of them killed. */
const HERD = times(32, 64)
const ROUNDS = times(1, 20)
const SEED = newSeed()

/** How long after the life-cycle lock was first taken one is killed, at most: some time later all are served. */
const LONGEST_LIFE_MS = { holder: 700, anyone: 1_000 } as const

let root: SyncRoot
let meadow: Meadow

beforeEach(() => {
  root = makeRoot()
  meadow = makeMeadow(root.base)
})

afterEach(() => root.end())

function startHerd(seed: number): readonly Command[] {
  return Array.from({ length: HERD }, (_, index) =>
    startCommand(['sync', 'start', ...(index % 4 === 0 ? ['--json'] : [])], {
      ...root.env,
      ...pausing(meadow, seed + 2 * index),
    }),
  )
}

/** Mostly the one that starts the daemon is killed: the death of another makes no difference to anybody. */
function chooseBlow(herd: readonly Command[], random: () => number): Blow {
  const kind = random() < 0.75 ? 'holder' : 'anyone'
  const pid = kind === 'holder' ? 0 : (herd[Math.floor(random() * HERD)]?.child.pid ?? 0)
  return { pid, afterMs: Math.round(random() * LONGEST_LIFE_MS[kind]) }
}

/** What is there when all have ended: one daemon, the recorded one, and nothing else. */
function expectOneDaemon(pid: number): void {
  expect(root.remember()?.pid).toBe(pid)
  expect(processesWith(root.base)).toEqual([pid])
  expect(listeningFor(root.path)).toEqual([pid])
  expect(holdersOf(root.file('daemon.lock'))).toEqual([pid])
  expect(holdersOf(root.file('lifecycle.lock'))).toEqual([])
  const files = ['.gitignore', 'daemon.lock', 'daemon.log', 'lifecycle.lock', 'record.json']
  expect(readdirSync(root.file('.')).toSorted()).toEqual(files)
}

/**
 * Where others keep the machine busy, a daemon may not answer within the second that it is given: a command then says so,
 * which is the documented bound. That command, run again, must be served. On a quiet machine none may be refused.
 */
async function serveRefused(ends: readonly Ended[], isBusy: boolean): Promise<readonly Ended[]> {
  const refused = ends.filter(({ status }) => status === 1)
  const why = refused.map(({ stderr }) => stderr).filter((text) => !text.includes(') does not answer; '))
  expect(isBusy ? why : refused).toEqual([])
  const again: Ended[] = []
  for (const _ of refused) again.push(await startCommand(['sync', 'start'], root.env).ended)
  return again
}

/** Runs one round and returns what is to be told of it. */
async function runRound(seed: number): Promise<string> {
  const isBusy = await isMachineBusy()
  const random = randomFrom(seed)
  const herd = startHerd(seed)
  const blow = chooseBlow(herd, random)
  const watch = await watchHerd(root.path, meadow.trace, blow)
  for (const { ended } of herd) void ended.then(({ status }) => status === 0 && watch.expectOne())
  const gate = await openGate(meadow, HERD)
  const ends = await Promise.all(herd.map(({ ended }) => ended))
  gate.close()
  const { samples, several, none, killed } = await watch.stop()
  root.remember()

  expect([several, none]).toEqual([[], 0])
  const again = await serveRefused(ends, isBusy)
  const served = [...ends.filter(({ signal, status }) => signal === null && status !== 1), ...again]
  expect(served.filter(({ status }) => status !== 0)).toEqual([])
  const [daemon = 0, ...others] = new Set(served.map((end) => end.daemon ?? 0))
  expect([served.length, others]).toEqual([killed === null ? HERD : HERD - 1, []])
  expectOneDaemon(daemon)

  const steps = stepsIn(meadow.trace)
  expect(brokenIn(steps, killed)).toEqual([])
  expect(steps).toContainEqual({ pid: daemon, step: 'takes', lock: 'daemon.lock' })
  const slowest = Math.round(Math.max(...ends.map(({ at }) => at)) - gate.openedAt)
  const holders = new Set(steps.filter(({ lock }) => lock === 'lifecycle.lock').map(({ pid }) => pid))
  const isFirst =
    killed === steps.find(({ step, lock }) => step === 'takes' && lock === 'lifecycle.lock')?.pid
  const fate = `${isFirst ? 'the first holder' : killed === null ? 'none' : 'one'} was killed after ${blow.afterMs} ms`
  return `the slowest took ${slowest} ms; ${holders.size} held the life-cycle lock; ${samples} samples; ${fate}${isBusy ? `; busy machine: ${again.length} refused` : ''}`
}

describe(`${HERD} commands at once on a cold root, one of them killed`, () => {
  it.each(Array.from({ length: ROUNDS }, (_, round) => SEED + 1_000 * round))(
    'are all served by one daemon, seed %i',
    { timeout: 120_000 },
    async (seed) => {
      figure(`seed ${seed}: ${await runRound(seed)}`)
    },
  )
})
