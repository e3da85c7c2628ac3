import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { killChild, startChild } from '../helpers/children.js'
import { makeHome } from '../helpers/homes.js'
import { leaveNothing } from '../helpers/leaks.js'

const COUNT = fileURLToPath(new URL('../helpers/count-process.mjs', import.meta.url))
const NAMES = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']
const TIMES = 100
const KILLS_EACH = 3

/** Between the start of a counter and its death: it has just begun, or is in the middle. */
const LONGEST_LIFE_MS = 400

leaveNothing()

/** Runs one counter to its end, although it is killed now and then at a random moment. Returns how often it died. */
async function count(home: string, name: string): Promise<number> {
  let deaths = 0
  for (;;) {
    const args = [COUNT, join(home, 'lock'), join(home, 'count'), name, String(TIMES)]
    const child = startChild(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] })
    const ended = once(child, 'exit')
    if (deaths < KILLS_EACH) {
      await Promise.race([ended, sleep(Math.random() * LONGEST_LIFE_MS)])
      await killChild(child)
    }
    const [code] = (await ended) as [number | null]
    if (code !== null) {
      expect(code).toBe(0)
      return deaths
    }
    deaths += 1
  }
}

it('loses no count among eight processes that are killed at random', { timeout: 120_000 }, async () => {
  const home = makeHome()
  writeFileSync(join(home, 'count'), '')
  const started = performance.now()
  const deaths = await Promise.all(NAMES.map((name) => count(home, name)))
  const lines = readFileSync(join(home, 'count'), 'utf8').trimEnd().split('\n')
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  console.log(`${lines.length} locks by ${NAMES.length} processes, ${deaths.join('+')} kills, ${seconds} s`)
  expect(lines.map((line) => Number(line.split(' ')[0]))).toEqual(lines.map((_, index) => index + 1))
  expect(lines).toHaveLength(NAMES.length * TIMES)
})
