import { randomBytes } from 'node:crypto'
import { EventEmitter, setMaxListeners } from 'node:events'
import { dirname } from 'node:path'
import { SHUTDOWN_PATH } from '../act/request-shutdown.js'
import { acquireLock, type HeldLock } from '../act/acquire-lock.js'
import { makeDirectory } from '../act/safe-file.js'
import { closeInherited } from '../act/inherited-descriptors.js'
import { placesOf } from '../act/agreed-places.js'
import { assertOwnScope, assertScopeThere } from '../act/scope-checks.js'
import { bindInRange } from './bind-port.js'
import { type Lines, STARTUP_PIPE_MS, openStartupPipe } from '../protocol/startup-pipe.js'
import type { Timing } from '../protocol/daemon-timing.js'
import { createActivity } from './activity.js'
import { startLifecycle, type ClientEvents, type Work } from './lifecycle.js'
import type { Pages } from './pages.js'
import { openLog, type Log } from './log.js'
import { removeStaleTokens, writeToken } from '../act/tokens.js'
import { createDaemonServer, loadHandlers } from './http-server.js'
import type { RouteHandler } from './json-routes.js'
import { watchScope } from './watch-scope.js'
import type { Handler } from './web-handler.js'
import { healthOf, readSelf, recordOf, type Self } from './own-record.js'
import { assertDescriptors } from './assert-descriptors.js'
import { assertRecognisable } from './assert-recognisable.js'
import { readTiming } from './default-timing.js'
import { DEFAULT_MAX_BODY_BYTES } from './request-rules.js'
import { asLack, FamiliarError, oneLine } from '../errors.js'
import type { Family } from '../family.js'
import { countOf, objectOf, portOf, stringOf, type JsonObject } from '../json.js'
import type { OwnRecord } from '../protocol/record.js'
import type { Platform } from '../observe/platform/platform.js'

/** What the entry module of a daemon specifies. */
export interface ServeOptions {
  readonly family: Family
  /** The real path of the scope. */
  readonly scope: string
  readonly platform: Platform
  /** The path of its log: JSON lines, rotated. */
  readonly logFile: string
  readonly packageVersion: string
  readonly protocolVersion: number
  readonly buildTime: string | null
  /** Returns what the health reply contains besides the frozen head. The keys of its `owner` are added to ours. */
  readonly describe: () => JsonObject & { readonly owner?: JsonObject }
  /** The handlers by `METHOD /path`. Every route requires the token. */
  readonly routes?: Readonly<Record<string, RouteHandler>>
  /** Answers every request with the token that has no route, except to the paths of health and shutdown. */
  readonly handler?: Handler
  /**
   * Answers GET and HEAD requests without a valid token that have no route and no page, to a browser on this machine. Any
   * local user can cause up to 256 calls at once. At most 64 of its responses are event streams (`text/event-stream`); one of
   * them is cut off if more than 256 KiB is unsent, because the client reads too slowly.
   */
  readonly publicHandler?: Handler
  /** The most bytes of a request's body for `handler`; 10 MiB by default. Beyond that, the client gets status 413. */
  readonly maxBodyBytes?: number
  /** The pages that it serves without a token, to a browser on this machine. */
  readonly pages?: Pages
  readonly work?: Work
  /** True when its own package on disk is gone or has another version than the running one; null when unknown. */
  readonly isInstallationChanged: () => boolean | null
  readonly timing: Timing
  /**
   * False when the file descriptor of the startup pipe may be something else: in the foreground, or when a service manager
   * handed over sockets.
   */
  readonly mayHavePipe: boolean
  /**
   * True when the daemon runs in the caller's terminal: then it exits when the terminal is closed (SIGHUP), as it does on
   * Ctrl+C.
   */
  readonly isForeground?: boolean
  readonly exit: (code: number) => void
  /** The only port to try, unless the startup pipe names one; otherwise the first free port of the range. */
  readonly port?: number | null
  /** Called once, when the daemon serves and its record is written. */
  readonly onReady?: (record: OwnRecord) => void
  /** Called instead of `exit` when the daemon could not start. */
  readonly onFailure?: (error: FamiliarError) => void
}

/** How long a daemon waits for the daemon lock, which the scope's last daemon may be about to release. */
const DAEMON_LOCK_WAIT_MS = 500

