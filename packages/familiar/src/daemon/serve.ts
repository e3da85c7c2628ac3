import { randomBytes } from 'node:crypto'
import { EventEmitter, setMaxListeners } from 'node:events'
import { dirname } from 'node:path'
import { SHUTDOWN_PATH } from '../act/request-shutdown.js'
import { acquireLock, type HeldLock } from '../act/acquire-lock.js'
import { makeDirectory } from '../act/safe-file.js'
import { closeInherited } from '../act/inherited-descriptors.js'
import { assertOwnScope } from '../act/assert-own-scope.js'
import { assertScopeThere } from '../act/assert-scope-there.js'
import { bindInRange } from './bind-port.js'
import { type Lines, STARTUP_PIPE_MS, openStartupPipe } from '../protocol/startup-pipe.js'
import type { Timing } from '../protocol/daemon-timing.js'
import { isAdopted } from './await-adoption.js'
import { createActivity } from './activity.js'
import { startLifecycle, type ClientEvents, type Work } from './lifecycle.js'
import { createStartGate } from './start-gate.js'
import { startLimit } from './start-work.js'
import type { Pages } from './pages.js'
import { openLog, type Log } from './log.js'
import { removeStaleTokens, writeToken } from '../act/tokens.js'
import { createDaemonServer, loadHandlers } from './http-server.js'
import type { RouteHandler } from './json-routes.js'
import { watchScope } from './watch-scope.js'
import { directoryName } from '../observe/peek.js'
import type { Handler } from './web-handler.js'
import { healthOf, readSelf, recordOf, type Self } from './own-record.js'
import { assertRecognisable } from './assert-recognisable.js'
import { readTiming } from './default-timing.js'
import { DEFAULT_MAX_BODY_BYTES } from './request-rules.js'
import { asLack, FamiliarError, oneLine } from '../errors.js'
import type { Family } from '../family.js'
import { countOf, objectOf, portOf, stringOf, type JsonObject } from '../json.js'
import type { OwnRecord } from '../protocol/record.js'
import { assertDescriptors } from '../observe/platform/assert-descriptors.js'
import type { Platform } from '../observe/platform/platform.js'

/**
 * How many more descriptors a daemon needs after it is ready: for a few connections, and for the files of its work. It
 * keeps the limit of the shell that started it, and a daemon that starts but then cannot work would block every later
 * command.
 */
const SPARE_DESCRIPTORS = 12

/** The options that a daemon's entry module sets. */
export interface ServeOptions {
  readonly family: Family
  /** The real path of the scope. */
  readonly scope: string
  readonly platform: Platform
  /** The path of the daemon's log: JSON lines, rotated. */
  readonly logFile: string
  readonly packageVersion: string
  readonly protocolVersion: number
  readonly buildTime: string | null
  /** Returns the members of the health reply that the tool adds. Members of its `owner` are added to ours. */
  readonly describe: () => JsonObject & { readonly owner?: JsonObject }
  /** The handlers by `METHOD /path`. Every route requires the token. */
  readonly routes?: Readonly<Record<string, RouteHandler>>
  /** Answers every request that has the token but no route, except to the paths of health and shutdown. */
  readonly handler?: Handler
  /**
   * Answers GET and HEAD requests of a browser on this machine that have no valid token, no route and no page. Any local
   * user can cause up to 256 calls at once. At most 64 of its responses are event streams (`text/event-stream`). If more
   * than 256 KiB of one is unsent because the client reads too slowly, the stream is cut off.
   */
  readonly publicHandler?: Handler
  /** The maximum size of a request body for `handler`, in bytes; 10 MiB by default. A client that sends more gets status 413. */
  readonly maxBodyBytes?: number
  /** The pages that the daemon serves to a browser on this machine without a token. */
  readonly pages?: Pages
  readonly work?: Work
  /** Returns true if the daemon's own package on disk is gone or has another version than the running one; null if unknown. */
  readonly isInstallationChanged: () => boolean | null
  readonly timing: Timing
  /**
   * False if the descriptor of the startup pipe may be something else: in the foreground, or if a service manager passed
   * sockets.
   */
  readonly mayHavePipe: boolean
  /**
   * True if the daemon runs in the caller's terminal: then it exits when the terminal is closed (SIGHUP), and on Ctrl+C.
   */
  readonly isForeground?: boolean
  readonly exit: (code: number) => void
  /** The only port to try, unless the startup pipe names one; otherwise the first free port of the range. */
  readonly port?: number | null
  /** Called once, when the daemon serves requests and its record is written. */
  readonly onReady?: (record: OwnRecord) => void
  /** Called instead of `exit` if the daemon could not start. */
  readonly onFailure?: (error: FamiliarError) => void
}

