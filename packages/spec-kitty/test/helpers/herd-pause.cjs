// @ts-check
'use strict'

/**
 * Loaded by `--require` into a command of a test, and from there into the daemon that the command starts: stops the
 * process for a random time at every step of a lock, and writes each step to a file. What runs is the product as it
 * is; it has no switch for this.
 *
 * The times come from `HERD_SEED`, the steps go to `HERD_TRACE`: `PID takes|leaves LOCK`. A lock is taken before that
 * is written and left after it, so that in the order of the lines no command may take what another has not left.
 *
 * A command first waits at `HERD_GATE`, a FIFO that opens when it is opened for writing: all go on at one moment.
 */

const childProcess = require('node:child_process')
const fs = require('node:fs')
const { createRequire, syncBuiltinESMExports } = require('node:module')
const { basename } = require('node:path')
const { randomFrom } = require('../../../familiar/test/helpers/random-from.cjs')

/**
 * The very object that the library locks with: it throws where another process holds the lock.
 *
 * @type {{ tryLock: (descriptor: number, offset: number, length: number, isExclusive: boolean) => void }}
 */
const locks = createRequire(require.resolve('familiar'))(
  `fs-native-extensions/prebuilds/${process.platform}-${process.arch}/fs-native-extensions.node`,
)

const LONGEST_PAUSE_MS = 30

const env = process.env
const isDaemon = process.argv.some(isMarker)
const random = randomFrom(Number(env['HERD_SEED']) + (isDaemon ? 1 : 0))
// What else this process starts is not held up, and does not wait at the gate.
delete env['NODE_OPTIONS']
const trace = fs.openSync(env['HERD_TRACE'] ?? '', 'a')

/** The locks that this process holds: descriptor and name. @type {Map<number, string>} */
const held = new Map()

if (!isDaemon) {
  fs.writeSync(trace, `${process.pid} arrives gate\n`)
  fs.closeSync(fs.openSync(env['HERD_GATE'] ?? '', 'r'))
}

const { tryLock } = locks
locks.tryLock = (descriptor, ...range) => {
  pause()
  try {
    tryLock(descriptor, ...range)
    held.set(descriptor, basename(fs.readlinkSync(`/proc/self/fd/${descriptor}`)))
    say('takes', descriptor)
  } finally {
    pause()
  }
}

const { closeSync } = fs
fs.closeSync = (descriptor) => {
  const isLock = held.has(descriptor)
  if (isLock) {
    pause()
    say('leaves', descriptor)
    held.delete(descriptor)
  }
  closeSync(descriptor)
  if (isLock) pause()
}

process.on('exit', () => {
  for (const descriptor of held.keys()) say('leaves', descriptor)
})

const { spawn } = childProcess
Object.assign(childProcess, { spawn: spawnPausing })
syncBuiltinESMExports()

/** The product gives its daemon node options of its own: this file is added to them. @type {typeof spawn} */
function spawnPausing(/** @type {any[]} */ ...[file, args, options]) {
  if (!Array.isArray(args) || !args.some(isMarker)) return spawn(file, args, options)
  const nodeOptions = `${options.env.NODE_OPTIONS ?? ''} --require "${__filename}"`
  return spawn(file, args, { ...options, env: { ...options.env, NODE_OPTIONS: nodeOptions } })
}

/** @param {unknown} argument */
function isMarker(argument) {
  return String(argument).startsWith('--spec-kitty-daemon-root=')
}

/** Half of the steps are not held up: otherwise every process would be about as slow as the others. */
function pause() {
  const ms = (random() - 0.5) * 2 * LONGEST_PAUSE_MS
  if (ms > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}

/** @param {'takes' | 'leaves'} step @param {number} descriptor */
function say(step, descriptor) {
  fs.writeSync(trace, `${process.pid} ${step} ${held.get(descriptor)}\n`)
}