/** How long the daemon waits for the first line of its starter, which sends it as soon as it has started the process. */
const HELLO_MS = 1_000

/**
 * Runs a daemon: takes the daemon lock for life, binds its port, says *ready* on the startup pipe, waits to be adopted,
 * writes its record, and lives until it is told to shut down or retires by itself.
 *
 * A failure to start goes to the starter as a typed error, and to the log (except `E_SCOPE_FOREIGN_OWNER`: nothing is
 * written in another user's directory). Without a startup pipe the daemon counts as adopted. Before its adoption, if the
 * pipe ends or the starter does not answer for 10 s, it exits at once: there is nothing to undo.
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
 * descriptor does not begin as a starting command does: then it is something else.
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
 * A starting command has already checked the owner of the scope. For a daemon that was started by hand or in the
 * foreground, no command has.
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
  const isScopeGone = (): boolean => scopeState() === 'absent'
  const lock = await takeDaemonLock(family.files(scope).daemonLock, self)
  const identity = { token: randomBytes(32).toString('hex'), instanceId: randomBytes(16).toString('hex') }
  const timing = readTiming(options.timing, objectOf(hello['timing']))
  const activity = createActivity()
  const clients = new EventEmitter<ClientEvents>()
  const leaving = new AbortController()
  // Every stream adds a listener. With more than ten, Node would log a warning about a leak.
  setMaxListeners(0, leaving.signal)
  const server = createDaemonServer({
    ...identity,
    ...activity,
    pid: self.pid,
    health: () => healthOf(options, record, isScopeGone()),
    isScopeGone,
    routes: { ...options.routes, [`POST ${SHUTDOWN_PATH}`]: shutdownHandler(clients, timing.drainMs) },
    onProof: () => void clients.emit('proof'),
    pages: options.pages ?? null,
    handler: options.handler ?? null,
    publicHandler: options.publicHandler ?? null,
    maxBodyBytes: options.maxBodyBytes ?? DEFAULT_MAX_BODY_BYTES,
    log,
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
  assertRecognisable(family, { command, health: healthOf(options, record, false), record })
  assertDescriptors()
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
  await startLifecycle({
    ...options,
    scopeState,
    lock,
    timing,
    server,
    record,
    activity,
    clients,
    leaving,
    start,
  })
  pipe?.send({ ok: true })
  pipe?.close()
  options.onReady?.(record)
}

/**
 * Only the starter knows the token of a daemon that is not adopted yet. So the daemon has no other clients, and can exit
 * at once.
 */
function shutdownHandler(clients: EventEmitter<ClientEvents>, drainMs: number): RouteHandler {
  return async ({ body }) => {
    const reason = stringOf(objectOf(body)?.['reason']) ?? 'requested'
    if (!clients.emit('shutdown', reason)) return { status: 503, json: { error: 'starting' } }
    return { status: 202, json: { status: 'stopping', drain_ms: drainMs } }
  }
}

/**
 * Writes the token for clients of the same home. If the home cannot be written (read-only, or full), the daemon works
 * without it: clients then identify it by the kernel's facts, as clients of another home do.
 */
function keepToken(directory: string, token: string, record: OwnRecord, log: Log): void {
  try {
    writeToken(directory, token, record)
  } catch (error) {
    if (!(error instanceof FamiliarError) || error.code !== 'E_SCOPE_UNUSABLE') throw error
    log.write('token_not_written', { message: error.message })
  }
}

/** Changes into the scope, creating it unless the family forbids that. Returns a check that it is still the same. */
function enterScope(family: Family, scope: string): () => void {
  const assertScopeStill = assertScopeThere(family, scope)
  if (family.scopeMustExist !== true) makeDirectory(scope)
  process.chdir(scope)
  return assertScopeStill
}

/** Returns false if the starter ends or does not answer: then no command needs this daemon. */
async function isAdopted(pipe: Lines, family: Family, record: OwnRecord, token: string): Promise<boolean> {
  const { port, pid, birth, package_version, protocol_version, instance_id } = record
  const named = { port, pid, birth, package_version, protocol_version, instance_id }
  pipe.send({ ready: { ...named, ...placesOf(family, record.scope), token } })
  return (await pipe.receive(STARTUP_PIPE_MS))?.['adopt'] === true
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
