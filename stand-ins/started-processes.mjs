// @ts-check
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { Socket } from 'node:net'

/**
 * @typedef {import('node:child_process').ChildProcess} ChildProcess
 * @typedef {{ code: number | null, signal: string | null }} Exit
 * @typedef {{ pid: number, child: ChildProcess, exited: Promise<Exit>, stop(): Promise<void> }} Started
 */

/** Variables of a test runner or of the machine that would change or slow a child. */
const UNWANTED = new Set(['NODE_OPTIONS', 'NODE_V8_COVERAGE', 'NODE_EXTRA_CA_CERTS'])

/** @type {Set<Started>} */
const running = new Set()
/** @type {Set<ChildProcess>} */
const endWithUs = new Set()

process.on('exit', () => {
  for (const child of endWithUs) child.kill('SIGKILL')
})

/**
 * Resolves when the child has written to stdout (`ready`). Rejects with its stderr if it ends before that; the error has
 * the `exitCode`. A child that is not detached is killed when this process exits.
 *
 * @param {string} command @param {string[]} args
 * @param {import('node:child_process').SpawnOptions} options
 * @returns {Promise<Started>}
 */
export async function start(command, args, { env, stdio = ['ignore', 'pipe', 'pipe'], ...options }) {
  const inherited = Object.entries(process.env).filter(([name]) => !UNWANTED.has(name))
  const child = spawn(command, args, { ...options, stdio, env: { ...Object.fromEntries(inherited), ...env } })
  /** @type {Started} */
  const started = { pid: child.pid ?? 0, child, exited: exitOf(child), stop: () => stop(started) }
  running.add(started)
  if (!options.detached) endWithUs.add(child)
  void started.exited.then(() => endWithUs.delete(child))
  try {
    await readyOf(child)
  } catch (error) {
    running.delete(started)
    throw error
  }
  child.stdout?.destroy()
  child.stderr?.destroy()
  if (options.detached) child.unref()
  return started
}

/** Kills every child that was started here, even one that is stopped or ignores SIGTERM, and waits until each has ended. */
export async function stopAll() {
  await Promise.all([...running].map((started) => started.stop()))
}

/** @param {ChildProcess} child @returns {Promise<Exit>} */
function exitOf(child) {
  return new Promise((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }))
    child.once('error', () => resolve({ code: null, signal: null }))
  })
}

/** @param {ChildProcess} child @returns {Promise<void>} */
function readyOf(child) {
  return new Promise((resolve, reject) => {
    let stderr = ''
    child.stderr?.on('data', (chunk) => (stderr += chunk))
    child.stdout?.once('data', () => resolve())
    child.once('error', reject)
    child.once('close', (exitCode, signal) => {
      const error = new Error(`stand-in ended before it was ready (${signal ?? exitCode}): ${stderr.trim()}`)
      reject(Object.assign(error, { exitCode }))
    })
  })
}

/** @param {Started} started */
async function stop(started) {
  started.child.kill('SIGCONT')
  started.child.kill('SIGKILL')
  await started.exited
  await letGo(started.child)
  running.delete(started)
}

/**
 * Ends the grandchild that keeps the listening socket open, if there is one, and waits for its end.
 *
 * @param {ChildProcess} child
 */
async function letGo(child) {
  const leash = child.stdio[3]
  if (!(leash instanceof Socket) || leash.closed) return
  leash.resume().end()
  await once(leash, 'close')
}
