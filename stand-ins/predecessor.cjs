// @ts-check
'use strict'

/**
 * Turns `node -c SCRIPT MARKER...` into a stand-in for a daemon of the Python predecessor. Loaded by
 * `NODE_OPTIONS=--require` and configured by the JSON in `STAND_IN`.
 *
 * A stand-in for which the default action of SIGTERM is enough serves in this thread and blocks it (`predecessor-serve.cjs`).
 * One that has something to do at its end must not block it, because a single-threaded server that waits for one connection
 * must still end on SIGTERM, as Python does: it takes connections in turn. One that misbehaves blocks a worker thread.
 *
 * `node -c` would check the syntax of a file named SCRIPT, which does not exist, so `process.argv[1]` is set to this file.
 * That changes only an array in this process. `process.title` must never be set: it overwrites the command line.
 */

const fs = require('node:fs')
const { spawn } = require('node:child_process')
const { join } = require('node:path')
const { isMainThread, Worker } = require('node:worker_threads')
const { serve, serveInTurn } = require('./predecessor-serve.cjs')
const { writeOwner, removeOwner } = require('./predecessor-health.cjs')

/** Exit code when the port is taken: the number of EADDRINUSE on Linux. */
const PORT_BUSY = 98

/** @typedef {import('./predecessor-serve.cjs').Told} Told */
/** @typedef {import('./predecessor-health.cjs').Config} Config */

// A worker thread loads the preloads of its process too.
if (isMainThread) begin()

function begin() {
  /** @type {Config} */
  const config = JSON.parse(process.env['STAND_IN'] ?? '')
  delete process.env['STAND_IN']
  delete process.env['NODE_OPTIONS']
  process.argv[1] = __filename
  config.startedAt = new Date().toISOString().replace(/\.\d+Z$/, '+00:00')

  if (endsByKernel(config)) serveHere(config)
  else if (config.behaviour === undefined) serveWithEnd(config)
  else serveInWorker(config)
}

/**
 * Returns whether there is nothing to do at the end. Then SIGTERM needs no handler.
 *
 * @param {Config} config
 */
function endsByKernel({ behaviour, owner, keepChild, endCpuMs, endSleepMs }) {
  return behaviour === undefined && !owner && !keepChild && endCpuMs + endSleepMs === 0
}

/** @param {Config} config */
function serveHere(config) {
  serve(config, (told) => {
    if (told.kind === 'failed') fail(told)
    else if (told.kind === 'shutdown') process.exit(0)
    else say(1, 'ready\n')
  })
}

/** @param {Config} config */
function serveWithEnd(config) {
  const server = serveInTurn(config, (told) => hear(config, told, end))
  const end = () => leave(config, () => server.close())
  process.on('SIGTERM', end)
}

/** @param {Config} config */
function serveInWorker(config) {
  const server = new Worker(require.resolve('./predecessor-serve.cjs'), { workerData: config, execArgv: [] })
  const end = () => leave(config, () => server.postMessage('close', []))
  server.on('message', (/** @type {Told} */ told) => hear(config, told, end))
  if (config.behaviour === 'ignore-term') process.on('SIGTERM', () => {})
  else process.on('SIGTERM', end)
}

/** @param {Config} config @param {Told} told What the server says. @param {() => void} end */
function hear(config, told, end) {
  if (told.kind === 'failed') fail(told)
  else if (told.kind === 'shutdown') end()
  else {
    if (config.owner) writeOwner(config)
    if (config.keepChild) keepListening(config, told.fd)
    if (config.silentPort === null) say(1, 'ready\n')
    else listenSilently(config.silentPort, () => say(1, 'ready\n'))
  }
}

/** @param {number} port @param {() => void} then */
function listenSilently(port, then) {
  require('node:net').createServer({ pauseOnConnect: true }).listen(port, '127.0.0.1', then)
}

/** @param {Extract<Told, { kind: 'failed' }>} told */
function fail({ busy, message }) {
  say(2, busy ? 'OSError: [Errno 98] Address already in use\n' : `${message}\n`)
  process.exit(busy ? PORT_BUSY : 1)
}

let isLeaving = false

/**
 * Ends as a real daemon does: uses some CPU time, and removes the shared owner file. If configured, closes its port and
 * sleeps first, or closes its port and never ends (`close-then-hang`).
 *
 * @param {Config} config @param {() => void} closePort
 */
function leave(config, closePort) {
  if (isLeaving) return
  isLeaving = true
  if (config.behaviour === 'close-then-hang' || config.endSleepMs > 0) closePort()
  if (config.behaviour === 'close-then-hang') {
    setInterval(() => {}, 2 ** 30)
    return
  }
  setTimeout(() => {
    work(config.endCpuMs)
    removeOwner(config)
    process.exit(0)
  }, config.endSleepMs)
}

/** Uses `ms` of CPU time, however long that takes. @param {number} ms */
function work(ms) {
  const start = process.cpuUsage()
  for (let used = 0; used < ms;) {
    const { user, system } = process.cpuUsage(start)
    used = (user + system) / 1000
  }
}

/**
 * Starts a child that inherits the listening socket and outlives this process. Its stdin is our file descriptor 3, a pipe
 * whose other end the starter holds, so the child ends when the starter closes that.
 *
 * @param {Config} config @param {number} fd
 */
function keepListening({ keepChild }, fd) {
  const stdio = /** @type {import('node:child_process').StdioOptions} */ ([3, 'ignore', 'ignore', fd])
  const [command, args, more] = keepChild === 'fork' ? forked() : ['cat', [], {}]
  spawn(command, args, { ...more, stdio, detached: true }).unref()
}

/**
 * Returns the arguments of `spawn` for a child with the command line of this process.
 *
 * @returns {[string, string[], import('node:child_process').SpawnOptions]}
 */
function forked() {
  const [argv0, ...args] = fs.readFileSync('/proc/self/cmdline', 'utf8').split('\0').slice(0, -1)
  const preload = join(__dirname, 'forked-child.cjs')
  return [process.execPath, args, { argv0, env: { ...process.env, NODE_OPTIONS: `--require "${preload}"` } }]
}

/** Writes to a file descriptor that the starter may have closed. @param {1 | 2} fd @param {string} text */
function say(fd, text) {
  try {
    fs.writeSync(fd, text)
  } catch {}
}
