import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import { devNull } from 'node:os'
import { dirname } from 'node:path'
import { FamiliarError, type ErrorCode } from '../errors.js'
import type { Family } from '../family.js'
import { objectOf, stringOf, type JsonObject } from '../identity/narrow.js'
import { makeDirectory } from './directory.js'
import { jsonLines } from './lines.js'
import type { HeldLock } from './lock.js'
import { endOfLog, openLogFile } from './log-file.js'
import { proveStarted } from '../observe/look.js'
import type { Platform } from '../observe/platform/platform.js'
import { LEASE_FD, type Timing } from './start-pipe.js'
import { retire } from './stop.js'

/** Why a daemon is started: it stands in the daemon's log. */
export type StartReason =
  | 'first_start'
  | 'recorded_dead'
  | 'version_mismatch'
  | 'installation_gone'
  | 'operator_restart'

/** How a daemon of this family is started. */
export interface Launch {
  /** The arguments after the interpreter: the entry, the family's word, the scope marker. */
  readonly args: readonly string[]
  /** The whole environment of the daemon. */
  readonly env: { readonly [name: string]: string | undefined }
  readonly cwd: string
  readonly logFile: string
  /** The only port that will do; without one, the first free port of the range. */
  readonly port?: number
  readonly timing?: Partial<Timing>
}

export interface StartOrder {
  readonly family: Family
  readonly platform: Platform
  readonly launch: Launch
  readonly reason: StartReason
  readonly previousVersion: string | null
  /** When the holder of the life-cycle lock must be done, on the clock of `performance.now()`. */
  readonly until: number
}

/** A daemon that is not ready, adopted and recorded within this time has failed. */
const READY_MS = 15_000

/** It gets at least this long, however much time the caller has used up before. */
const READY_LEAST_MS = 2_000

/** The pipe of a daemon that fails ends a moment before its process does. */
const ENDING_MS = 500

const LOG_TAIL_LINES = 5
const LOG_TAIL_BYTES = 8 * 1024

/**
 * Starts a daemon and adopts it: returns once it is ready, recorded and on its own. The life-cycle lock must be held
 * for the whole call.
 *
 * The daemon is in a session of its own and gets nothing of the caller's: no terminal, no working directory, no
 * descriptor (a caller of ours that reads our output to its end would wait for the daemon's end). When this process
 * dies before the adoption, the daemon sees the end of the pipe and leaves.
 *
 * Throws the daemon's own typed error, or `E_DAEMON_START_FAILED` with the last lines of its log.
 */
export async function startDaemon(lock: HeldLock, order: StartOrder): Promise<void> {
  lock.assertHeld()
  const until = Math.max(
    performance.now() + READY_LEAST_MS,
    Math.min(order.until, performance.now() + READY_MS),
  )
  const child = spawnDetached(order.launch)
  const pipe = jsonLines(child.stdio[LEASE_FD] as Socket)
  const spawnError = new Promise<JsonObject>((resolve) => {
    child.once('error', (error) =>
      resolve({ error: { code: 'E_DAEMON_START_FAILED', message: error.message } }),
    )
  })
  try {
    pipe.say({
      reason: order.reason,
      previous_version: order.previousVersion,
      pid: process.pid,
      timing: timingOf(order.launch),
      ...(order.launch.port === undefined ? {} : { port: order.launch.port }),
    })
    const first = await Promise.race([pipe.next(until - performance.now()), spawnError])
    if (objectOf(first?.['ready']) === null) throw await failure(first, lock, order, child)
    pipe.say({ adopt: true })
    const last = await pipe.next(until - performance.now())
    if (last?.['ok'] !== true) throw await failure(last, lock, order, child)
  } finally {
    pipe.close()
    child.unref()
  }
}

function timingOf({ timing }: Launch): JsonObject {
  if (timing === undefined) return {}
  const { tickMs, idleMs, drainMs, cleanEveryMs, overwriteEveryMs } = timing
  return {
    tick_ms: tickMs,
    idle_ms: idleMs,
    drain_ms: drainMs,
    clean_every_ms: cleanEveryMs,
    overwrite_every_ms: overwriteEveryMs,
  }
}

