// @ts-check
/**
 * `npm run demo`: from many orphans to clean in two commands, on real processes in a temporary home.
 *
 * Starts a recorded live daemon, 18 stale ones, and bystanders that look dangerously similar. Runs `auth doctor`,
 * `auth doctor --reset`, `auth doctor`, and then checks independently that every bystander is still the same process.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { spawnHostile } from '../stand-ins/hostile.mjs'
import { spawnPredecessor, stopAll } from '../stand-ins/predecessor.mjs'

const CLI = fileURLToPath(new URL('../packages/spec-kitty/bin/spec-kitty.js', import.meta.url))
const VERSIONS = ['3.2.2', '3.2.3', '3.2.4']
const WANTED = 18

/** A daemon of the predecessor counts as starting until it is this old. */
const STARTING_SECONDS = 30

/** @typedef {{ name: string, port: number | null, pid: number, born: string | null }} Known */

const home = mkdtempSync(join(tmpdir(), 'spec-kitty-demo-'))
const root = join(home, '.spec-kitty')
const otherRoot = join(home, 'another-user', '.spec-kitty')

process.once('SIGINT', () => {
  void finish(130, '\nInterrupted: the demo ends what it started.')
})
process.once('SIGTERM', () => {
  void finish(143, 'Stopped: the demo ends what it started.')
})

try {
  await finish(await main())
} catch (error) {
  await finish(1, String(error))
}

async function main() {
  mkdirSync(root)
  mkdirSync(otherRoot, { recursive: true })
  const free = await freePorts()
  const staleCount = Math.min(WANTED, free.length - 7)
  if (staleCount < 1) throw new Error('the range 9400-9449 is full: nothing to show here')
  if (free.length < 50) console.log(`The range 9400-9449 is not free: using ${free.length} of its 50 ports.`)
  const ports = free[Symbol.iterator]()
  const next = () => ports.next().value ?? 0

  console.log(`Starting a live daemon, ${staleCount} stale ones and 7 bystanders ...`)
  const live = await sync('the recorded live daemon', { port: next(), version: '3.2.6', root, record: true })
  /** @type {Known[]} */
  const stale = []
  for (let index = 0; index < staleCount; index++) {
    const version = VERSIONS[index % VERSIONS.length] ?? '3.2.4'
    stale.push(await sync(`stale ${version}`, { port: next(), version, root }))
  }
  const bystanders = [
    live,
    await sync('the live daemon of another root', {
      port: next(),
      version: '3.2.5',
      root: otherRoot,
      record: true,
    }),
    await sync('a daemon without root marker', {
      port: next(),
      version: '3.2.1',
      root,
      marker: false,
      owner: false,
    }),
    await dashboard(next()),
    await hostile('a web server', 'http', next()),
    await hostile('a silent service', 'silent', next()),
    await mimic(live, next()),
    await hostile('a process without a port', 'sleep', 0),
  ]
  await grow()
  return show(stale, bystanders)
}

/**
 * @param {readonly Known[]} stale
 * @param {readonly Known[]} bystanders
 */
function show(stale, bystanders) {
  const codes = [run('auth', 'doctor'), run('auth', 'doctor', '--reset'), run('auth', 'doctor')]
  console.log('\nThe machine, looked at independently of what the commands said:')
  const left = stale.filter(lives)
  console.log(
    `  ${left.length === 0 ? 'ok  ' : 'FAIL'} ${stale.length - left.length} of ${stale.length} stale daemons are gone`,
  )
  for (const one of bystanders) {
    const at = one.port === null ? '' : ` on port ${one.port}`
    console.log(`  ${lives(one) ? 'ok  ' : 'FAIL'} ${one.name}${at} is the same living process (${one.pid})`)
  }
  const isGood = left.length === 0 && bystanders.every(lives) && codes.every((code) => code === 0)
  console.log(
    isGood ? '\nFrom many orphans to clean, and no other process was touched.' : '\nThe demo FAILED.',
  )
  return isGood ? 0 : 1
}

/** @param {...string} args */
function run(...args) {
  console.log(`\n$ spec-kitty ${args.join(' ')}`)
  const env = { ...process.env, HOME: home, SPEC_KITTY_HOME: root, SPEC_KITTY_NON_INTERACTIVE: '1' }
  return spawnSync(process.execPath, [CLI, ...args], { env, stdio: ['ignore', 'inherit', 'inherit'] }).status
}

/** @param {string} name @param {Omit<import('../stand-ins/predecessor.mjs').PredecessorOptions, 'family'>} options */
async function sync(name, options) {
  return known(name, await spawnPredecessor({ family: 'sync', ...options }))
}

/** @param {number} port */
async function dashboard(port) {
  const started = await spawnPredecessor({ family: 'dashboard', port, version: '3.2.6', project: home })
  return known('a dashboard inside the sync range', started)
}

/** @param {string} name @param {import('../stand-ins/hostile.mjs').HostileKind} kind @param {number} port */
async function hostile(name, kind, port) {
  return known(name, await spawnHostile(kind, port))
}

/** @param {Known} live @param {number} port */
async function mimic(live, port) {
  const payload = await (await fetch(`http://127.0.0.1:${live.port}/api/health`)).json()
  return known('a mimic with a copied health reply', await spawnHostile('mimic', port, { payload }))
}

/** @param {string} name @param {{ pid: number, port: number }} started @returns {Known} */
function known(name, { pid, port }) {
  return { name, port: port === 0 ? null : port, pid, born: startOf(pid) }
}

/** @param {Known} one */
function lives({ pid, born }) {
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

async function grow() {
  console.log(
    `Waiting ${STARTING_SECONDS + 1} s: a younger daemon may still be on its way to its record, and is left alone.`,
  )
  await sleep((STARTING_SECONDS + 1) * 1000)
}

/** @param {number} code @param {string} [message] */
async function finish(code, message) {
  if (message !== undefined) console.log(message)
  await stopAll()
  rmSync(home, { recursive: true, force: true })
  process.exit(code)
}
