// @ts-check
/** Sets up what `sync.mjs` measures on: runtime roots of its own, and a server on this machine that accepts every event. */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, openSync, readFileSync, closeSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'

const CLI = fileURLToPath(new URL('../packages/spec-kitty/bin/spec-kitty.js', import.meta.url))

/** @typedef {Readonly<Record<string, string>>} Environment */
/** @typedef {{ root: string, project: string, env: Environment, queueQuietly: Environment }} Place */
/** @typedef {'take' | 'fail'} Mood */

/**
 * Creates a root and a project that has opted in. `queueQuietly`: an environment in which publishing does not notify a
 * daemon.
 *
 * @param {string} base @param {string} name
 * @returns {Place}
 */
export function makePlace(base, name) {
  const root = join(base, name, 'root')
  const project = join(base, name, 'project')
  mkdirSync(join(project, '.kittify'), { recursive: true })
  const own = { PATH: process.env['PATH'] ?? '', HOME: join(base, name), SPEC_KITTY_HOME: root }
  const env = { ...own, SPEC_KITTY_ENABLE_SAAS_SYNC: '1' }
  const place = { root, project, env, queueQuietly: { ...own, SPEC_KITTY_SYNC_DISABLE: '1' } }
  command(place, ['sync', 'opt-in', project])
  return place
}

/** @param {Place} place @param {string} url */
export function signIn(place, url) {
  command(place, ['auth', 'login', '--with-token', '--server', url], { input: 'a-token\n' })
}

/**
 * Runs a command of ours to its end. Throws unless it exits with 0.
 *
 * @param {Place} place @param {readonly string[]} args
 * @param {{ input?: string, env?: Environment }} [options]
 */
export function command({ env }, args, options = {}) {
  const ran = spawnSync(process.execPath, [CLI, ...args], { env, encoding: 'utf8', ...options })
  if (ran.status !== 0) throw new Error(`spec-kitty ${args.join(' ')}: exit ${ran.status}: ${ran.stderr}`)
  return ran.stdout
}

/**
 * Runs a command of ours without blocking this process, and returns how many milliseconds it took.
 *
 * @param {Place} place @param {readonly string[]} args @param {string | null} [file] what it reads on stdin
 */
export function timeCommand({ env }, args, file = null) {
  return timeNode([CLI, ...args], env, file)
}

/**
 * @param {readonly string[]} args @param {Environment} env @param {string | null} [file]
 * @returns {Promise<number>}
 */
export async function timeNode(args, env, file = null) {
  const input = file === null ? null : openSync(file, 'r')
  const started = performance.now()
  const child = spawn(process.execPath, [...args], { env, stdio: [input ?? 'ignore', 'ignore', 'inherit'] })
  const [code] = await once(child, 'exit')
  const ms = performance.now() - started
  if (input !== null) closeSync(input)
  if (code !== 0) throw new Error(`${args.join(' ')}: exit ${code}`)
  return ms
}

/** Returns the pid of the daemon of a root. @param {Place} place */
export function daemonOf({ root }) {
  const record = JSON.parse(readFileSync(join(root, 'daemons', 'sync', 'record.json'), 'utf8'))
  return Number(record.pid)
}

/**
 * Starts a server that accepts events in both formats and counts them, or answers 503.
 *
 * @returns {Promise<{ url: string, mood: Mood, taken: Set<string>, close: () => void }>}
 */
export async function startServer() {
  const server = createServer(async (message, response) => {
    const parts = []
    for await (const part of message) parts.push(part)
    if (self.mood === 'fail') {
      response.writeHead(503).end()
      return
    }
    const bytes = Buffer.concat(parts)
    const text = (message.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes).toString()
    const body = JSON.parse(text)
    const ids = (Array.isArray(body) ? body.map(({ data }) => data) : body.events).map(
      (/** @type {{ event_id: string }} */ event) => event.event_id,
    )
    for (const id of ids) self.taken.add(id)
    const results = ids.map((/** @type {string} */ id) => ({ event_id: id, status: 'success' }))
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ results }))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : null
  /** @type {Set<string>} */
  const taken = new Set()
  const self = {
    url: `http://127.0.0.1:${port}`,
    mood: /** @type {Mood} */ ('take'),
    taken,
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
  return self
}

/**
 * Returns the memory of a process in MB: its resident memory, and the same with each shared page divided among its users.
 *
 * @param {number} pid
 */
export function memoryOf(pid) {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')
  const of = (/** @type {string} */ name) =>
    Number(new RegExp(`^${name}:\\s*(\\d+)`, 'm').exec(text)?.[1]) / 1024
  return { rss: of('Rss'), pss: of('Pss') }
}

/** Returns how often the main thread of a process has slept. @param {number} pid */
export function switchesOf(pid) {
  return Number(/^voluntary_ctxt_switches:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
}
