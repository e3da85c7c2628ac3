// @ts-check
'use strict'

/**
 * The server of a stand-in. Like Python's `HTTPServer`, it serves one connection at a time, from accept to close. A
 * connection that sends nothing therefore blocks it, and later ones wait in the kernel's accept queue until that is full.
 */

const fs = require('node:fs')
const net = require('node:net')
const { isMainThread, parentPort, workerData } = require('node:worker_threads')
const { parse, reply, jsonReply, unsupported } = require('./predecessor-wire.cjs')
const { health } = require('./predecessor-health.cjs')

/** The accept queue of Python's `socketserver`. */
const BACKLOG = 5
/** Polls, soon at first, because a blocking read could not be ended from outside. */
const LONGEST_PAUSE_MS = 20
const PAGE = '<!DOCTYPE html>\n<html><head><title>Spec Kitty Dashboard</title></head><body></body></html>\n'

/** @typedef {import('./predecessor-wire.cjs').Request} Request */
/**
 * @typedef {{ kind: 'listening', fd: number } | { kind: 'failed', busy: boolean, message: string }
 *   | { kind: 'shutdown' }} Told
 */
/** @typedef {import('./predecessor-health.cjs').Config} Config */
const chunk = Buffer.alloc(64 * 1024)
const clock = new Int32Array(new SharedArrayBuffer(4))

module.exports = { serve, serveInTurn }

if (!isMainThread && parentPort !== null) {
  const port = parentPort
  const server = serve(workerData, (told) => port.postMessage(told, []))
  port.on('message', () => server.close())
}

/** Starts the server in this thread, which it blocks while it serves. @param {Config} config @param {(told: Told) => void} tell */
function serve(config, tell) {
  return listen(config, tell, (socket) => accept(config, tell, socket))
}

/**
 * Starts the server in this thread, which can handle signals at the same time. Serves one connection after the other too,
 * but accepts those that wait.
 *
 * @param {Config} config @param {(told: Told) => void} tell
 */
function serveInTurn(config, tell) {
  /** @type {import('node:net').Socket[]} */
  const waiting = []
  let isServing = false
  const next = () => {
    const socket = waiting.shift()
    isServing = socket !== undefined
    if (socket) serveOne(config, tell, socket, next)
  }
  return listen(config, tell, (socket) => {
    socket.on('error', () => {})
    waiting.push(socket)
    if (!isServing) next()
  })
}

/**
 * @param {Config} config @param {(told: Told) => void} tell @param {import('node:net').Socket} socket
 * @param {() => void} next Called once the connection is closed.
 */
function serveOne(config, tell, socket, next) {
  let seen = ''
  const read = (/** @type {Buffer} */ bytes) => {
    seen += bytes.toString('latin1')
    const request = parse(seen)
    if (!request) return
    socket.off('data', read)
    const { text, leaves } = answer(config, request)
    socket.end(text, () => socket.destroy())
    if (leaves) socket.once('close', () => tell({ kind: 'shutdown' }))
  }
  if (socket.destroyed) {
    setImmediate(next)
    return
  }
  socket.once('close', next)
  socket.on('data', read)
  socket.resume()
}

/** @param {Config} config @param {(told: Told) => void} tell @param {(socket: import('node:net').Socket) => void} onConnection */
function listen(config, tell, onConnection) {
  const server = net.createServer({ pauseOnConnect: true }, onConnection)
  server.on('error', (error) => {
    tell({ kind: 'failed', busy: 'code' in error && error.code === 'EADDRINUSE', message: error.message })
  })
  server.listen(
    { port: config.port, host: config.bind, ipv6Only: config.ipv6Only, backlog: BACKLOG },
    function listening() {
      tell({ kind: 'listening', fd: fdOf(server) })
    },
  )
  return server
}

/**
 * Serves the whole connection before the next one is accepted.
 *
 * @param {Config} config @param {(told: Told) => void} tell @param {import('node:net').Socket} socket
 */
function accept(config, tell, socket) {
  socket.on('error', () => {})
  if (config.behaviour === 'deaf') pause(Infinity)
  const fd = fdOf(socket)
  const request = readRequest(fd)
  const answered = request === undefined ? undefined : answer(config, request)
  if (answered !== undefined) write(fd, answered.text)
  socket.destroy()
  if (answered?.leaves) tell({ kind: 'shutdown' })
}

/** Returns the file descriptor of a server or a connection. @param {unknown} handle */
function fdOf(handle) {
  const { fd } = /** @type {{ _handle: { fd: number } }} */ (handle)._handle
  return fd
}

/** Returns the first complete request; undefined if the peer closes before that. @param {number} fd */
function readRequest(fd) {
  let seen = ''
  for (let pauseMs = 1; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
    try {
      const got = fs.readSync(fd, chunk)
      if (got === 0) return undefined
      seen += chunk.toString('latin1', 0, got)
    } catch (error) {
      if (!isWaiting(error)) return undefined
      pause(pauseMs)
    }
    const request = parse(seen)
    if (request) return request
  }
}

/** @param {number} fd @param {string} text */
function write(fd, text) {
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length;) {
    try {
      at += fs.writeSync(fd, bytes, at)
    } catch (error) {
      if (!isWaiting(error)) return
      pause(1)
    }
  }
}

/** @param {unknown} error */
function isWaiting(error) {
  return error instanceof Error && 'code' in error && error.code === 'EAGAIN'
}

/** Blocks this thread for `ms`. @param {number} ms */
function pause(ms) {
  Atomics.wait(clock, 0, 0, ms)
}

/**
 * Returns the raw reply; `leaves` is true if it accepts a shutdown.
 *
 * @param {Config} config @param {Request} request @returns {{ text: string, leaves?: boolean }}
 */
function answer(config, { method, path, body }) {
  if (method === 'GET' && path === '/api/health') return { text: jsonReply(200, health(config)) }
  if (method === 'GET' && path === '/' && config.family === 'dashboard') {
    return { text: reply(200, ['Content-type: text/html'], PAGE) }
  }
  if (method === 'GET') return { text: reply(404) }
  if (method !== 'POST') return { text: unsupported(method) }
  if (path !== '/api/shutdown' && path !== '/api/sync/publish') return { text: reply(404) }
  const refusal = refuse(config, body)
  if (refusal || path !== '/api/shutdown') return { text: refusal ?? reply(404) }
  return { text: jsonReply(200, { status: 'stopping' }), leaves: true }
}

/**
 * Returns the error reply to a body without the right token; undefined if the token is right.
 *
 * @param {Config} config @param {string} body
 */
function refuse(config, body) {
  /** @type {unknown} */
  let payload
  try {
    payload = body === '' ? {} : JSON.parse(body)
  } catch {}
  if (typeof payload !== 'object' || payload === null) return jsonReply(400, { error: 'invalid_payload' })
  const given = 'token' in payload && payload.token === config.token
  return given ? undefined : jsonReply(403, { error: 'invalid_token' })
}
