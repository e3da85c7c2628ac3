import { once, type EventEmitter } from 'node:events'
import { statSync } from 'node:fs'
import type { HeldLock } from '../act/acquire-lock.js'
import { endOfLog, type LogPlace } from '../act/open-log-file.js'
import { terminate } from '../act/terminate-process.js'
import { monotonicMs } from '../clock.js'
import { FamiliarError, type ErrorCode } from '../errors.js'
import { objectOf, stringOf, type JsonObject } from '../json.js'
import { STARTUP_PIPE_MS } from '../protocol/startup-pipe.js'
import { proveStarted } from '../observe/prove-process.js'
import type { Launch, StartOrder } from './start-order.js'
import { assertCanStart } from './assert-can-start.js'
import { lastWords } from './last-words.js'

/** How long to wait for a failing daemon to exit. Its pipe closes shortly before its process ends. */
const ENDING_MS = 500

/** An error may have a large object among its properties, which are printed after its message. */
const LOG_TAIL_BYTES = 64 * 1024

/** A child process of ours, as `spawn` returns it. */
type Child = EventEmitter & {
  readonly pid?: number | undefined
  readonly exitCode: number | null
  readonly signalCode: NodeJS.Signals | null
  ref(): void
  unref(): void
}

/** A process that was started, and the position at which its log ended before the start. */
export interface Started {
  readonly child: Child
  readonly logBegin: LogPlace | null
  /** When the process was started, on the clock of `monotonicMs`. */
  readonly beganMs: number
  /** Returns the longest period since then in which this process did not run. */
  readonly pausedMs: () => number
}

/**
 * Returns the error for a start that failed: the daemon's own error or, if it sent none, how its process ended and the
 * last lines of its log. `lock` is null for a daemon that was already told of its adoption. It is not ended, because
 * another command may already use it.
 */
export async function startFailure(
  message: JsonObject | null,
  lock: HeldLock | null,
  order: StartOrder,
  { child, logBegin, beganMs, pausedMs }: Started,
): Promise<FamiliarError> {
  const { logFile } = order.launch
  const waitedMs = monotonicMs() - beganMs
  const isEnded = await hasEnded(child)
  // Must be read before `endUnready`, which changes it.
  const isLeft = child.exitCode === 0 && pausedMs() >= PAUSE_MS
  const how = isLeft ? NOT_ADOPTED : howItEnded(child, waitedMs)
  if (!isEnded && lock !== null) await endUnready(lock, order, child)
  const error = objectOf(message?.['error'])
  if (error === null) assertCanStart(order.launch, 0)
  const code = (stringOf(error?.['code']) ?? 'E_DAEMON_START_FAILED') as ErrorCode
  const said = stringOf(error?.['message'])
  const hint = stringOf(error?.['hint']) ?? `its log: ${logFile}`
  const why = said ?? `${how}${logTail(logFile, logBegin)}`
  const text = code === 'E_DAEMON_START_FAILED' ? `the daemon did not start: ${why}` : why
  const retry = isLeft || error?.['retry'] === true
  const cause =
    error === null
      ? partMissing(order, child, logBegin)
      : UNREADABLE.test(said ?? '')
        ? programChanged()
        : null
  return new FamiliarError(code, text, { hint, retry, ...(cause === null ? {} : { cause }) })
}

/**
 * Returns the error for a daemon that was ready, and then ended or does not answer. The next attempt may succeed, unless
 * the daemon ended with an error of its own.
 */
export async function endedEarly({ logFile }: Launch, { child, logBegin }: Started): Promise<FamiliarError> {
  await hasEnded(child)
  const { exitCode, signalCode } = child
  const isEnded = exitCode !== null || signalCode !== null
  const how = isEnded ? `then ended (${signalCode ?? `exit code ${exitCode}`})` : 'then did not answer'
  const why = isEnded ? logTail(logFile, logBegin) : ''
  return new FamiliarError('E_DAEMON_START_FAILED', `the daemon started and ${how}${why}`, {
    hint: `its log: ${logFile}`,
    retry: exitCode === null || exitCode === 0,
  })
}

