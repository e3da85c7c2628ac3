// @ts-check
/**
 * `plain-end.mjs FROM TO`: a baseline that ends the daemons of a range without checking what they are. Lists the
 * listeners of the range with `ss`, sends SIGTERM to all at once, sends SIGKILL to the remaining ones after a second, and
 * waits until all are gone. Prints their ports. It only ends children of the bench process that started it.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

const [from = 0, to = 0] = process.argv.slice(2).map(Number)
const listed = execFileSync('ss', ['-ltnpH'], { encoding: 'utf8' })
const all = [...listed.matchAll(/:(\d+)\s.*?pid=(\d+)/g)].map(([, port, pid]) => ({
  port: Number(port),
  pid: Number(pid),
}))
const ended = all.filter(({ port, pid }) => port >= from && port < to && stat(pid)?.parent === process.ppid)
for (const signal of /** @type {const} */ (['SIGTERM', 'SIGKILL'])) {
  for (const { pid } of ended) if (isThere(pid)) process.kill(pid, signal)
  for (const end = performance.now() + 1_000; ended.some(({ pid }) => isThere(pid));) {
    if (signal === 'SIGTERM' && performance.now() > end && !isWorking()) break
    await sleep(5)
  }
}
console.log(JSON.stringify(ended.map(({ port }) => ({ port }))))

/** Returns whether the process uses the processor: then it is shutting down. A process that ignores SIGTERM sleeps. */
function isWorking() {
  return ended.some(({ pid }) => stat(pid)?.state === 'R')
}

/** @param {number} pid */
function isThere(pid) {
  const state = stat(pid)?.state
  return state !== undefined && state !== 'Z'
}

/** @param {number} pid */
function stat(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const [state, parent] = text.slice(text.lastIndexOf(')') + 2).split(' ')
    return { state, parent: Number(parent) }
  } catch {
    return null
  }
}
