// @ts-check
/**
 * `node bench/locks.mjs [HAND_OVERS]`: measures how soon after the `kill -9` of a lock's holder the next process holds
 * the lock, with one waiting process and with fifteen. The time runs from the signal until the new holder reports through
 * a pipe.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { acquireLock } from '../packages/familiar/dist/act/acquire-lock.js'

/**
 * `held` resolves once the process holds the lock.
 *
 * @typedef {{ child: import('node:child_process').ChildProcess, held: Promise<Contender> }} Contender
 */

const MAIN = fileURLToPath(import.meta.url)
const WAITERS = [1, 15]
/** How long a waiter takes to reach its longest pause between two attempts. */
const SETTLED_MS = 400
/** Upper limit of a random delay, so that the kill can fall at any moment of a waiter's pause. */
const PAUSE_MS = 100

const [, , first = '60', path = ''] = process.argv
if (first === '--hold') await hold(path)
else await bench(Number(first))

/** Takes the lock, reports that on stdout, and holds it until this process is killed. @param {string} path */
async function hold(path) {
  process.stdout.write('waiting\n')
  await acquireLock(path, { holder: { pid: process.pid, startTime: null }, waitMs: 600_000 })
  process.stdout.write('held\n')
  setInterval(() => {}, 60_000)
}

/** @param {number} count */
async function bench(count) {
  const directory = mkdtempSync(join(tmpdir(), 'familiar-bench-'))
  try {
    for (const waiters of WAITERS) report(waiters, await handOvers(join(directory, 'lock'), waiters, count))
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

/** @param {string} path @param {number} waiters @param {number} count */
async function handOvers(path, waiters, count) {
  /** @type {Set<Contender>} */
  const all = new Set()
  const times = []
  try {
    let holder = await (await startOne(path, all)).held
    while (all.size <= waiters) await startOne(path, all)
    while (times.length < count) {
      await sleep(SETTLED_MS + Math.random() * PAUSE_MS)
      all.delete(holder)
      const killedAt = performance.now()
      holder.child.kill('SIGKILL')
      holder = await Promise.race([...all].map((one) => one.held))
      times.push(performance.now() - killedAt)
      await startOne(path, all)
    }
  } finally {
    for (const { child } of all) child.kill('SIGKILL')
  }
  return times
}

/** Starts a process that takes the lock or waits for it. @param {string} path @param {Set<Contender>} all */
async function startOne(path, all) {
  const child = spawn(process.execPath, [MAIN, '--hold', path], { stdio: ['ignore', 'pipe', 'inherit'] })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  await lines.next()
  /** @type {Contender} */
  const contender = { child, held: lines.next().then(() => contender) }
  all.add(contender)
  return contender
}

/** @param {number} waiters @param {readonly number[]} times */
function report(waiters, times) {
  const sorted = times.toSorted((a, b) => a - b)
  /** @param {number} share */
  const at = (share) => (sorted[Math.ceil(share * sorted.length) - 1] ?? Number.NaN).toFixed(1).padStart(6)
  console.log(
    `${String(waiters).padStart(2)} waiting, ${sorted.length} hand-overs: p50 ${at(0.5)} ms, p90 ${at(0.9)} ms, max ${at(1)} ms, load ${loadavg()[0]?.toFixed(1)}`,
  )
}
