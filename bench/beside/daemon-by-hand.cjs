// @ts-check
'use strict'

/**
 * The least daemon that keeps the promises about a start: holds the lock of its root for life, binds a port of the range
 * on which nothing listens, is adopted over the pipe before it writes its record, writes that record whole and durably,
 * and proves that it owns the token. Leaves out all that a daemon does later.
 */
const crypto = require('node:crypto')
const fs = require('node:fs')
const http = require('node:http')
const { Socket } = require('node:net')
const { listenersOf, proofFor, startOf, textOf } = require('./by-hand.cjs')
const { filesOf, linesOf, openLock, send, tryLock } = require('./start-by-hand.cjs')

const RANGE = { from: 9400, to: 9450 }
const ADOPTED_MS = 10_000
const LOCKED = /^lock:.*\b(?:OFDLCK|POSIX)\s+\S+\s+WRITE\b/m

const root = (process.argv[3] ?? '').split('=')[1] ?? ''
const files = filesOf(root)
const token = crypto.randomBytes(32).toString('hex')
const instance = crypto.randomBytes(16).toString('hex')
let port = 0
void run()

async function run() {
  const pipe = new Socket({ fd: 3, readable: true, writable: true })
  const lines = linesOf(pipe)
  const timer = setTimeout(() => process.exit(1), ADOPTED_MS)
  const hello = await lines()
  for (const descriptor of hello.inherited) fs.closeSync(Number(descriptor))
  process.chdir(root)
  const self = readSelf()
  holdLock(self)
  const server = http.createServer(answer)
  await bind(server)
  send(pipe, { ready: true, pid: process.pid, port, token, version: '1.0.0' })
  // A starter that is gone, or does not adopt in time, leaves nothing to undo.
  if ((await lines())?.adopt !== true) process.exit(0)
  writeRecord(self)
  fs.writeSync(2, `${JSON.stringify({ event: 'started', ...hello })}\n`)
  send(pipe, { ok: true })
  pipe.end(() => pipe.destroy())
  clearTimeout(timer)
}

/** Reads what names this process for ever, and the machine on which it does. */
function readSelf() {
  const own = /^NSpid:\t(\d+)$/m.exec(textOf('/proc/self/status'))?.[1]
  if (Number(own) !== process.pid) throw new Error('/proc shows another pid namespace')
  const boot = textOf('/proc/sys/kernel/random/boot_id').trim()
  return {
    birth: `${boot}/${startOf(process.pid)}`,
    boot_id: boot,
    host_id: crypto.createHash('sha256').update(textOf('/etc/machine-id')).digest('hex'),
    pid_namespace: fs.readlinkSync('/proc/self/ns/pid'),
  }
}

/** Takes the lock of the daemon, makes sure that the kernel shows it to others, and names the holder for people. @param {{ birth: string }} self */
function holdLock({ birth }) {
  const lock = openLock(files.daemonLock)
  if (!tryLock(lock, files.daemonLock)) throw new Error('another daemon runs')
  if (!LOCKED.test(textOf(`/proc/self/fdinfo/${lock}`))) throw new Error('the kernel does not show the lock')
  const text = `${JSON.stringify({ pid: process.pid, birth })}\n`
  fs.writeSync(lock, text, 0)
  fs.ftruncateSync(lock, text.length)
}

/** Takes the first port of the range on which nothing listens, on any address. @param {import('node:http').Server} server */
async function bind(server) {
  const busy = new Set(listenersOf(RANGE.from, RANGE.to).map((listener) => listener.port))
  for (port = RANGE.from; port < RANGE.to; port++) {
    if (busy.has(port)) continue
    const isBound = await new Promise((resolve) => {
      server.once('error', () => resolve(false)).once('listening', () => resolve(true))
      server.listen(port, '127.0.0.1')
    })
    if (isBound) return
  }
  throw new Error('the range is full')
}

/** @param {ReturnType<typeof readSelf>} self */
function writeRecord(self) {
  const record = {
    schema: 1,
    family: 'sync',
    scope: root,
    pid: process.pid,
    ...self,
    host: '127.0.0.1',
    port,
    url: `http://127.0.0.1:${port}`,
    token,
    package_version: '1.0.0',
    protocol_version: 1,
    build_time: null,
    executable: process.execPath,
    started_at: new Date().toISOString(),
    instance_id: instance,
    state: 'running',
    stop_reason: null,
    stopped_at: null,
  }
  const temporary = `${files.at}/.record-${crypto.randomBytes(6).toString('hex')}`
  const descriptor = fs.openSync(temporary, 'wx', 0o600)
  const text = `${JSON.stringify(record, null, 2)}\n`
  if (fs.writeSync(descriptor, text) !== Buffer.byteLength(text)) throw new Error('the disk is full')
  fs.fsyncSync(descriptor)
  fs.closeSync(descriptor)
  fs.renameSync(temporary, files.record)
}

/** @param {import('node:http').IncomingMessage} request @param {import('node:http').ServerResponse} response */
function answer(request, response) {
  const nonce = request.headers['x-familiar-nonce']
  const proof =
    typeof nonce === 'string' && /^[\da-f]{32}$/.test(nonce)
      ? proofFor({ pid: process.pid, port, token, instance_id: instance }, nonce)
      : undefined
  response.setHeader('Content-Type', 'application/json')
  response.end(JSON.stringify({ status: 'ok', daemon_family: 'sync', singleton_scope_id: root, proof }))
}
