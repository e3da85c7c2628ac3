import { connect } from '../client/connect.js'
import type { FetchInit } from '../client/fetch-init.js'
import type { Reply } from '../client/fetch-reply.js'
import type { Found } from '../client/connect-request.js'
import type { StartReason } from '../client/start-order.js'
import { ASYNC_DISPOSE } from '../dispose.js'
import { FamiliarError, type ErrorCode } from '../errors.js'
import type { VersionRelation } from '../identity/versions.js'
import { selectPlatform } from '../observe/platform/select.js'
import { assertInRange, checked } from './check-definition.js'
import { abortable, shareAttempt } from './attempts.js'
import { isOn } from './daemon-environment.js'
import { hintsOf } from './hints.js'
import { isChanged } from './installation.js'
import type { Definition } from './resolve-definition.js'
import { SANDBOX_VARIABLE } from './sandbox-file.js'

export interface ConnectOptions {
  /**
   * Aborting this signal ends the call, which rejects with the signal's reason. A daemon that is being started is then
   * ended, also if its main file never calls `serve`; one that is already adopted stays.
   */
  readonly signal?: AbortSignal | undefined
  /**
   * False: only a running daemon is used. True: if none runs, one is started, even in CI. By default, one is started
   * except in CI.
   */
  readonly start?: boolean | undefined
  /** False: an older daemon that speaks the same protocol is used as it is, and no daemon is replaced. */
  readonly replace?: boolean | undefined
  /** The only port on which a daemon may be started; it must be in the range of the definition. */
  readonly port?: number | undefined
  /** Called with one line of text if the call has to wait for another command, or leaves a predecessor's daemon alone. */
  readonly onWait?: ((message: string) => void) | undefined
}

/** The result if no daemon is used, with the reason. */
export interface Skipped {
  readonly outcome: 'skipped'
  readonly reason: string
  /**
   * The error that `connect` would throw. Omitted if a daemon would be possible, but the user or the caller does not want
   * one.
   */
  readonly error?: FamiliarError
}

/** A proven daemon. Keeps no resources open, because every `fetch` has its own connection. */
export interface Connection extends AsyncDisposable {
  readonly outcome: 'connected'
  readonly pid: number
  readonly port: number
  /** The daemon's address for a browser: `http://127.0.0.1:<port>`. */
  readonly url: string
  readonly version: string
  readonly protocol: number
  /** Whether this call started the daemon, and why. */
  readonly started: boolean
  readonly startReason: StartReason | null
  /** Whether this call replaced an older daemon, and the version of that one. */
  readonly replaced: boolean
  readonly replacedVersion: string | null
  /** How the daemon's version compares with that of this installation. */
  readonly relation: VersionRelation
  /**
   * Sends a request with the token to the daemon, after it has proved on the same connection that it is the daemon. If
   * that daemon was replaced or has exited meanwhile, or shuts down, connects again and sends the request once more. A
   * request that may already have been received is repeated only if it is a GET or HEAD, or with `retry`. If a command has
   * stopped the daemon, no other one is started for that: one that runs is used, and without one, `fetch` rejects.
   */
  fetch(path: string, init?: FetchInit): Promise<Reply>
  /** Closes the connection: after this, `fetch` rejects. */
  close(): Promise<void>
}

/** Options that only the library's own commands use. */
export interface InternalOptions extends ConnectOptions {
  readonly reason?: StartReason
  /** True for a request that is repeated: it must not undo the command that has stopped the daemon. */
  readonly isRepeated?: true
}

export async function connectOrThrow(
  definition: Definition,
  scope: string,
  options: InternalOptions,
): Promise<Connection> {
  const result = await connectOrSkip(definition, scope, options)
  if (result.outcome === 'connected') return result
  throw skipped(definition, result.reason)
}

/** Returns the error for a call that needs a daemon although none may be used. */
export function skipped(definition: Definition, reason: string): FamiliarError {
  const { words } = definition
  return new FamiliarError('E_DAEMON_SKIPPED', `no ${words.title} is used: ${reason}`, {
    hint: disabledBy(definition, process.env) === null ? `start it: ${words.start}` : 'unset the variable',
  })
}

/**
 * The errors that mean that no daemon is possible here until the environment changes, although neither a daemon nor its
 * definition has a fault. All other errors must be thrown, because a caller that continued without a daemon would hide
 * them.
 */
const NONE_HERE: ReadonlySet<ErrorCode> = new Set([
  'E_DAEMON_ELSEWHERE',
  'E_DAEMON_UNREACHABLE',
  'E_LOCK_UNAVAILABLE',
  'E_LOCK_UNSUPPORTED',
  'E_PLATFORM_UNSUPPORTED',
  'E_RUNTIME_UNSUPPORTED',
  'E_SCAN_IMPOSSIBLE',
  'E_SCOPE_FOREIGN_OWNER',
  'E_SCOPE_UNUSABLE',
])

