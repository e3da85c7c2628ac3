// @ts-check
'use strict'

/**
 * `node doctor-by-hand.cjs FROM TO`: the least that a look at the sync daemons of the root $SPEC_KITTY_HOME must do. Lists
 * the listeners of the range, asks all of them at once who they are, finds the process that holds each socket, reads what
 * tells processes apart, judges, and prints JSON. Only for a root without a daemon of ours: it fails beside one.
 */
const fs = require('node:fs')
const { listenersOf, startOf, textOf } = require('./by-hand.cjs')

/** @typedef {ReturnType<typeof listenersOf>[number] & { reply: string, report: any }} Socket */

/** How long a listener may take, and how much of its reply is read. */
const SILENT_MS = 600
const MAX_BYTES = 16 * 1024
/** A daemon of the predecessor that is younger than this may still be starting. */
const STARTING_S = 30
const SPAWN_SHAPE = /^[^\0]+\0-c\0(?:[^\0]*\n)?run_sync_daemon\((\d+), '([^'\n]+)'\)\s*\0/
const MARKER = /\0--spec-kitty-daemon-root=([^\0]+)/

const root = fs.realpathSync.native(process.env['SPEC_KITTY_HOME'] ?? '')
const recorded = textOf(`${root}/sync-daemon`)
for (const own of ['record.json', 'daemon.lock']) {
  if (fs.existsSync(`${root}/daemons/sync/${own}`)) throw new Error('this root has a daemon of ours')
}
const sockets = listenersOf(Number(process.argv[2]), Number(process.argv[3])).map((listener) => ({
  ...listener,
  reply: '',
  report: /** @type {any} */ (null),
}))
/** The processes whose command line is that of a sync daemon. @type {number[]} */
let likely = []
if (sockets.length === 0) print([])
else {
  assertOwnProc()
  askAll(() => print(judgeAll()))
  setImmediate(readWhileTheyAnswer)
}

/** V8 would optimise the loops over descriptors, which takes 4 MB and no less time. */
function readWhileTheyAnswer() {
  require('node:v8').setFlagsFromString('--no-opt')
  likely = pids().filter((pid) => textOf(`/proc/${pid}/cmdline`).includes('run_sync_daemon('))
}

/** @param {readonly object[]} candidates */
function print(candidates) {
  fs.writeSync(1, `${JSON.stringify({ candidates })}\n`)
}

/** Without a /proc of this pid namespace, the same numbers are other processes. */
function assertOwnProc() {
  const own = /^NSpid:\t(\d+)$/m.exec(textOf('/proc/self/status'))?.[1]
  if (Number(own) !== process.pid) throw new Error('/proc shows another pid namespace')
}

/** Asks all listeners, and calls `then` when all have answered or the time is over. @param {() => void} then */
function askAll(then) {
  const net = require('node:net')
  // One buffer for all: a piece is copied as soon as it was read, and a listener that floods uses no more.
  const buffer = Buffer.allocUnsafeSlow(MAX_BYTES)
  let left = sockets.length
  const connections = sockets.map((socket) => {
    const { address: host, port } = socket
    /** @param {number} bytes */
    const onData = (bytes) => {
      socket.reply += buffer.toString('latin1', 0, bytes)
      if (isWhole(socket.reply)) connection.destroy()
      return true
    }
    const connection = net.connect({ host, port, onread: { buffer, callback: onData } })
    connection.write(`GET /api/health HTTP/1.0\r\nHost: 127.0.0.1:${port}\r\n\r\n`)
    connection.on('error', () => {})
    connection.on('close', () => {
      socket.report = reportIn(socket.reply)
      if (--left > 0) return
      clearTimeout(timer)
      then()
    })
    return connection
  })
  const timer = setTimeout(() => connections.forEach((connection) => connection.destroy()), SILENT_MS)
}

/** @param {string} reply */
function isWhole(reply) {
  if (reply.length >= MAX_BYTES) return true
  const at = reply.indexOf('\r\n\r\n')
  return at >= 0 && reply.length >= at + 4 + Number(/^content-length: *(\d+)/im.exec(reply)?.[1])
}

/** @param {string} reply */
function reportIn(reply) {
  const at = reply.indexOf('\r\n\r\n')
  if (!/^HTTP\/1\.[01] 200\b/.test(reply)) return null
  try {
    return JSON.parse(Buffer.from(reply.slice(at), 'latin1').toString())
  } catch {
    return null
  }
}

