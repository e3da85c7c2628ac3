// @ts-check
import { setTimeout as sleep } from 'node:timers/promises'

/** How a hostile listener of each kind treats a connection that has sent something. */

/**
 * @typedef {import('node:net').Socket} Socket
 * @typedef {{ port: number, path: string, payload: unknown, delayMs: number | undefined }} Asked
 * @typedef {(socket: Socket, asked: Asked) => unknown} Reply
 */

const BIG_BYTES = 10 * 1024 * 1024
const CHUNK = 'x'.repeat(64 * 1024)
const HEAD = 'HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n'
/** Clears a terminal, renames its window, turns the text red and hides it. */
const ESCAPES = '\u001b[2J\u001b]0;owned\u0007\u001b[31m\u001b[8m'

const WRONG_TYPES = {
  status: ['ok'],
  token: { value: [null, { value: null }] },
  daemon_family: `sync${ESCAPES}`,
  singleton_scope_id: [null, ['/']],
  protocol_version: '1',
  package_version: `${ESCAPES}${'9'.repeat(200_000)}`,
  project_path: 42,
  sync: 'yes',
  websocket_status: null,
  owner: {
    pid: '1',
    port: ['9400'],
    token: 7,
    package_version: {},
    executable_path: ESCAPES,
    started_at: -1,
  },
}

/** @type {Record<string, Reply>} */
export const replies = {
  silent() {},

  async drip(socket, { delayMs = 1000 }) {
    for (const byte of `${HEAD}{"status": "ok", "padding": "${'x'.repeat(1000)}"}`) {
      if (socket.destroyed) return
      socket.write(byte)
      await sleep(delayMs)
    }
    socket.end()
  },

  // The head goes first: making the rest takes long enough on a busy machine to look like no answer at all.
  big(socket) {
    socket.write(HEAD)
    socket.end(JSON.stringify({ status: 'ok', padding: 'x'.repeat(BIG_BYTES) }))
  },

  endless(socket) {
    socket.write(`${HEAD}{"status": "ok", "padding": "`)
    pour(socket, CHUNK)
  },

  'endless-headers'(socket) {
    socket.write('HTTP/1.0 200 OK\r\n')
    pour(socket, `X-Padding: ${'x'.repeat(1000)}\r\n`.repeat(64))
  },

  redirect(socket, { port, payload }) {
    const to = typeof payload === 'number' ? payload : port + 1
    socket.end(`HTTP/1.0 302 Found\r\nLocation: http://127.0.0.1:${to}/api/health\r\n\r\n`)
  },

  'invalid-json': (socket) => socket.end(`${HEAD}{"status": "ok", "token": `),

  'wrong-types': (socket) => socket.end(`${HEAD}${JSON.stringify(WRONG_TYPES)}`),

  reset(socket) {
    const head = HEAD.replace('\r\n\r\n', '\r\nContent-Length: 1000\r\n\r\n')
    socket.write(`${head}{"status": "ok", `, () => socket.resetAndDestroy())
  },

  mimic(socket, { path, payload }) {
    const found = path === '/api/health'
    socket.end(found ? `${HEAD}${JSON.stringify(payload)}` : 'HTTP/1.0 404 Not Found\r\n\r\n')
  },
}

/**
 * Writes the chunk again and again, as fast as the reader takes it.
 *
 * @param {Socket} socket @param {string} chunk
 */
function pour(socket, chunk) {
  const more = () => {
    while (!socket.destroyed && socket.write(chunk));
  }
  socket.on('drain', more)
  more()
}
