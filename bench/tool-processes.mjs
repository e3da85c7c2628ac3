// @ts-check
import { spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/**
 * The processes of a private pid namespace. Everything in it, except this bench and its shell, was started by a command
 * of the bench. No other process of the machine is visible from there or can be signalled.
 */

/** A command that has not ended after this time is killed, and counts as not served. */
const LIMIT_MS = 60_000

/** How long a process may take to end after it was told to. */
const END_MS = 10_000

const STEP_MS = 10

/** Where the tool runs: in its own home directory and working directory, so that each library keeps its files there. */
/** @typedef {{ readonly directory: string }} Place */

/**
 * Returns the environment without `NODE_EXTRA_CA_CERTS`, which triples Node's start time, and without `CI`.
 *
 * @param {Place} place
 */
function environment({ directory }) {
  return { PATH: process.env['PATH'] ?? '', HOME: directory }
}

/**
 * Runs Node with these arguments in that home directory and working directory.
 *
 * @typedef {{ ms: number, code: number | null, stdout: string, stderr: string }} Ran
 * @param {Place} place @param {readonly string[]} args
 * @returns {Promise<Ran>}
 */
export function run(place, args) {
  return new Promise((resolve, reject) => {
    let [stdout, stderr, ms] = ['', '', 0]
    const started = performance.now()
    const child = spawn(process.execPath, [...args], {
      cwd: place.directory,
      env: environment(place),
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: LIMIT_MS,
      killSignal: 'SIGKILL',
    })
    child.stdout.on('data', (chunk) => (stdout += String(chunk)))
    child.stderr.on('data', (chunk) => (stderr += String(chunk)))
    child.once('error', reject)
    child.once('exit', () => (ms = performance.now() - started))
    child.once('close', (code) => resolve({ ms, code, stdout, stderr }))
  })
}

/** Runs the command of a tool. @param {Place} place @param {string} tool its directory @param {string} text */
export function shout(place, tool, text) {
  return run(place, [join(tool, 'cli.js'), text])
}

/** Returns the processes that the commands have left: the daemons. */
export function daemons() {
  const pids = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
  return pids.filter((pid) => pid !== 1 && pid !== process.pid && isRunning(pid))
}

/** @param {number} pid */
export function isRunning(pid) {
  const stat = read(`/proc/${pid}/stat`)
  return stat !== '' && !/^[ZX]/.test(stat.slice(stat.lastIndexOf(')') + 2))
}

/** Kills these daemons without a request to shut down, and resolves when they are gone. @param {readonly number[]} pids */
export async function end(pids) {
  for (const pid of pids) if (isRunning(pid)) process.kill(pid, 'SIGKILL')
  const deadline = Date.now() + END_MS
  while (pids.some(isRunning)) {
    if (Date.now() > deadline) throw new Error(`still there: ${pids.filter(isRunning).join(', ')}`)
    await sleep(STEP_MS)
  }
}

/** Returns the resident memory of a process in MB. @param {number} pid */
export function residentMegabytes(pid) {
  return Number(/^VmRSS:\s*(\d+)/m.exec(read(`/proc/${pid}/status`))?.[1]) / 1024
}

/** Returns an empty result if the process has ended meanwhile. @param {string} path */
function read(path) {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
