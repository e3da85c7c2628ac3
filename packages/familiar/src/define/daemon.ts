import type { CleanUpReport } from '../act/clean-up.js'
import type { DaemonStatus } from '../classify/state-without.js'
import type { StaleResult } from '../client/stop-outdated.js'
import type { StopResult } from '../client/stop.js'
import type { Handler } from '../daemon/web-handler.js'
import type { Recognition } from '../family.js'
import type { PortRange } from '../identity/machine.js'
import type { Scan } from '../observe/scan.js'
import { realPath } from '../observe/peek.js'
import type { Connection, ConnectOptions, Skipped } from './connecting.js'
import { invalid } from './names.js'
import type { DaemonOptions } from './options.js'
import { servedScope } from './recognise.js'
import { resolveDefinition, type Definition } from './resolve.js'
import type { ServeSettings } from './serving.js'

/** Ends the wait for the result with the reason of the signal. */
export interface Abort {
  readonly signal?: AbortSignal
}

export interface CommandOptions extends Abort {
  /** Called with one line when the command has to wait for another one. */
  readonly onWait?: (message: string) => void
}

export interface ScanOptions extends Abort {
  /**
   * True before a clean-up: gives the scopes that other processes name up to three seconds, and loads what the clean-up
   * needs, because the package may be replaced meanwhile.
   */
  readonly forCleanUp?: boolean
}

export interface StatusOptions extends Abort {
  /** A scan that was just taken; if omitted, one is taken where it is needed. */
  readonly seen?: Scan
}

export interface StopOutdatedOptions extends CommandOptions {
  /** How long to wait for another command, in milliseconds; by default 5000. */
  readonly lockWaitMs?: number
}

export interface CleanUpOptions extends CommandOptions {
  /** A scan that was just taken, and perhaps shown to the user. */
  readonly seen?: Scan
  /** Processes (`processKey`) that the user has agreed to end: treated as with `force`. */
  readonly confirmed?: ReadonlySet<string>
  /** Processes (`processKey`) of which the user was told: no other one is ended, whatever became stale meanwhile. */
  readonly told?: ReadonlySet<string>
  readonly onProgress?: (done: number, total: number) => void
  /** Also ends what needs a decision (operator_required). */
  readonly force?: boolean
  /** Only what listens on this port. */
  readonly port?: number
  /** Says what would be done, and does nothing. */
  readonly dryRun?: boolean
}

/** The tool's own commands, for the help: how each is typed after the tool's name (`render FILE`), and what it does. */
export type Commands = Readonly<Record<string, string>>

export interface CliOptions {
  readonly commands?: Commands
}

/** One scope's daemon, as its commands and its own process see it. */
export interface Daemon {
  readonly name: string
  /** The version of this installation. Throws `E_DEFINITION_INVALID` if none is found. */
  readonly version: string
  /** The ports that it listens on and that are scanned; `to` is not in the range. */
  readonly ports: PortRange
  /**
   * The real path of the scope: in the daemon's process the one that it serves. Throws `E_SCOPE_UNUSABLE` where there is
   * none, as outside of a project.
   */
  readonly scope: string
  /** The path of the daemon's log: JSON lines, rotated. */
  readonly logFile: string
  /** The same daemon of another scope. */
  at(scope: string): Daemon
  /** Whether this process was started to be the daemon: then it must call `serve`, and nothing else. */
  readonly isDaemonProcess: boolean
  /**
   * Returns a connection to the daemon, which has proved who it is and has a usable version. Starts one if none runs, and
   * replaces an older one. Throws `E_DAEMON_SKIPPED` where none may be started, and the errors in docs/errors.md.
   */
  connect(options?: ConnectOptions): Promise<Connection>
  /**
   * The same, but says `skipped` and why where none may be started, or none can be had: the directory cannot be written, the
   * locks do not work, the daemon is out of reach, and the like. The caller then does the work itself. Other errors are
   * thrown: they mean that something is wrong, or will pass.
   */
  tryConnect(options?: ConnectOptions): Promise<Connection | Skipped>
  /**
   * Runs the daemon in this process: it answers requests with `handler` (null: it answers none), and leaves by itself.
   * Resolves when it serves. Before that it proves that later versions will recognise it; `E_DAEMON_UNRECOGNISABLE` if they
   * would not.
   */
  serve(handler: Handler | null, settings?: ServeSettings): Promise<void>
  /** Returns the state of the daemon. Starts none. */
  status(options?: StatusOptions): Promise<DaemonStatus>
  /** Ends the daemon, of any version. */
  stop(options?: CommandOptions): Promise<StopResult>
  /** Stops the daemon and starts another; nothing is stopped if no other could start. */
  restart(options?: CommandOptions): Promise<Connection>
  /** Ends the daemon if it is older than this installation, and starts none: for installers. */
  stopOutdated(options?: StopOutdatedOptions): Promise<StaleResult>
  /** Returns every listener in the port range with its class and why. Ends nothing. */
  scan(options?: ScanOptions): Promise<Scan>
  /** Ends what is proven stale. `tidied`: how many records of ended daemons it corrected. */
  cleanUp(options?: CleanUpOptions): Promise<CleanUpReport & { readonly tidied: number }>
  /**
   * Runs one of the commands `start`, `stop`, `restart`, `status`, `logs`, `doctor` and `explain` on this process's standard streams.
   * Returns its exit code. With `--help` first, it lists them, after the tool's own `commands`. Null, with nothing printed or
   * done, if the first word is anything else, or there is none: then it is a command of the tool, or `usage` tells the user.
   */
  cli(argv: readonly string[], options?: CliOptions): Promise<number | null>
  /** Returns the text that `cli(['--help'])` prints: what can be typed after the name of the tool. */
  usage(options?: CliOptions): Promise<string>
}

