// @ts-check
'use strict'

/**
 * What a client and a daemon "by hand" share about starting: the two kernel locks, and the startup pipe. Written for one
 * root; its files stand where those of the real daemon do.
 */
const fs = require('node:fs')
const { isOwnFile, prove, readRecord } = require('./by-hand.cjs')

/** @typedef {import('./by-hand.cjs').HandRecord} HandRecord */

/** The locked byte, as the real daemon locks it. */
const [LOCK_OFFSET, LOCK_LENGTH] = [2 ** 30, 1]
const { O_RDWR, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = fs.constants
const OPEN_LOCK = O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK
const [FIRST_POLL_MS, LAST_POLL_MS] = [2, 50]
/** How long to wait for the lock, for a daemon that has the lock of a daemon, and for a new one to be ready. */
const [LOCK_WAIT_MS, HOLDER_MS, READY_MS] = [30_000, 2_000, 15_000]
const CLOSE_ON_EXEC = 0o2000000

/** @param {string} root */
function filesOf(root) {
  const at = `${root}/daemons/sync`
  return {
    at,
    record: `${at}/record.json`,
    lifecycleLock: `${at}/lifecycle.lock`,
    daemonLock: `${at}/daemon.lock`,
    log: `${root}/logs/by-hand.log`,
  }
}

/** Opens the file of a lock; a link or another kind of file is none. @param {string} path */
function openLock(path) {
  const descriptor = fs.openSync(path, OPEN_LOCK, 0o600)
  if (!isOwnFile(descriptor)) throw new Error(`${path} is not a file of this user`)
  return descriptor
}

/**
 * Takes the kernel lock. False if another process holds it, or if the path leads to another file by now.
 *
 * @param {number} descriptor @param {string} path
 */
function tryLock(descriptor, path) {
  const build = `${process.platform}-${process.arch}`
  const addon = require(`fs-native-extensions/prebuilds/${build}/fs-native-extensions.node`)
  try {
    addon.tryLock(descriptor, LOCK_OFFSET, LOCK_LENGTH, true)
  } catch (/** @type {any} */ error) {
    if (error.code === 'EAGAIN') return false
    throw error
  }
  const [ours, there] = [fs.fstatSync(descriptor), fs.statSync(path, { throwIfNoEntry: false })]
  return there?.ino === ours.ino && there.dev === ours.dev
}

/**
 * Resolves with the record of a proven daemon of the root. Starts one if there is none; of many commands at once, one
 * does, and the others use its daemon.
 *
 * @param {string} root @returns {Promise<HandRecord>}
 */
async function connect(root) {
  const files = filesOf(root)
  const warm = await recorded(files.record)
  if (warm !== null) return warm
  if (fs.statSync(root).uid !== process.geteuid?.()) throw new Error('the root belongs to another user')
  fs.mkdirSync(files.at, { recursive: true, mode: 0o700 })
  const lock = openLock(files.lifecycleLock)
  try {
    return (await waitForLock(lock, files)) ?? (await awaitHolder(files)) ?? (await start(root, files))
  } finally {
    fs.closeSync(lock)
  }
}

/** Resolves with the record if the daemon that it names proves itself, otherwise with null. @param {string} file */
async function recorded(file) {
  const record = readRecord(file)
  if (record?.state !== 'running') return null
  return new Promise((resolve) => {
    prove(record, (isProven, socket) => {
      socket.destroy()
      resolve(isProven ? record : null)
    })
  })
}

/**
 * Resolves with null when this process holds the lock, or with the record of a daemon that another command has started
 * meanwhile. Asks that daemon only when the record has changed.
 *
 * @param {number} lock @param {ReturnType<typeof filesOf>} files @returns {Promise<HandRecord | null>}
 */
async function waitForLock(lock, { lifecycleLock, record }) {
  const until = performance.now() + LOCK_WAIT_MS
  let asked = 0
  for (let pause = FIRST_POLL_MS; ; pause = Math.min(pause * 2, LAST_POLL_MS)) {
    if (tryLock(lock, lifecycleLock)) return null
    if (performance.now() > until) throw new Error(`the lock is busy: ${lifecycleLock}`)
    const written = fs.statSync(record, { throwIfNoEntry: false })?.ino ?? 0
    const found = written === asked ? null : await recorded(record)
    if (found !== null) return found
    asked = written
    await new Promise((resolve) => setTimeout(resolve, pause * (0.5 + Math.random())))
  }
}

/**
 * Resolves with the record of the daemon that holds the lock of a daemon, once it answers. Null if the lock is free: then
 * none runs, because a daemon that is killed loses its lock.
 *
 * @param {ReturnType<typeof filesOf>} files @returns {Promise<HandRecord | null>}
 */
async function awaitHolder({ daemonLock, record }) {
  for (const until = performance.now() + HOLDER_MS; performance.now() < until;) {
    const probe = openLock(daemonLock)
    const isFree = tryLock(probe, daemonLock)
    fs.closeSync(probe)
    if (isFree) return null
    const found = await recorded(record)
    if (found !== null) return found
    await new Promise((resolve) => setTimeout(resolve, FIRST_POLL_MS))
  }
  throw new Error('the daemon does not answer')
}

/**
 * Starts a daemon, adopts it, and lets it prove itself. The lock of the life cycle must be held.
 *
 * @param {string} root @param {ReturnType<typeof filesOf>} files @returns {Promise<HandRecord>}
 */
async function start(root, files) {
  fs.mkdirSync(`${root}/logs`, { recursive: true, mode: 0o700 })
  const log = fs.openSync(files.log, 'a', 0o600)
  const child = require('node:child_process').spawn(
    process.execPath,
    [`${__dirname}/daemon-by-hand.cjs`, 'sync', `--spec-kitty-daemon-root=${root}`],
    {
      cwd: root,
      env: { PATH: process.env['PATH'] },
      detached: true,
      stdio: ['ignore', 'ignore', log, 'pipe'],
    },
  )
  fs.closeSync(log)
  const pipe = /** @type {import('node:net').Socket} */ (/** @type {unknown} */ (child.stdio[3]))
  pipe.setTimeout(READY_MS, () => pipe.destroy())
  const lines = linesOf(pipe)
  send(pipe, { reason: 'first_start', pid: process.pid, inherited: inherited() })
  if ((await lines())?.ready !== true) throw new Error(`the daemon did not start: ${files.log}`)
  send(pipe, { adopt: true })
  if ((await lines())?.ok !== true) throw new Error(`the daemon did not start: ${files.log}`)
  pipe.destroy()
  child.unref()
  const record = await recorded(files.record)
  if (record === null) throw new Error('the new daemon does not prove itself')
  return record
}

/** Returns the descriptors that a child inherits although nothing names them: Node does not close all of them. */
function inherited() {
  return fs.readdirSync('/proc/self/fdinfo').filter((name) => {
    if (Number(name) <= 3) return false
    try {
      const flags = /^flags:\s*([0-7]+)/m.exec(fs.readFileSync(`/proc/self/fdinfo/${name}`, 'latin1'))?.[1]
      return (Number.parseInt(flags ?? '', 8) & CLOSE_ON_EXEC) === 0
    } catch {
      return false
    }
  })
}

/** @param {import('node:net').Socket} pipe @param {object} message */
function send(pipe, message) {
  pipe.write(`${JSON.stringify(message)}\n`)
}

/**
 * Returns a function that resolves with the next line of the pipe, or with null at its end.
 *
 * @param {import('node:net').Socket} pipe @returns {() => Promise<any>}
 */
function linesOf(pipe) {
  let text = ''
  let wake = () => {}
  pipe.on('data', (part) => {
    text += part
    wake()
  })
  pipe.on('error', () => {})
  pipe.on('close', () => wake())
  return async () => {
    while (!text.includes('\n') && !pipe.closed) await new Promise((resolve) => (wake = () => resolve(null)))
    const at = text.indexOf('\n')
    if (at < 0) return null
    const line = text.slice(0, at)
    text = text.slice(at + 1)
    return JSON.parse(line)
  }
}

module.exports = { connect, filesOf, linesOf, openLock, send, tryLock }