/** How long a daemon waits for the daemon lock: the previous daemon of the scope may be about to release it. */
const DAEMON_LOCK_WAIT_MS = 500

/** How long the daemon waits for the first line from its starter, which sends it directly after starting the process. */
const HELLO_MS = 1_000

/**
 * Runs a daemon: takes the daemon lock for life, binds its port, sends *ready* on the startup pipe, waits to be adopted,
 * writes its record, and runs until it is told to shut down or retires by itself. A failure to start is sent to the
 * starter as a typed error and written to the log (except `E_SCOPE_FOREIGN_OWNER`, because nothing may be written in
 * another user's directory). Without a startup pipe the daemon counts as adopted. If the pipe ends before the adoption,
 * or the starter does not answer for 10 s, the daemon exits at once, because there is nothing to undo. If its work does
 * not start while its starter waits, it exits too: it holds the lock, so it would be in the way of every other daemon.
 */
export async function serve(options: ServeOptions): Promise<void> {
  const pipe = openStartupPipe(options.mayHavePipe)
  const log = openLog(options.logFile)
  try {
    assertOwnFiles(options)
    await start(options, pipe, log)
  } catch (error) {
    const failure = asFamiliarError(error)
    const { code, message } = failure
    if (code !== 'E_SCOPE_FOREIGN_OWNER') log.write('start_failed', { code, message })
    sendFailure(pipe, failure)
    if (options.onFailure !== undefined) return options.onFailure(failure)
    options.exit(1)
  }
}

/**
 * Tells the command that started this process why it cannot be the daemon. Sends nothing if the other end of the
 * descriptor does not begin as a starting command does, because then it is something else.
 */
export async function refuseStart(failure: FamiliarError, mayHavePipe: boolean): Promise<void> {
  const pipe = openStartupPipe(mayHavePipe)
  const hello = await pipe?.receive(HELLO_MS)
  if (stringOf(hello?.['reason']) === null) pipe?.close()
  else sendFailure(pipe, failure)
}

function sendFailure(pipe: Lines | null, { code, message, hint, retry }: FamiliarError): void {
  pipe?.send({ error: { code, message, hint, retry } })
  pipe?.close()
}

/**
 * A command that starts a daemon has already checked the owner of the scope. If the daemon was started by hand or in the
 * foreground, nothing has checked it yet.
 */
function assertOwnFiles({ family, scope, logFile }: ServeOptions): void {
  const { lifecycleLock, record } = family.files(scope)
  assertOwnScope([scope, lifecycleLock, record, dirname(logFile)], process.geteuid?.())
}

async function start(options: ServeOptions, pipe: Lines | null, log: Log): Promise<void> {
  const { family, scope, platform } = options
  const hello = pipe === null ? {} : await pipe.receive(STARTUP_PIPE_MS)
  if (hello === null) return options.exit(0)
  closeInherited(hello['inherited'])
  const self = await readSelf(platform)
  const assertScopeStill = enterScope(family, scope)
  const scopeState = watchScope(scope)
  const view = { directory: () => directoryName('.'), isScopeGone: (): boolean => scopeState() === 'absent' }
  const lock = await takeDaemonLock(family.files(scope).daemonLock, self)
  const identity = { token: randomBytes(32).toString('hex'), instanceId: randomBytes(16).toString('hex') }
  const timing = readTiming(options.timing, objectOf(hello['timing']))
  const activity = createActivity()
  const clients = new EventEmitter<ClientEvents>()
  const leaving = new AbortController()
  // Every stream adds a listener, and Node would log a warning about a leak above ten listeners.
  setMaxListeners(0, leaving.signal)
  const gate = createStartGate()
  const server = createDaemonServer({
    ...identity,
    ...activity,
    pid: self.pid,
    health: () => healthOf(options, record, view),
    isScopeGone: view.isScopeGone,
    routes: { ...options.routes, [`POST ${SHUTDOWN_PATH}`]: shutdownHandler(clients, timing.drainMs) },
    onProof: () => void clients.emit('proof'),
    pages: options.pages ?? null,
    handler: options.handler ?? null,
    publicHandler: options.publicHandler ?? null,
    maxBodyBytes: options.maxBodyBytes ?? DEFAULT_MAX_BODY_BYTES,
    log,
    gate,
    leaving: leaving.signal,
  })
  if (options.handler !== undefined || options.publicHandler !== undefined) await loadHandlers()
  const port = await bindInRange(
    server.server,
    family,
    platform,
    portOf(hello['port']) ?? options.port ?? null,
  )
  const record = recordOf(options, self, port, identity)
  const command = pipe === null ? null : self.command
  assertRecognisable(family, { command, health: healthOf(options, record, view), record })
  assertDescriptors(SPARE_DESCRIPTORS)
  if (pipe !== null && !(await isAdopted(pipe, family, record, identity.token))) return options.exit(0)
  assertScopeStill()
  if (family.tokenDirectory !== null) {
    keepToken(family.tokenDirectory, identity.token, record, log)
    await removeStaleTokens(family.tokenDirectory, platform)
  }
  const start = {
    reason: stringOf(hello['reason']) ?? 'started_by_hand',
    previousVersion: stringOf(hello['previous_version']),
    starterPid: countOf(hello['pid']),
  }
  const outcome = await startLifecycle({
    ...options,
    scopeState,
    lock,
    timing,
    server,
    record,
    activity,
    clients,
    leaving,
    gate,
    startLimitMs: pipe === null ? null : startLimit(countOf(hello['ready_ms']) ?? undefined),
    start,
  })
  if (outcome === 'leaving') return sendFailure(pipe, toldToEnd())
  pipe?.send({ ok: true })
  pipe?.close()
  // Without a pipe, this process may be a program in the foreground that does other work too.
  if (pipe !== null) setTimeout(limitYoungObjects, LIMIT_AFTER_MS).unref()
  options.onReady?.(record)
}