/**
 * Like `connectOrThrow`, but returns `skipped` if no daemon is possible here. `scope` may throw, for example outside a
 * project; then there is no scope, and no daemon.
 */
export async function tryConnect(
  definition: Definition,
  scope: () => string,
  options: InternalOptions,
): Promise<Connection | Skipped> {
  try {
    return await connectOrSkip(definition, scope(), options)
  } catch (error) {
    if (!(error instanceof FamiliarError) || !NONE_HERE.has(error.code)) throw error
    return { outcome: 'skipped', reason: error.message, error }
  }
}

async function connectOrSkip(
  definition: Definition,
  scope: string,
  options: InternalOptions,
): Promise<Connection | Skipped> {
  options.signal?.throwIfAborted()
  assertInRange('connect', 'port', options.port, definition.family.ports)
  const disabled = disabledBy(definition, process.env)
  if (disabled !== null) return { outcome: 'skipped', reason: disabled }
  const found = await find(definition, scope, options)
  return found.outcome === 'skipped' ? found : connectionTo(definition, scope, options, found)
}

/**
 * Returns why the environment disables daemons; null if it does not. This is the user's decision, so `start: true` does
 * not override it.
 */
export function disabledBy(
  { options }: Definition,
  env: Readonly<Record<string, string | undefined>>,
): string | null {
  const variables = ['FAMILIAR_DISABLE', `${options.name.toUpperCase().replaceAll('-', '_')}_NO_DAEMON`]
  const set = variables.filter((variable) => isOn(env[variable]))
  return set.length === 0 ? null : `${set.join(' and ')} ${set.length === 1 ? 'is' : 'are'} set`
}

function skipReason({ start }: ConnectOptions): string | null {
  if (start === false) return 'none runs, and the caller starts none'
  const isQuiet =
    start === undefined && isOn(process.env['CI']) && process.env[SANDBOX_VARIABLE] === undefined
  return isQuiet ? 'CI is set, and none runs' : null
}

/** All calls of this process for the same scope share one attempt. It ends when the last of them has given up. */
async function find(definition: Definition, scope: string, options: InternalOptions): Promise<Found> {
  const { signal, onWait, ...rest } = options
  const key = JSON.stringify([scope, rest])
  return abortable(signal, (own) =>
    shareAttempt(definition, key, own, async (shared) => {
      const { family, self, words } = definition
      return connect({
        family,
        scope,
        platform: await selectPlatform(),
        // A getter, because only a start needs the launch, and determining it reads the disk.
        get launch() {
          return { ...definition.launch(scope), ...(rest.port === undefined ? {} : { port: rest.port }) }
        },
        self,
        signal: shared,
        skipReason: skipReason(options),
        mayReplace: rest.replace !== false,
        ...(rest.reason === undefined ? {} : { reason: rest.reason }),
        ...(rest.isRepeated === undefined ? {} : { whenStopped: () => stoppedByCommand(definition) }),
        ...hintsOf(words),
        isInstallationChanged: () => isChanged(definition.installation, definition.version),
        onWait: (message) => onWait?.(message),
      })
    }),
  )
}

function stoppedByCommand({ words }: Definition): FamiliarError {
  return new FamiliarError(
    'E_DAEMON_UNREACHABLE',
    `the ${words.title} was stopped by a command; a request on a connection from before that does not start another`,
    { hint: `start it: ${words.start}` },
  )
}

function connectionTo(
  definition: Definition,
  scope: string,
  options: InternalOptions,
  first: Extract<Found, { outcome: 'connected' }>,
): Connection {
  let current = first
  let isClosed = false
  const reconnect = async () => {
    const { signal: _, ...rest } = options
    const again = await find(definition, scope, { ...rest, isRepeated: true })
    if (again.outcome === 'skipped')
      throw new FamiliarError('E_DAEMON_SKIPPED', `the daemon is gone: ${again.reason}`)
    current = again
    return again.record
  }
  const close = (): Promise<void> => {
    isClosed = true
    return Promise.resolve()
  }
  return {
    outcome: 'connected',
    get pid() {
      return current.record.pid ?? 0
    },
    get port() {
      return current.record.port
    },
    get url() {
      return `http://127.0.0.1:${current.record.port}`
    },
    get version() {
      return current.report.packageVersion ?? ''
    },
    get protocol() {
      return current.report.protocolVersion ?? 0
    },
    started: first.started !== null,
    startReason: first.started,
    replaced: first.replaced !== null,
    replacedVersion: first.replaced?.packageVersion ?? null,
    relation: first.relation,
    fetch: async (path, init = {}) => {
      checked('fetch', init)
      if (isClosed) throw new TypeError('this connection is closed')
      const { fetchWithRetry } = await import('../client/fetch.js')
      return fetchWithRetry(definition.family, current.record, reconnect, path, init)
    },
    close,
    [ASYNC_DISPOSE]: close,
  }
}
