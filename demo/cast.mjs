// @ts-check
/** The processes of the demo and the stage: real ones, in a temporary home, which end with it. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { spawnHostile } from '../stand-ins/hostile.mjs'
import { REAL_END_CPU_MS, spawnPredecessor, stopAll } from '../stand-ins/predecessor.mjs'

export const CLI = fileURLToPath(new URL('../packages/spec-kitty/bin/spec-kitty.js', import.meta.url))

const VERSIONS = ['3.2.2', '3.2.3', '3.2.4']

/** A daemon of the predecessor counts as starting until it is this old. */
const STARTING_SECONDS = 30

/** Without a terminal, the wait is printed this often. */
const TOLD_EVERY_SECONDS = 10

/** @typedef {{ name: string, port: number | null, pid: number, born: string | null }} Known */

export const home = mkdtempSync(join(tmpdir(), 'spec-kitty-demo-'))
export const root = join(home, '.spec-kitty')
export const otherRoot = join(home, 'another-user', '.spec-kitty')

/** What a command of the tool gets besides the environment of this process. */
export const environment = { HOME: home, SPEC_KITTY_HOME: root }

/**
 * Runs `play` and exits with the code that it returns. Whatever happens, ends every process that was started.
 *
 * @param {string} name
 * @param {() => Promise<number>} play
 */
export async function perform(name, play) {
  process.once('SIGINT', () => {
    void finish(130, `\nInterrupted: the ${name} ends what it started.`)
  })
  process.once('SIGTERM', () => {
    void finish(143, `Stopped: the ${name} ends what it started.`)
  })
  try {
    mkdirSync(root)
    mkdirSync(otherRoot, { recursive: true })
    await finish(await play())
  } catch (error) {
    await finish(1, String(error))
  }
}

/**
 * Returns a function that hands out the free ports of the range, and how many stale daemons fit beside `others`.
 *
 * @param {number} wanted
 * @param {number} others
 */
export async function takePorts(wanted, others) {
  const free = await freePorts()
  const staleCount = Math.min(wanted, free.length - others)
  if (staleCount < 1) throw new Error('the ports 9400-9449 are in use: nothing to show here')
  if (free.length < 50) console.log(`Of the ports 9400-9449, ${free.length} are free: using those.`)
  const ports = free[Symbol.iterator]()
  return { staleCount, next: () => ports.next().value ?? 0 }
}

/** @param {number} count @param {() => number} next */
export async function startStale(count, next) {
  /** @type {Known[]} */
  const stale = []
  for (let index = 0; index < count; index++) {
    const version = VERSIONS[index % VERSIONS.length] ?? '3.2.4'
    stale.push(await sync(`stale ${version}`, { port: next(), version, root }))
  }
  return stale
}

/** @param {string} name @param {Omit<import('../stand-ins/predecessor.mjs').PredecessorOptions, 'family'>} options */
export async function sync(name, options) {
  return known(name, await spawnPredecessor({ family: 'sync', endCpuMs: REAL_END_CPU_MS, ...options }))
}

/** @param {number} port */
export async function dashboard(port) {
  const started = await spawnPredecessor({ family: 'dashboard', port, version: '3.2.6', project: home })
  return known('a dashboard inside the sync range', started)
}

/** @param {string} name @param {import('../stand-ins/hostile.mjs').HostileKind} kind @param {number} port */
export async function hostile(name, kind, port) {
  return known(name, await spawnHostile(kind, port))
}

/** @param {Known} live @param {number} port */
export async function mimic(live, port) {
  const payload = await (await fetch(`http://127.0.0.1:${live.port}/api/health`)).json()
  return known('a mimic with a copied health reply', await spawnHostile('mimic', port, { payload }))
}

/** @param {string} name @param {{ pid: number, port: number }} started @returns {Known} */
function known(name, { pid, port }) {
  return { name, port: port === 0 ? null : port, pid, born: startOf(pid) }
}

/** @param {Known} one */
export function lives({ pid, born }) {
  return startOf(pid) !== null && startOf(pid) === born
}

/** Returns the start time of a live process: from /proc where there is one, else from `ps`. @param {number} pid */
function startOf(pid) {
  if (existsSync('/proc/self/stat')) {
    try {
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? []
      return fields[0] === 'Z' ? null : (fields[19] ?? null)
    } catch {
      return null
    }
  }
  const { stdout } = spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' })
  return stdout.trim() || null
}

/** Returns the ports of the range on which a connect fails at once, over both IPv4 and IPv6. */
async function freePorts() {
  const ports = Array.from({ length: 50 }, (_, index) => 9400 + index)
  const busy = await Promise.all(
    ports.map(async (port) => (await accepts('127.0.0.1', port)) || (await accepts('::1', port))),
  )
  return ports.filter((_, index) => !busy[index])
}

/** @param {string} host @param {number} port @returns {Promise<boolean>} */
function accepts(host, port) {
  return new Promise((resolve) => {
    const socket = connect({ host, port })
    const end = (/** @type {boolean} */ is) => {
      socket.destroy()
      resolve(is)
    }
    socket.setTimeout(500, () => end(true))
    socket.once('connect', () => end(true))
    socket.once('error', () => end(false))
  })
}

/** Waits until nothing that was started counts as starting, and counts the seconds down. */
export async function growOld() {
  const isTerminal = process.stdout.isTTY
  const why = 'a younger daemon may still be on its way to its record, and is left alone'
  console.log(`Waiting until they are older than ${STARTING_SECONDS} s: ${why}.`)
  for (let left = STARTING_SECONDS + 1; left > 0; left--) {
    if (isTerminal) process.stdout.write(`\r  ${left} s left \u001b[K`)
    else if (left % TOLD_EVERY_SECONDS === 0) console.log(`  ${left} s left`)
    await sleep(1000)
  }
  if (isTerminal) process.stdout.write('\r\u001b[K')
}

/** @param {number} code @param {string} [message] */
async function finish(code, message) {
  if (message !== undefined) console.log(message)
  await stopAll()
  rmSync(home, { recursive: true, force: true })
  process.exit(code)
}
