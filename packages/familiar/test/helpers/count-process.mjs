// @ts-check
import { appendFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { acquireLock } from '../../dist/act/acquire-lock.js'
import { enter, leave } from './lock-witness.mjs'
import { randomFrom } from './random-from.cjs'

/**
 * A process that counts on in a file, one line `NUMBER NAME` for each time it holds the lock, until TIMES lines bear
 * its name: `count-process.mjs HOME NAME TIMES HOLD_MS SEED`. Between reading the last number and writing the next one it
 * gives way, for a random time up to HOLD_MS, so that two at the same time would write the same number; and it says
 * on stdout that it holds the lock. A line is written whole or not at all.
 */

const [, , home = '', name = '', timesText = '0', holdMs = '0', seed = '0'] = process.argv
const random = randomFrom(Number(seed))
const file = join(home, 'count')
const holder = { pid: process.pid, startTime: null }

for (let written = 0; written < Number(timesText);) {
  const lock = await acquireLock(join(home, 'lock'), { holder, waitMs: 300_000 })
  await enter(home)
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1)
  written = lines.filter((line) => line.endsWith(` ${name}`)).length
  if (written < Number(timesText)) {
    process.stdout.write('holding\n')
    await sleep(random() * Number(holdMs))
    lock.assertHeld()
    appendFileSync(file, `${lines.length + 1} ${name}\n`)
    written += 1
  }
  leave(home)
  lock.release()
}
