// @ts-check
'use strict'

/**
 * What the scripts "by hand" share: the record, the question with a proof, and the listeners. They do the work that
 * docs/lifecycle.md demands, with the built-ins of Node, and nothing else. A built-in is loaded where it is first used.
 */
const fs = require('node:fs')

const { O_NOFOLLOW, O_NONBLOCK } = fs.constants

/**
 * @typedef {{ readonly state: string, readonly pid: number, readonly port: number, readonly token: string,
 *   readonly instance_id: string }} HandRecord
 */

/** How long a daemon may be silent, and how long its reply may be. */
const SILENT_MS = 1_000
const MAX_REPLY_CHARS = 64 * 1024

/** The kernel fills pages of this size with rows, and no row is longer than `ROW_BYTES`. */
const PAGE_BYTES = 4_096
const ROW_BYTES = 512

/** Returns the record of a daemon; null if there is none. @param {string} file @returns {HandRecord | null} */
function readRecord(file) {
  try {
    const descriptor = fs.openSync(file, O_NOFOLLOW | O_NONBLOCK)
    try {
      return isOwnFile(descriptor) ? JSON.parse(fs.readFileSync(descriptor, 'utf8')) : null
    } finally {
      fs.closeSync(descriptor)
    }
  } catch {
    return null
  }
}

/** Returns whether an open file is a regular one of this user or root. @param {number} descriptor */
function isOwnFile(descriptor) {
  const stat = fs.fstatSync(descriptor)
  return stat.isFile() && (stat.uid === process.geteuid?.() || stat.uid === 0)
}

/**
 * Asks the daemon of a record to prove that it owns the token. Calls `then` once, with whether it did, and with the
 * connection, which is still open.
 *
 * @param {HandRecord} record @param {(isProven: boolean, socket: import('node:net').Socket) => void} then
 */
function prove(record, then) {
  const nonce = randomHex(16)
  const socket = require('node:net').connect({ host: '127.0.0.1', port: record.port, noDelay: true })
  let [reply, isOver] = ['', false]
  /** @param {boolean} isProven */
  const finish = (isProven) => {
    if (isOver) return
    isOver = true
    socket.setTimeout(0)
    then(isProven, socket)
  }
  socket.setTimeout(SILENT_MS, () => finish(false))
  socket.on('connect', () => {
    const head = `GET /api/health HTTP/1.1\r\nHost: 127.0.0.1:${record.port}\r\nx-familiar-nonce: ${nonce}`
    socket.write(`${head}\r\nConnection: keep-alive\r\n\r\n`)
    require('node:crypto')
  })
  socket.on('data', (part) => {
    if (isOver) return
    reply += part
    const body = bodyOf(reply)
    if (body !== null) finish(isProven(body, record, nonce))
    else if (reply.length > MAX_REPLY_CHARS) finish(false)
  })
  socket.on('error', () => finish(false))
  socket.on('close', () => finish(false))
}

/** Returns the body of a reply that has a length; null as long as a part is missing. @param {string} reply */
function bodyOf(reply) {
  const at = reply.indexOf('\r\n\r\n')
  if (at < 0) return null
  const body = reply.slice(at + 4)
  const length = Number(/^content-length: *(\d+)/im.exec(reply.slice(0, at))?.[1])
  return Buffer.byteLength(body) >= length ? body : null
}

/** Loads no crypto, which takes longer than the rest. @param {number} bytes */
function randomHex(bytes) {
  const buffer = Buffer.alloc(bytes)
  const source = fs.openSync('/dev/urandom', 'r')
  fs.readSync(source, buffer)
  fs.closeSync(source)
  return buffer.toString('hex')
}

/** @param {string} body @param {HandRecord} record @param {string} nonce */
function isProven(body, record, nonce) {
  try {
    const given = Buffer.from(String(JSON.parse(body).proof))
    const wanted = Buffer.from(proofFor(record, nonce))
    return given.length === wanted.length && require('node:crypto').timingSafeEqual(given, wanted)
  } catch {
    return false
  }
}

/** @param {Pick<HandRecord, 'pid' | 'port' | 'token' | 'instance_id'>} daemon @param {string} nonce */
function proofFor({ pid, port, token, instance_id: instance }, nonce) {
  const hash = require('node:crypto').createHmac('sha256', token)
  return hash.update(`${nonce}|${pid}|${port}|${instance}`).digest('hex')
}

/**
 * Returns the sockets that listen on a port from `from` to before `to`, over IPv4 and IPv6.
 *
 * @param {number} from @param {number} to
 */
function listenersOf(from, to) {
  const tables = [readTable('/proc/net/tcp'), readTable('/proc/net/tcp6')].join('')
  const rows = tables.matchAll(/: ([\dA-F]+):([\dA-F]{4}) \S+ 0A \S+ \S+ \S+ +(\d+) +\d+ (\d+) /g)
  return [...rows].flatMap(([, address = '', hex = '', uid, inode = '']) => {
    const port = Number.parseInt(hex, 16)
    return port >= from && port < to ? [{ port, address: addressOf(address), uid: Number(uid), inode }] : []
  })
}

/** Reads up to the first row that is no listener: the listeners come first. @param {string} path */
function readTable(path) {
  const descriptor = fs.openSync(path, 'r')
  const buffer = Buffer.allocUnsafe(16 * PAGE_BYTES)
  for (let text = ''; ;) {
    const bytes = fs.readSync(descriptor, buffer)
    text += buffer.toString('latin1', 0, bytes)
    if (bytes >= PAGE_BYTES - ROW_BYTES && !/^ *\d+: \S+ \S+ (?!0A)/m.test(text)) continue
    fs.closeSync(descriptor)
    return text
  }
}

/** Returns where to connect to: the address, or loopback for a wildcard. @param {string} hex words, the last byte first */
function addressOf(hex) {
  if (/^0+$/.test(hex)) return hex.length === 8 ? '127.0.0.1' : '::1'
  const bytes = hex.replaceAll(/(..)(..)(..)(..)/g, '$4$3$2$1')
  if (hex.length === 8) return [...Buffer.from(bytes, 'hex')].join('.')
  return (bytes.match(/.{4}/g) ?? []).join(':')
}

const page = Buffer.allocUnsafe(16 * PAGE_BYTES)

/** Returns the text of a small file of /proc, which one read returns whole; empty if it cannot be read. @param {string} path */
function textOf(path) {
  try {
    const descriptor = fs.openSync(path, 'r')
    const bytes = fs.readSync(descriptor, page)
    fs.closeSync(descriptor)
    return page.toString('latin1', 0, bytes)
  } catch {
    return ''
  }
}

/** Returns when the process started, in ticks since the boot; NaN if there is none. @param {number} pid */
function startOf(pid) {
  const text = textOf(`/proc/${pid}/stat`)
  return Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[19])
}

module.exports = { readRecord, isOwnFile, prove, proofFor, listenersOf, textOf, startOf }