/** What the runtime itself says of an entry that it cannot load, or of a crash, goes to the log. */
function spawnDetached({ args, env, cwd, logFile }: Launch): ChildProcess {
  const nothing = openSync(devNull, 'r+')
  const log = makeLogFile(logFile)
  try {
    return spawn(process.execPath, [...args], {
      cwd,
      env: { ...env },
      detached: true,
      windowsHide: true,
      stdio: [nothing, nothing, log ?? nothing, 'pipe', ...coverInherited(nothing)],
    })
  } finally {
    closeSync(nothing)
    if (log !== null) closeSync(log)
  }
}

function makeLogFile(path: string): number | null {
  try {
    makeDirectory(dirname(path))
    return openLogFile(path)
  } catch {
    return null
  }
}

/**
 * Node closes inherited descriptors only up to the first gap; what a caller left open above it would reach the daemon.
 * Returns the `stdio` entries from 4 on that put the null device in the place of each.
 */
function coverInherited(nothing: number): readonly (number | 'ignore')[] {
  const leaking = inheritedDescriptors()
  const last = Math.max(LEASE_FD, ...leaking)
  return Array.from({ length: last - LEASE_FD }, (_, index) =>
    leaking.has(index + LEASE_FD + 1) ? nothing : 'ignore',
  )
}

/** Linux tells which descriptors stay open over exec; elsewhere every open one counts as such. */
function inheritedDescriptors(): ReadonlySet<number> {
  for (const directory of ['/proc/self/fdinfo', '/dev/fd']) {
    try {
      const open = readdirSync(directory)
        .map(Number)
        .filter((descriptor) => descriptor > LEASE_FD)
      return new Set(open.filter((descriptor) => staysOpen(directory, descriptor)))
    } catch {
      continue
    }
  }
  return new Set()
}

const CLOSE_ON_EXEC = 0o2000000

function staysOpen(directory: string, descriptor: number): boolean {
  if (directory === '/dev/fd') return true
  try {
    const flags = /^flags:\s*([0-7]+)/m.exec(readFileSync(`${directory}/${descriptor}`, 'utf8'))?.[1]
    return flags === undefined || (Number.parseInt(flags, 8) & CLOSE_ON_EXEC) === 0
  } catch {
    return false
  }
}

/** What the daemon said, or, when it ended without a word, what its log says. (One that is ended here did not end by itself.) */
async function failure(
  message: JsonObject | null,
  lock: HeldLock,
  order: StartOrder,
  child: ChildProcess,
): Promise<FamiliarError> {
  const { logFile } = order.launch
  const isEnded = await hasEnded(child)
  const how = howItEnded(child)
  if (!isEnded) await endUnready(lock, order, child)
  const error = objectOf(message?.['error'])
  const code = (stringOf(error?.['code']) ?? 'E_DAEMON_START_FAILED') as ErrorCode
  const said = stringOf(error?.['message']) ?? how
  const hint = stringOf(error?.['hint']) ?? `its log: ${logFile}`
  const text =
    code === 'E_DAEMON_START_FAILED' ? `the daemon did not start: ${said}${logTail(logFile)}` : said
  return new FamiliarError(code, text, { hint, retry: code === 'E_DAEMON_RUNNING' })
}

/** So that no process is left when the failure is told. One that could not even be started has none to wait for. */
async function hasEnded(child: ChildProcess): Promise<boolean> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return true
  const exit = once(child, 'exit', { signal: AbortSignal.timeout(ENDING_MS) })
  return exit.then(
    () => true,
    () => false,
  )
}

/** An entry that hangs does not see the end of its pipe. It is our own child: nothing else can have its pid. */
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
  return `it ended before it was ready (${signalCode ?? `exit code ${exitCode}`})`
}

/** The last lines, without blank ones and without the calls that led to an error. */
function logTail(path: string): string {
  const lines = endOfLog(path, LOG_TAIL_BYTES)
    .split('\n')
    .filter((line) => line.trim() !== '' && !/^\s+at /.test(line))
  return lines.length === 0 ? '' : `; the end of its log: ${lines.slice(-LOG_TAIL_LINES).join(' | ')}`
}
