import { spawnSync } from 'node:child_process'
import { lackOf, throwLack } from '../errors.js'
import type { Launch } from './start-order.js'

/**
 * How many file descriptors must be free. A daemon opens about ten (lock, port, record, watches), and does not start
 * unless a dozen are left for its clients and its work (`assertDescriptors`).
 */
const DESCRIPTORS = 28
const TOO_FEW = 75

/**
 * The script of a Node process that starts all of its threads and opens as many descriptors as a daemon. It takes about
 * 50 ms.
 */
const rehearsal = (descriptors: number): string => `
  const { openSync, stat } = require('node:fs')
  stat('/', () => {})
  try {
    for (let opened = 0; opened < ${descriptors}; opened++) openSync(require('node:os').devNull)
  } catch {
    process.exit(${TOO_FEW})
  }`
/** The same time that a daemon may take to be ready: on a busy machine, a process may get no processor time for seconds. */
const REHEARSAL_MS = 15_000

/**
 * Throws `E_RESOURCES` if a daemon started now would fail for lack of descriptors, processes or memory. Called before a
 * daemon is ended to start another, because a daemon that cannot be replaced must keep running. All other problems are
 * left to the start itself.
 */
export function assertCanStart({ env }: Pick<Launch, 'env'>, descriptors: number = DESCRIPTORS): void {
  const { error, signal, status } = spawnSync(process.execPath, ['-e', rehearsal(descriptors)], {
    env: { ...env },
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    timeout: REHEARSAL_MS,
    killSignal: 'SIGKILL',
    windowsHide: true,
  })
  throwLack(error)
  if (status === TOO_FEW) throw lackOf('EMFILE')
  // Such a signal, for example from Ctrl+C, was sent to the whole process group, including this process. It says nothing
  // about the machine.
  if (signal !== null && !FROM_OUTSIDE.has(signal))
    throw lackOf(`a new process does not come up (${error === undefined ? signal : 'it hangs'})`)
}

/** The signals by which a user, a terminal or a service manager ends a command together with everything that it started. */
const FROM_OUTSIDE: ReadonlySet<NodeJS.Signals> = new Set(['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'])
