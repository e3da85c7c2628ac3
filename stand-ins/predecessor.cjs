// @ts-check
'use strict'

/**
 * Turns `node -c SCRIPT MARKER...` into a stand-in for a daemon of the Python predecessor. Loaded by
 * `NODE_OPTIONS=--require`, told what to be by the JSON in `STAND_IN`.
 *
 * Node would check the syntax of a file named SCRIPT, which does not exist; it is given this file instead.
 * That changes an array in this process only. `process.title` must never be set: it overwrites the command
 * line.
 */

const fs = require('node:fs')
const net = require('node:net')
const { spawn } = require('node:child_process')
const { onRequest, reply, jsonReply, unsupported } = require('./predecessor-wire.cjs')
const { health, writeOwner, removeOwner } = require('./predecessor-health.cjs')

/** The accept queue of Python's `socketserver`. */
const BACKLOG = 5
/** Exit code when the port is taken: Linux's EADDRINUSE. */
const PORT_BUSY = 98
const PAGE = '<!DOCTYPE html>\n<html><head><title>Spec Kitty Dashboard</title></head><body></body></html>\n'

/** @typedef {import('./predecessor-wire.cjs').Request} Request */
/** @type {import('./predecessor-health.cjs').Config} */
const config = JSON.parse(process.env['STAND_IN'] ?? '')
delete process.env['STAND_IN']
delete process.env['NODE_OPTIONS']
process.argv[1] = __filename

if (config.behaviour === 'ignore-term') process.on('SIGTERM', () => {})
if (config.behaviour === 'close-then-hang') process.on('SIGTERM', closeThenHang)

const server = net.createServer({ allowHalfOpen: true, pauseOnConnect: true }, accept)
server.on('error', (error) => {
  const busy = 'code' in error && error.code === 'EADDRINUSE'
  say(2, busy ? 'OSError: [Errno 98] Address already in use\n' : `${error.message}\n`)
  process.exit(busy ? PORT_BUSY : 1)
})
server.listen(
  { port: config.port, host: config.bind, ipv6Only: config.ipv6Only, backlog: BACKLOG },
  function listening() {
    if (config.owner) writeOwner(config)
    if (config.keepChild) keepListening()
    say(1, 'ready\n')
  },
)

/** @type {net.Socket[]} */
const waiting = []
let busy = false

/** The sync daemon serves side by side; the dashboard is single-threaded. @param {net.Socket} socket */
function accept(socket) {
  socket.on('error', () => {})
  if (config.behaviour === 'deaf') return
  if (config.family === 'sync') return serve(socket)
  waiting.push(socket)
  serveNext()
}

/** Serves the connection that waits longest, unless one is being served. */
function serveNext() {
  const socket = busy ? undefined : waiting.shift()
  if (!socket) return
  busy = true
  socket.once('close', () => {
    busy = false
    serveNext()
  })
  serve(socket)
}

/** @param {net.Socket} socket */
function serve(socket) {
  onRequest(socket, (request) => {
    socket.end(
      answer(request, () => socket.once('close', leave)),
      () => socket.destroy(),
    )
  })
}

/**
 * Returns the raw reply; calls `thenLeave` if it is the one to an accepted shutdown.
 *
 * @param {Request} request @param {() => void} thenLeave
 */
function answer({ method, path, body }, thenLeave) {
  if (method === 'GET' && path === '/api/health') return jsonReply(200, health(config))
  if (method === 'GET' && path === '/' && config.family === 'dashboard') {
    return reply(200, ['Content-type: text/html'], PAGE)
  }
  if (method === 'GET') return reply(404)
  if (method !== 'POST') return unsupported(method)
  if (path !== '/api/shutdown' && path !== '/api/sync/publish') return reply(404)
  const refusal = refuse(body)
  if (refusal || path !== '/api/shutdown') return refusal ?? reply(404)
  thenLeave()
  return jsonReply(200, { status: 'stopping' })
}

/** Returns the reply to a body without the token; undefined if the token is in it. @param {string} body */
function refuse(body) {
  /** @type {unknown} */
  let payload
  try {
    payload = body === '' ? {} : JSON.parse(body)
  } catch {}
  if (typeof payload !== 'object' || payload === null) return jsonReply(400, { error: 'invalid_payload' })
  const given = 'token' in payload && payload.token === config.token
  return given ? undefined : jsonReply(403, { error: 'invalid_token' })
}

function leave() {
  if (config.behaviour === 'close-then-hang') return closeThenHang()
  removeOwner(config)
  process.exit(0)
}

function closeThenHang() {
  server.close()
  setInterval(() => {}, 2 ** 30)
}

/**
 * Starts a child that inherits the listening socket and outlives this process. It reads descriptor 3, whose
 * other end is the starter's, and ends with it.
 */
function keepListening() {
  const { fd } = /** @type {{ _handle: { fd: number } }} */ (/** @type {unknown} */ (server))._handle
  spawn('cat', [], { stdio: [3, 'ignore', 'ignore', fd], detached: true }).unref()
}

/** Writes to a descriptor that the starter may have closed. @param {1 | 2} fd @param {string} text */
function say(fd, text) {
  try {
    fs.writeSync(fd, text)
  } catch {}
}