/**
 * The messages of Node if it cannot read or compile a file of the program, or the package.json that gives the type of
 * that file.
 */
const UNREADABLE =
  /^SyntaxError: |ENOENT[^\n]*, open '[^'\n]*\.[cm]?js'|Cannot find module|MODULE_NOT_FOUND|ERR_INVALID_PACKAGE_CONFIG|not defined in ES module scope/m

/**
 * Returns the error for a daemon that ended because a part of its program is missing; null if it ended for another
 * reason. Node itself ended the daemon, so Node's message is the only one. An empty entry file does nothing and exits
 * with 0.
 */
function partMissing(order: StartOrder, child: Child, logBegin: LogPlace | null): Error | null {
  const [entry = ''] = order.launch.args
  const isMissing = UNREADABLE.test(endOfLog(order.launch.logFile, LOG_TAIL_BYTES, logBegin))
  if (!isMissing && !(child.exitCode === 0 && isEmpty(entry))) return null
  return programChanged()
}

/** Returns the error for a package that was replaced or removed during the start, so that commands can report this cause. */
export function programChanged(): Error {
  return Object.assign(new Error('a part of the program is not there'), { code: 'MODULE_NOT_FOUND' })
}

function isEmpty(file: string): boolean {
  try {
    return statSync(file).size === 0
  } catch {
    return false
  }
}

/** Waits for the exit, so that the process is gone when the failure is reported. */
export async function hasEnded(child: Child): Promise<boolean> {
  if (child.exitCode !== null || child.signalCode !== null) return true
  // It may have been adopted: then nothing else keeps this process running until the answer is here.
  child.ref()
  try {
    await once(child, 'exit', { signal: AbortSignal.timeout(ENDING_MS) })
    return true
  } catch {
    return false
  } finally {
    child.unref()
  }
}

/**
 * Ends a process that hangs or never calls `serve`, and therefore does not notice that its pipe was closed. It is our own
 * child, so its pid cannot belong to another process, and it is ended after Ctrl+C too.
 */
export async function endUnready(
  lock: HeldLock,
  { family, platform }: StartOrder,
  { pid }: Child,
): Promise<void> {
  const proof = pid === undefined ? null : await proveStarted(family, platform, pid)
  if (proof !== null) await terminate(lock, platform, family, proof, { isOwnChild: true })
}

/** A pause of this length is not caused by a busy machine. A daemon that is not adopted within 10 s of its start exits. */
const PAUSE_MS = 5_000

const NOT_ADOPTED = `this command was suspended, and a daemon waits only ${STARTUP_PIPE_MS / 1_000} s for the command that starts it; it has left`

/** The meaning of Node's exit codes for a module that serves. */
const EXIT_WORDS: Readonly<Record<number, string>> = {
  0: ': its file did not serve',
  13: ': a top-level await of its file never ended',
}

function howItEnded({ exitCode, signalCode }: Child, waitedMs: number): string {
  if (exitCode === null && signalCode === null)
    return `it did not get ready within ${Math.round(waitedMs / 1000)} s: its file has not called serve, or what it does before takes too long`
  const why = signalCode ?? `exit code ${exitCode}${EXIT_WORDS[exitCode ?? 0] ?? ''}`
  return `it ended before it was ready (${why})`
}

/**
 * Returns what was logged since this start about its end (`lastWords`). Lines of earlier daemons are omitted, because a
 * reader would take them for the reason of this failure.
 */
function logTail(path: string, since: LogPlace | null): string {
  const lines = lastWords(endOfLog(path, LOG_TAIL_BYTES, since))
  return lines.length === 0 ? '' : `; the end of its log: ${lines.join(' | ')}`
}
