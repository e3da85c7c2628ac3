import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { closeSync } from 'node:fs'
import type { Socket } from 'node:net'
import { dirname } from 'node:path'
import { untilText } from '../clock.js'
import { FamiliarError, lackOf, throwLack, type ErrorCode } from '../errors.js'
import type { Family } from '../family.js'
import { objectOf, portOf, stringOf, type JsonObject } from '../json.js'
import { makeDirectory } from '../act/safe-file.js'
import { inheritedDescriptors } from '../act/inherited.js'
import { differenceOf, placesOf } from '../act/places.js'
import { jsonLines, type Lines, STARTUP_PIPE_FD } from '../protocol/startup-pipe.js'
import { type Timing, timingToJson } from '../protocol/timing.js'
import type { HeldLock } from '../act/lock.js'
import { endOfLog, openLogFile, placeInLog, type LogPlace } from '../act/log-file.js'
import { proveStarted } from '../observe/prove.js'
import type { Platform } from '../observe/platform/platform.js'
import { retire } from '../act/terminate.js'

/** Why a daemon is started; written to its log. */
export type StartReason =
  | 'first_start'
  | 'recorded_dead'
  | 'version_mismatch'
  | 'installation_gone'
  | 'operator_restart'

/** How a daemon of this family is started. */
export interface Launch {
  /** The arguments after the interpreter: the entry, the name of the family, the scope marker. */
  readonly args: readonly string[]
  /** The whole environment of the daemon. */
  readonly env: { readonly [name: string]: string | undefined }
  readonly cwd: string
  readonly logFile: string
  /** The only acceptable port; if omitted, the first free one of the range. */
  readonly port?: number
  readonly timing?: Partial<Timing>
}

export interface StartOrder {
  readonly family: Family
  /** The real path of the scope. */
  readonly scope: string
  readonly platform: Platform
  readonly launch: Launch
  readonly reason: StartReason
  readonly previousVersion: string | null
  /** Aborted before the adoption, the daemon is not adopted and leaves; then its reason is thrown. */
  readonly signal?: AbortSignal | undefined
  /** The deadline of the life-cycle lock's holder, on the clock of `performance.now()`. */
  readonly until: number
  /** Called with one line if the daemon takes a while to come up. */
  readonly onWait?: ((message: string) => void) | undefined
}

/** A daemon that is not ready, adopted and recorded within this time has failed. */
const READY_MS = 15_000

/** A daemon gets at least this long to be ready, even if its starter has no time left. */
const READY_LEAST_MS = 2_000

/** How long to wait for a failing daemon to exit: its pipe ends a moment before its process does. */
const ENDING_MS = 500

/** After this long, `onWait` says what the command waits for. */
const ANNOUNCE_AFTER_MS = 1_000

/** A daemon opens about ten file descriptors (lock, port, record, watches), and one for each client. */
const DESCRIPTORS = 16
const TOO_FEW = 75

/** The script of a Node process that starts all of its threads and opens as much as a daemon. It takes about 50 ms. */
const rehearsal = (descriptors: number): string => `
  const { openSync, stat } = require('node:fs')
  stat('/', () => {})
  try {
    for (let opened = 0; opened < ${descriptors}; opened++) openSync(require('node:os').devNull)
  } catch {
    process.exit(${TOO_FEW})
  }`
const REHEARSAL_MS = 3_000

const LOG_TAIL_LINES = 5
const LOG_TAIL_BYTES = 8 * 1024

/**
 * Starts a daemon and adopts it: returns once it is ready, recorded and independent of this process. The life-cycle lock
 * must be held for the whole call.
 *
 * The daemon has its own session and keeps nothing that belongs to the caller: no terminal, no working directory, no file descriptor (a
 * process that reads our output to its end would wait until the daemon exits). If this process dies before the adoption,
 * the daemon sees the end of the pipe and exits.
 *
 * Throws the daemon's own typed error, `E_DAEMON_START_FAILED` with the last lines that it wrote to its log, or
 * `E_RESOURCES` if this process or the daemon has too few descriptors, processes or memory.
 */
