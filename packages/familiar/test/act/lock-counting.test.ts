import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, inject, it } from 'vitest'
import { killChild, startChild } from '../helpers/children.js'
import { tally, timeoutFor, times } from '../helpers/counts.js'
import { figure } from '../helpers/figures.js'
import { makeHome } from '../helpers/homes.js'
import { leaveNothing } from '../helpers/leaks.js'
import { randomFrom, seeded } from '../helpers/random.js'

const COUNT = join(inject('processes'), 'count-process.mjs')
const NAMES = Array.from({ length: 16 }, (_, index) => `process-${index}`)
const TIMES = times(30, 625)
const TOTAL = NAMES.length * TIMES

/** So often each is killed, every second time while it holds the lock. */
const KILLS_EACH = times(2, 30)

/** Between the start of a counter and its death at any moment: it has just begun, waits, or is in the middle. */
const LONGEST_LIFE_MS = 1_000
const HOLD_MS = 2
/** One that is to be killed while it holds the lock holds it for longer, so that the signal comes in time. */
const LONG_HOLD_MS = 40

leaveNothing()

/** How often a counter was killed, and the exit code of the last try: 1 for one that has seen a second holder. */
interface Ended {
  readonly kills: number
  readonly code: number | null
}

/** Runs one counter to its end, although it is killed now and then. */
async function count(home: string, name: string, random: () => number): Promise<Ended> {
  for (let kills = 0; ; kills++) {
    const how = kills < KILLS_EACH ? (kills % 2 === 0 ? 'any moment' : 'holding') : 'never'
    const holdMs = how === 'holding' ? LONG_HOLD_MS : HOLD_MS
    const args = [COUNT, home, name, ...[TIMES, holdMs, Math.floor(random() * 2 ** 31)].map(String)]
    const child = startChild(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    const ended = once(child, 'exit')
    if (how === 'any moment') await Promise.race([ended, sleep(random() * LONGEST_LIFE_MS)])
    if (how === 'holding') await Promise.race([ended, once(child.stdout ?? child, 'data')])
    child.stdout?.resume()
    if (how !== 'never') await killChild(child)
    const [code] = (await ended) as [number | null]
    if (code !== null || how === 'never') return { kills, code }
  }
}

/** The lines of what the counters have written. */
function linesOf(home: string, file: string): readonly string[] {
  const path = join(home, file)
  return existsSync(path) ? readFileSync(path, 'utf8').trimEnd().split('\n') : []
}

it(
  `has no second holder among ${NAMES.length} processes that are killed at random: ${TOTAL} times`,
  async () => {
    const { seed } = seeded('act/lock-counting')
    const home = makeHome()
    writeFileSync(join(home, 'count'), '')
    const started = performance.now()
    const ended = await Promise.all(NAMES.map((name, index) => count(home, name, randomFrom(seed + index))))
    const seconds = ((performance.now() - started) / 1000).toFixed(1)
    const [lines, holders] = [linesOf(home, 'count'), new Set(linesOf(home, 'killed-holders'))]
    const kills = ended.reduce((sum, each) => sum + each.kills, 0)
    figure(
      `${lines.length} locks by ${NAMES.length} processes, ${kills} kills, ${holders.size} of holders, ${seconds} s`,
    )
    expect(ended.map(({ code }) => code)).toEqual(NAMES.map(() => 0))
    expect(lines.map((line) => Number(line.split(' ')[0]))).toEqual(lines.map((_, index) => index + 1))
    expect(tally(lines.map((line) => line.split(' ')[1] ?? ''))).toEqual(
      Object.fromEntries(NAMES.map((name) => [name, TIMES])),
    )
    expect(holders.size).toBeGreaterThan(0)
    expect(existsSync(join(home, 'witness'))).toBe(false)
  },
  timeoutFor(TOTAL, 100),
)