/** The error for a start that a command or a signal ended. The next one may succeed. */
function toldToEnd(): FamiliarError {
  const why = 'it was told to end before its work (`work.start`) had started'
  return new FamiliarError('E_DAEMON_START_FAILED', why, { retry: true })
}

/** By then, the daemon has loaded what its first client needs: with any option of V8, Node refuses what is compiled already. */
const LIMIT_AFTER_MS = 200

/**
 * Lets the memory for young objects grow no further. Otherwise V8 lets it grow to 48 MB while the daemon works, and keeps it: a
 * daemon that sends 100 000 events needs 8 MB more.
 */
function limitYoungObjects(): void {
  process.getBuiltinModule('node:v8').setFlagsFromString('--semi-space-growth-factor=1')
}

/**
 * Before its adoption, only the starter knows the daemon's token. So the daemon has no other clients, and can exit at
 * once.
 */
function shutdownHandler(clients: EventEmitter<ClientEvents>, drainMs: number): RouteHandler {
  return async ({ body }) => {
    const reason = stringOf(objectOf(body)?.['reason']) ?? 'requested'
    if (!clients.emit('shutdown', reason)) return { status: 503, json: { error: 'starting' } }
    return { status: 202, json: { status: 'stopping', drain_ms: drainMs } }
  }
}

/**
 * Writes the token for clients with the same home. If the home is not writable (read-only, or full), the daemon works
 * without that file. Clients then identify it by facts from the kernel, as clients with another home do.
 */
function keepToken(directory: string, token: string, record: OwnRecord, log: Log): void {
  try {
    writeToken(directory, token, record)
  } catch (error) {
    if (!(error instanceof FamiliarError) || error.code !== 'E_SCOPE_UNUSABLE') throw error
    log.write('token_not_written', { message: error.message })
  }
}

/**
 * Changes into the scope, creating it unless the family forbids that. Returns a check that throws if it is no longer the
 * same directory.
 */
function enterScope(family: Family, scope: string): () => void {
  const assertScopeStill = assertScopeThere(family, scope)
  if (family.scopeMustExist !== true) makeDirectory(scope)
  process.chdir(scope)
  return assertScopeStill
}

async function takeDaemonLock(path: string, self: Self): Promise<HeldLock> {
  try {
    const holder = { pid: self.pid, startTime: self.startTime }
    return await acquireLock(path, { holder, waitMs: DAEMON_LOCK_WAIT_MS })
  } catch (error) {
    if (error instanceof FamiliarError && error.code === 'E_LOCK_BUSY') {
      throw new FamiliarError('E_DAEMON_RUNNING', `another daemon of this scope runs: ${error.message}`, {
        retry: true,
        cause: error,
      })
    }
    throw error
  }
}

function asFamiliarError(error: unknown): FamiliarError {
  if (error instanceof FamiliarError) return error
  const message = oneLine(error instanceof Error ? error.message : String(error))
  return asLack(error) ?? new FamiliarError('E_DAEMON_START_FAILED', message, { cause: error })
}
