// @ts-check
import { appendFileSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { acquireLock } from '../../dist/act/lock.js'

/**
 * A process that counts on in a file, one line `NUMBER NAME` for each time it holds the lock, until TIMES lines bear
 * its name: `count-process.mjs LOCK FILE NAME TIMES`. Between reading the last number and writing the next one it
 * gives way, so that two at the same time would write the same number. A line is written whole or not at all.
 */

const [, , lockPath = '', file = '', name = '', timesText = '0'] = process.argv
const holder = { pid: process.pid, birth: null }

for (let written = 0; written < Number(timesText);) {
  const lock = await acquireLock(lockPath, { holder })
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1)
  written = lines.filter((line) => line.endsWith(` ${name}`)).length
  if (written < Number(timesText)) {
    await sleep(Math.random() * 2)
    lock.assertHeld()
    appendFileSync(file, `${lines.length + 1} ${name}\n`)
    written += 1
  }
  lock.release()
}
