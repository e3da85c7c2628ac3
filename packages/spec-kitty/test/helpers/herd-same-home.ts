import { readdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { expect } from 'vitest'
import { tally } from '../../../familiar/test/helpers/counts.js'
import { randomFrom } from '../../../familiar/test/helpers/random.js'
import { lineOf, type Daemon } from '../live/sync-root.js'
import { flawOf, spawnAgainAndAgain, type Home, type Innocent } from './herd-home.js'
import { holdersOf, listeningFor, processesWith, servingRoot } from './herd-machine.mjs'
import { watchRoot } from './herd-watch.js'

/** The scenario of #1071: several spawners in one home, and what must be there when they are done. */

export interface Spawners {
  readonly spawners: number
  /** How often each starts the daemon. */
  readonly times: number
  readonly seed: number
}

/** Lets the spawners of a home go at each other, and returns what they did. */
export async function disturb(
  home: Home,
  { spawners, times, seed }: Spawners,
  innocents: readonly Innocent[],
): Promise<string> {
  const watch = await watchRoot(home.root.path)
  const all = Array.from({ length: spawners }, (_, index) =>
    spawnAgainAndAgain(home, times, randomFrom(seed + index), innocents),
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

/** Starts the daemon once more and expects it to be all that there is of ours in this home. */
export async function expectOneDaemon(home: Home, innocents: readonly Innocent[]): Promise<Daemon> {
  const { status, stderr, daemon } = await home.run(['sync', 'start'])
  expect([status, stderr]).toEqual([0, ''])
  const recordedNow = home.root.remember()
  expect(recordedNow?.pid).toBe(daemon)
  const one = [daemon]
  const expected = { listening: one, serving: one, inHome: one, daemonLock: one }
  await expect
    .poll(() => seenIn(home, innocents), { timeout: 10_000 })
    .toEqual({ ...expected, lifecycleLock: [], temporary: [] })
  return recordedNow as Daemon
}

/** What there is of ours in a home. A daemon that just came up may be looking around, with a child and a lock. */
function seenIn({ root }: Home, innocents: readonly Innocent[]): object {
  const isOurs = (pid: number): boolean => !innocents.some((innocent) => innocent.pid === pid)
  return {
    listening: listeningFor(root.path),
    serving: servingRoot(root.path).filter(isOurs),
    inHome: processesWith(dirname(root.path)).filter(isOurs),
    daemonLock: holdersOf(root.file('daemon.lock')),
    lifecycleLock: holdersOf(root.file('lifecycle.lock')),
    temporary: readdirSync(root.file('.')).filter((name) => name.startsWith('.record-')),
  }
}
