import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { closeSync } from 'node:fs'
import type { Socket } from 'node:net'
import { dirname } from 'node:path'
import { monotonicMs, boundText } from '../clock.js'
import { FamiliarError, oneLine, throwLack, type ErrorCode } from '../errors.js'
import { titleOf } from '../family.js'
import { objectOf, portOf, type JsonObject } from '../json.js'
import { assertMayBegin, noteStart } from '../act/endings.js'
import { makeDirectory } from '../act/safe-file.js'
import { inheritedDescriptors } from '../act/inherited-descriptors.js'
import { differenceOf, placesOf } from '../act/agreed-places.js'
import { jsonLines, type Lines, STARTUP_PIPE_FD } from '../protocol/startup-pipe.js'
import { READY_MS, timingToJson } from '../protocol/daemon-timing.js'
import type { HeldLock } from '../act/acquire-lock.js'
import { openLogFile, placeInLog } from '../act/open-log-file.js'
import type { Launch, StartOrder } from './start-order.js'
import { endUnready, hasEnded, startFailure, type Started } from './start-failure.js'
import { watchPauses } from './watch-pauses.js'

/** The minimum time in which a daemon must become ready, even if its starter has no time left. */
const READY_LEAST_MS = 2_000

/** A command that has waited this long for the daemon calls `onWait`, which says what it waits for. */
const ANNOUNCE_AFTER_MS = 1_000

/**
 * Starts a daemon and adopts it: returns once it is ready, recorded and independent of this process, with a way to watch
 * its process. The life-cycle lock must be held for the whole call. The daemon has its own session and keeps nothing of
 * the caller: no terminal, no working directory, no file descriptor (a process that reads our output to its end would
 * wait until the daemon exits). If this process dies before the adoption, the daemon sees the end of the pipe and exits, but
 * only from `serve` on. Until then an abort of the signal, Ctrl+C, or a signal that ends this command makes it end its child.
 * Throws the daemon's own typed error, `E_DAEMON_START_FAILED` with the last lines that it wrote to its log, or
 * `E_RESOURCES` if this process or the daemon has too few descriptors, processes or memory.
 */
export async function startDaemon(lock: HeldLock, order: StartOrder): Promise<Started> {
  lock.assertHeld()
  assertMayBegin()
  order.signal?.throwIfAborted()
  const note = noteStart()
  try {
    const signal = order.signal === undefined ? note.signal : AbortSignal.any([order.signal, note.signal])
    return await startNoted(lock, { ...order, signal }, note.over)
  } finally {
    note.over()
  }
}

/** Calls `adopted` directly before the daemon is told that it is adopted: from then on it must not be ended. */
async function startNoted(
  lock: HeldLock,
  order: StartOrder & { readonly signal: AbortSignal },
  adopted: () => void,
): Promise<Started> {
  const until = Math.max(monotonicMs() + READY_LEAST_MS, Math.min(order.until, monotonicMs() + READY_MS))
  const inherited = inheritedDescriptors()
  const begun = await spawnDetached(order.launch)
  const pause = watchPauses(begun.beganMs)
  const started = { ...begun, pausedMs: pause.longestMs }
  const { child } = started
  const pipe = jsonLines(child.stdio[STARTUP_PIPE_FD] as Socket)
  const stopWatching = onAbort(order.signal, () => pipe.close())
  const timer = setTimeout(() => order.onWait?.(waitingText(order, child, until)), ANNOUNCE_AFTER_MS)
  try {
    pipe.send({ ...helloOf(order, inherited), ready_ms: Math.round(until - monotonicMs()) })
    const first = await pipe.receive(until - monotonicMs())
    if (order.signal.aborted) await letGo(pipe, lock, order, child)
    const ready = objectOf(first?.['ready'])
    if (ready === null) throw await startFailure(first, lock, order, started)
    const why = whyNotFound(order, ready)
    if (why !== null) {
      pipe.close()
      throw await startFailure(notFound(order, why), lock, order, started)
    }
    // After Ctrl+C the daemon is not adopted, so it sees the end of the pipe and exits.
    assertMayBegin()
    adopted()
    pipe.send({ adopt: true })
    const last = await pipe.receive(until - monotonicMs())
    if (last?.['ok'] !== true) throw await startFailure(last, null, order, started)
    return started
  } finally {
    clearTimeout(timer)
    pause.stop()
    stopWatching()
    pipe.close()
    child.unref()
  }
}

function waitingText({ family }: StartOrder, { pid }: ChildProcess, until: number): string {
  const end = boundText(until - monotonicMs())
  return `waiting for the ${titleOf(family)} (process ${pid ?? 'unknown'}) to come up, ${end}`
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
 * Returns why later commands would not find the daemon that is ready, or would judge it by other rules: its port, the
 * locations of its files or the kind of its scope differ from the definition of this command. Null if all agree. (Values
 * that the daemon does not report are not compared.)
 */
function whyNotFound({ family, scope, launch }: StartOrder, ready: JsonObject): string | null {
  const { from, to } = family.ports
  const port = portOf(ready['port'])
  if (launch.port === undefined && port !== null && (port < from || port >= to))
    return `it listens on port ${port}, not on one of ${from} to ${to - 1}`
  return differenceOf(ready, placesOf(family, scope))
}

function notFound({ family }: StartOrder, why: string): JsonObject {
  const message = `later commands would not find this ${titleOf(family)}: ${why}`
  const hint = 'use one definition for commands and daemon'
  return { error: { code: 'E_DAEMON_UNRECOGNISABLE' satisfies ErrorCode, message, hint } }
}

/** Closes the pipe, so that the daemon exits, and waits for its exit. Throws the reason of the abort. */
async function letGo(
  pipe: Lines,
  lock: HeldLock,
  order: StartOrder & { readonly signal: AbortSignal },
  child: ChildProcess,
): Promise<never> {
  pipe.close()
  if (!(await hasEnded(child))) await endUnready(lock, order, child)
  throw order.signal.reason
}

/** Calls `act` when the signal is aborted, at once if it is already. Returns a function that ends this. */
function onAbort(signal: AbortSignal, act: () => void): () => void {
  if (signal.aborted) act()
  signal.addEventListener('abort', act)
  return () => signal.removeEventListener('abort', act)
}

/**
 * Resolves when the process runs. Its stderr goes to the log, so that messages of the runtime itself are kept, for
 * example about an entry module that it cannot load, or about a crash. Node emits some errors later and throws others; if
 * no descriptor is left, the child has no `stdio` at all.
 */
async function spawnDetached({
  args,
  env,
  cwd,
  logFile,
}: Launch): Promise<Omit<Started, 'pausedMs'> & { readonly child: ChildProcess }> {
  const log = makeLogFile(logFile)
  try {
    const logBegin = log === null ? null : placeInLog(log)
    const beganMs = monotonicMs()
    const child = spawn(process.execPath, [...args], {
      cwd,
      env: { ...env },
      detached: true,
      windowsHide: true,
      stdio: ['ignore', 'ignore', log ?? 'ignore', 'pipe'],
    })
    await once(child, 'spawn')
    return { child, logBegin, beganMs }
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
  return oneLine(error instanceof Error ? error.message : String(error))
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