const definitions = new WeakMap<Daemon, Definition>()

/** Returns what a daemon was defined as. */
export function definitionOf(daemon: Daemon): Definition {
  const definition = definitions.get(daemon)
  if (definition === undefined) throw invalid('this is no daemon that defineDaemon returned')
  return definition
}

/**
 * Defines a daemon. Reads nothing and starts nothing. Throws `E_DEFINITION_INVALID` if the options cannot be right.
 *
 * The same definition is used by commands (`connect`, `cli`) and by the daemon's own module (`serve`), so that both mean
 * the same.
 */
export function defineDaemon(options: DaemonOptions): Daemon {
  const relatives = (): readonly Recognition[] =>
    (options.siblings?.() ?? []).map((one) => definitionOf(one).family)
  const definition = resolveDefinition(options, relatives)
  return daemonAt(definition, null)
}

const running = async () => import('./connecting.js')
const looking = async () => import('./scanning.js')
const ending = async () => import('./stopping.js')

function daemonAt(definition: Definition, named: string | null): Daemon {
  const { options, commandLine } = definition
  const served = (): string | null => servedScope(commandLine, process.argv)
  const scope = (): string => {
    const path = named ?? served() ?? definition.defaultScope()
    return realPath(path) ?? path
  }
  const daemon: Daemon = {
    name: options.name,
    get version() {
      return definition.version
    },
    get ports() {
      return definition.family.ports
    },
    get scope() {
      return scope()
    },
    get logFile() {
      return definition.family.files(scope()).log
    },
    at: (path) => daemonAt(definition, path),
    get isDaemonProcess() {
      return served() !== null
    },
    connect: async (request = {}) => {
      const { connectOrThrow } = await running()
      return connectOrThrow(definition, scope(), request)
    },
    tryConnect: async (request = {}) => {
      const { tryConnect } = await running()
      return tryConnect(definition, scope, request)
    },
    serve: async (handler, settings = {}) => {
      const { serveDaemon } = await import('./serving.js')
      return serveDaemon(definition, named ?? served(), handler, settings)
    },
    status: async (request = {}) => (await looking()).status(definition, scope(), request),
    stop: async (request = {}) => (await ending()).stop(definition, scope(), request),
    restart: async (request = {}) => (await ending()).restart(definition, scope(), request),
    stopOutdated: async (request = {}) => (await ending()).stopOutdated(definition, scope(), request),
    scan: async (request = {}) => (await looking()).scanRange(definition, scope(), request),
    cleanUp: async (request = {}) => (await ending()).cleanUpRange(definition, scope(), request),
    cli: async (argv, request = {}) => (await import('../cli/run.js')).runCommand(daemon, argv, request),
    usage: async (request = {}) => (await import('../cli/run.js')).usageOf(daemon, request),
  }
  definitions.set(daemon, definition)
  return daemon
}