export async function startDaemon(lock: HeldLock, order: StartOrder): Promise<void> {
  lock.assertHeld()
  const until = Math.max(
    performance.now() + READY_LEAST_MS,
    Math.min(order.until, performance.now() + READY_MS),
  )
  order.signal?.throwIfAborted()
  const inherited = inheritedDescriptors()
  const started = await spawnDetached(order.launch)
  const { child } = started
  const pipe = jsonLines(child.stdio[STARTUP_PIPE_FD] as Socket)
  const stopWatching = onAbort(order.signal, () => pipe.close())
  const timer = setTimeout(() => order.onWait?.(waitingText(order, child, until)), ANNOUNCE_AFTER_MS)
  try {
    pipe.send(helloOf(order, inherited))
    const first = await pipe.receive(until - performance.now())
    if (order.signal?.aborted === true) await letGo(pipe, lock, order, child)
    const ready = objectOf(first?.['ready'])
    if (ready === null) throw await failure(first, lock, order, started)
    const why = whyNotFound(order, ready)
    if (why !== null) {
      pipe.close()
      throw await failure(notFound(order, why), lock, order, started)
    }
    pipe.send({ adopt: true })
    const last = await pipe.receive(until - performance.now())
    if (last?.['ok'] !== true) throw await failure(last, null, order, started)
  } finally {
    clearTimeout(timer)
    stopWatching()
    pipe.close()
    child.unref()
  }
}

function waitingText({ family }: StartOrder, { pid }: ChildProcess, until: number): string {
  const end = untilText(until - performance.now())
  return `waiting for the ${family.name} daemon (process ${pid ?? 'unknown'}) to come up, ${end} at most`
}

function helloOf({ reason, previousVersion, launch }: StartOrder, inherited: readonly string[]): JsonObject {
  return {
    reason,
    previous_version: previousVersion,
    pid: process.pid,
    timing: timingToJson(launch.timing),
    inherited,
    ...(launch.port === undefined ? {} : { port: launch.port }),
  }
}

/**
 * Returns why later commands would not find the daemon that is ready, or would judge it by other rules: it listens or keeps
 * its files elsewhere than the definition of this command says, or has another kind of scope. Null if all agrees. (What a
 * daemon does not say is not compared.)
 */
function whyNotFound({ family, scope, launch }: StartOrder, ready: JsonObject): string | null {
  const { from, to } = family.ports
  const port = portOf(ready['port'])
  if (launch.port === undefined && port !== null && (port < from || port >= to))
    return `it listens on port ${port}, not on one of ${from} to ${to - 1}`
  return differenceOf(ready, placesOf(family, scope))
}

function notFound({ family: { name } }: StartOrder, why: string): JsonObject {
  const message = `later commands would not find this ${name} daemon: ${why}`
  const hint = 'use one definition for commands and daemon'
  return { error: { code: 'E_DAEMON_UNRECOGNISABLE' satisfies ErrorCode, message, hint } }
}

/** Ends the pipe, so that the daemon leaves, and waits until it has. Throws the reason of the abort. */
async function letGo(pipe: Lines, lock: HeldLock, order: StartOrder, child: ChildProcess): Promise<void> {
  pipe.close()
  if (!(await hasEnded(child))) await endUnready(lock, order, child)
  order.signal?.throwIfAborted()
}

function onAbort(signal: AbortSignal | undefined, act: () => void): () => void {
  signal?.addEventListener('abort', act)
  return () => signal?.removeEventListener('abort', act)
}

/**
 * Throws `E_RESOURCES` if a daemon started now would fail for lack of descriptors, processes or memory. Called before a
 * daemon is ended to start another: one that cannot be replaced is left alone. Any other problem is left to the start
 * itself.
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
  // Ctrl+C goes to the whole process group: it says nothing about this machine, and this process has got it too.
  if (signal !== null && !FROM_OUTSIDE.has(signal))
    throw lackOf(`a new process does not come up (${error === undefined ? signal : 'it hangs'})`)
}

/** The signals with which a user, a terminal or a service manager ends a command and all that it has started. */
const FROM_OUTSIDE: ReadonlySet<NodeJS.Signals> = new Set(['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'])