function judgeAll() {
  const own = viewOf(process.pid)
  const holders = holdersOf()
  const views = new Map([...new Set(holders.values())].map((pid) => [pid, viewOf(pid)]))
  return sockets
    .toSorted((a, b) => a.port - b.port)
    .map((socket) => {
      const pid = holders.get(socket.inode) ?? null
      const view = pid === null ? null : (views.get(pid) ?? null)
      return { port: socket.port, pid, ...view, class: judge(socket, pid, view, own), report: socket.report }
    })
}

/**
 * Finds the process of each socket: first those that replies claim, then those with the command line of a daemon, then
 * all, the newest first. Each is believed only if it has the socket among its descriptors.
 */
function holdersOf() {
  /** @type {Map<string, number>} */
  const found = new Map()
  const missing = new Set(sockets.map(({ inode }) => inode))
  const claimed = sockets.flatMap(({ report }) => report?.owner?.pid ?? [])
  for (const all of [() => new Set([...claimed, ...likely]), pids]) {
    for (const pid of all()) {
      if (missing.size === 0) return found
      for (const inode of socketsOf(pid)) if (missing.delete(inode)) found.set(inode, pid)
    }
  }
  return found
}

function pids() {
  const names = fs.readdirSync('/proc')
  return names.flatMap((name) => (/^\d+$/.test(name) ? Number(name) : [])).toSorted((a, b) => b - a)
}

/** @param {number} pid */
function socketsOf(pid) {
  try {
    return fs.readdirSync(`/proc/${pid}/fd`).flatMap((descriptor) => {
      const link = linkOf(`/proc/${pid}/fd/${descriptor}`)
      return link.startsWith('socket:[') ? link.slice(8, -1) : []
    })
  } catch {
    return []
  }
}

/** Reads the facts about a process; null if they are not those of one process. @param {number} pid */
function viewOf(pid) {
  const start = startOf(pid)
  const directory = `/proc/${pid}`
  const view = {
    start,
    uid: Number(/^Uid:\t\d+\t(\d+)/m.exec(textOf(`${directory}/status`))?.[1]),
    command: textOf(`${directory}/cmdline`),
    executable: linkOf(`${directory}/exe`),
    directory: linkOf(`${directory}/cwd`),
    namespaces: ['pid', 'mnt', 'time', 'user'].map((kind) => linkOf(`${directory}/ns/${kind}`)).join(' '),
    network: linkOf(`${directory}/ns/net`),
    // A predecessor's environment may name another root, whose record could name it.
    homes: textOf(`${directory}/environ`).match(/(?<=(?:^|\0)(?:SPEC_KITTY_HOME|HOME)=)[^\0]+/g) ?? [],
  }
  return startOf(pid) === start ? view : null
}

/**
 * The rows of docs/lifecycle.md, as far as they are about a predecessor of a root without a record.
 *
 * @param {Socket} socket @param {number | null} pid @param {ReturnType<typeof viewOf>} view @param {ReturnType<typeof viewOf>} own
 */
function judge({ port, uid, report }, pid, view, own) {
  const [shape, shapePort, shapeToken] = SPAWN_SHAPE.exec(view?.command ?? '') ?? []
  if (shape === undefined && (view !== null || report?.token === undefined)) return 'never_touch'
  const marker = MARKER.exec(view?.command ?? '')?.[1]
  const isOwn = report?.daemon_family === 'sync'
  const agrees = isOwn
    ? report.owner?.pid === pid && report.owner?.port === port && report.singleton_scope_id === marker
    : Number(shapePort) === port && report?.token === shapeToken
  const isProven =
    view !== null &&
    own !== null &&
    recorded === '' &&
    agrees &&
    marker === root &&
    view.uid === own.uid &&
    uid === own.uid &&
    view.namespaces === own.namespaces &&
    view.network === own.network &&
    view.homes.every((home) => home === root || `${home}/.spec-kitty` === root) &&
    (own.start - view.start) / 100 + process.uptime() >= STARTING_S
  return isProven ? 'safe_auto' : 'operator_required'
}

/** @param {string} path */
function linkOf(path) {
  try {
    return fs.readlinkSync(path)
  } catch {
    return ''
  }
}
