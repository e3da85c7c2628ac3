// @ts-check
/**
 * `left-behind.mjs COMMAND...` runs a command, and fails if a process of this test run outlives it. Must be used inside
 * the pid namespace of the run, because the end of that namespace would hide such a process.
 */
import { spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'

/** How long to wait for killed processes to end. */
const LET_GO_MS = 5_000

/** The variable that marks every process of a run, including those whose parent has ended. */
const VARIABLE = 'FAMILIAR_TEST_RUN'

/** Begins a run, and marks every process that is started from now on. */
export function markRun() {
  process.env[VARIABLE] = `${process.pid}-${Date.now()}`
}

/**
 * Returns the processes of this run that still exist, except this one and its ancestors. First waits until killed ones
 * have ended. Returns an empty list if the machine has no /proc.
 */
export async function processesLeft() {
  const until = Date.now() + LET_GO_MS
  for (let found = marked(); ; found = marked()) {
    if (found.length === 0 || Date.now() > until) return found
    await sleep(100)
  }
}

function marked() {
  const mark = `${VARIABLE}=${process.env[VARIABLE]}`
  const above = ancestors()
  return pids().flatMap((pid) => {
    const isMarked = !above.has(pid) && textOf(`/proc/${pid}/environ`).split('\0').includes(mark)
    return isMarked ? [`process ${pid}: ${textOf(`/proc/${pid}/cmdline`).replaceAll('\0', ' ')}`] : []
  })
}

/** Returns the pids of this process, its parent, and so on. */
function ancestors() {
  const found = new Set()
  for (let pid = String(process.pid); pid !== '' && pid !== '0' && !found.has(pid);) {
    found.add(pid)
    pid = /^PPid:\s*(\d+)$/m.exec(textOf(`/proc/${pid}/status`))?.[1] ?? ''
  }
  return found
}

function pids() {
  try {
    return readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  } catch {
    return []
  }
}

/** @param {string} path */
function textOf(path) {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

/** @param {readonly string[]} command */
async function runCommand([command = '', ...args]) {
  const child = spawn(command, args, { stdio: 'inherit' })
  /** @type {number | null} */
  const status = await new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', resolve)
  })
  const left = await processesLeft()
  for (const one of left) console.error(`left behind: ${one}`)
  return left.length > 0 ? 1 : (status ?? 1)
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  process.exitCode = await runCommand(process.argv.slice(2))
}