/** A process that was started, and the end that its log had before. */
interface Started {
  readonly child: ChildProcess
  readonly logBegin: LogPlace | null
}

/**
 * Resolves when the process runs. Its stderr goes to the log, so that the runtime's own message about an entry that it
 * cannot load, or about a crash, is kept. Node emits some errors later and throws others; if no descriptor is left, the
 * child has no `stdio` at all.
 */
async function spawnDetached({ args, env, cwd, logFile }: Launch): Promise<Started> {
  const log = makeLogFile(logFile)
  try {
    const logBegin = log === null ? null : placeInLog(log)
    const child = spawn(process.execPath, [...args], {
      cwd,
      env: { ...env },
      detached: true,
      windowsHide: true,
      stdio: ['ignore', 'ignore', log ?? 'ignore', 'pipe'],
    })
    await once(child, 'spawn')
    return { child, logBegin }
  } catch (error) {
    throwLack(error)
    throw new FamiliarError('E_DAEMON_START_FAILED', `the daemon did not start: ${messageOf(error)}`, {
      hint: `its log: ${logFile}`,
      cause: error,
    })
  } finally {
    if (log !== null) closeSync(log)
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function makeLogFile(path: string): number | null {
  try {
    makeDirectory(dirname(path))
    return openLogFile(path)
  } catch (error) {
    throwLack(error)
    return null
  }
}

/**
 * The daemon's own error, or else how it ended and the last lines of its log (`how` is read before `endUnready` changes it).
 * `lock` is null for one that was told that it is adopted: it may be recorded and in use by now, so it is not ended.
 */
async function failure(
  message: JsonObject | null,
  lock: HeldLock | null,
  order: StartOrder,
  { child, logBegin }: Started,
): Promise<FamiliarError> {
  const { logFile } = order.launch
  const isEnded = await hasEnded(child)
  const how = howItEnded(child)
  if (!isEnded && lock !== null) await endUnready(lock, order, child)
  const error = objectOf(message?.['error'])
  if (error === null) assertCanStart(order.launch, 0)
  const code = (stringOf(error?.['code']) ?? 'E_DAEMON_START_FAILED') as ErrorCode
  const said = stringOf(error?.['message'])
  const hint = stringOf(error?.['hint']) ?? `its log: ${logFile}`
  const why = said ?? `${how}${logTail(logFile, logBegin)}`
  const text = code === 'E_DAEMON_START_FAILED' ? `the daemon did not start: ${why}` : why
  const retry = error?.['retry'] === true
  return new FamiliarError(code, text, { hint, retry })
}

/** Waits for the exit, so that no process is left when the failure is reported. */
async function hasEnded(child: ChildProcess): Promise<boolean> {
  if (child.exitCode !== null || child.signalCode !== null) return true
  const exit = once(child, 'exit', { signal: AbortSignal.timeout(ENDING_MS) })
  return exit.then(
    () => true,
    () => false,
  )
}

/** Ends an entry that hangs and so misses the end of its pipe. It is our own child: no other process can have its pid. */
async function endUnready(
  lock: HeldLock,
  { family, platform }: StartOrder,
  { pid }: ChildProcess,
): Promise<void> {
  const proof = pid === undefined ? null : await proveStarted(family, platform, pid)
  if (proof !== null) await retire(lock, platform, family, proof)
}

function howItEnded({ exitCode, signalCode }: ChildProcess): string {
  if (exitCode === null && signalCode === null) return 'it did not get ready'
  const why = exitCode === 0 ? 'exit code 0: its file did not serve' : (signalCode ?? `exit code ${exitCode}`)
  return `it ended before it was ready (${why})`
}

/**
 * The last lines since this start, without blank ones and stack frames. What earlier daemons wrote would be taken for the
 * reason of this failure.
 */
function logTail(path: string, since: LogPlace | null): string {
  const lines = endOfLog(path, LOG_TAIL_BYTES, since)
    .split('\n')
    .filter((line) => line.trim() !== '' && !/^\s+at /.test(line))
  return lines.length === 0 ? '' : `; the end of its log: ${lines.slice(-LOG_TAIL_LINES).join(' | ')}`
}
