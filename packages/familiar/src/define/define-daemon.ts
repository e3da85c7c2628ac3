import type { CleanUpReport } from '../act/clean-up.js'
import type { DaemonStatus } from '../classify/daemon-state.js'
import type { StaleResult } from '../client/retire-stale.js'
import type { StopResult } from '../client/stop.js'
import type { Handler } from '../daemon/web-handler.js'
import type { PortRange } from '../identity/machine.js'
import type { PortsBeside } from '../observe/platform/listeners-beside.js'
import type { Scan } from '../observe/scan.js'
import { realScope } from '../observe/real-scope.js'
import type { Connection, ConnectOptions, Skipped } from './connect-method.js'
import { assertWords, checked, checkedPath, invalid, shown } from './check-definition.js'
import type { DaemonOptions } from './options.js'
import { servedScope } from './recognise.js'
import { resolveDefinition, type Definition } from './resolve-definition.js'
import type { ServeSettings } from './serve-method.js'

/** Aborting this signal ends the wait for the result, which rejects with the signal's reason. */
export interface Abort {
  readonly signal?: AbortSignal | undefined
}

export interface CommandOptions extends Abort {
  /** Called with one line of text if the command has to wait for another one. */
  readonly onWait?: ((message: string) => void) | undefined
}

export interface ScanOptions extends Abort {
  /**
   * True before a clean-up. The scan then waits up to three seconds for the scopes that other processes name. It also
   * loads the modules of the clean-up, because the package may be replaced meanwhile.
   */
  readonly forCleanUp?: boolean | undefined
  /**
   * Other ports, such as those of a sibling, to look at in the same reading of the list of listeners. That costs nothing;
   * whatever `onListener` starts runs beside the scan.
   */
  readonly beside?: PortsBeside | undefined
}

export interface StatusOptions extends Abort {
  /** A scan that was just made. If omitted, one is made where needed. */
  readonly seen?: Scan | undefined
}

export interface StopOutdatedOptions extends CommandOptions {
  /** How long to wait for another command, in milliseconds; by default 5000. */
  readonly lockWaitMs?: number | undefined
}

export interface CleanUpOptions extends CommandOptions {
  /** A scan that was just made, and perhaps shown to the user. */
  readonly seen?: Scan | undefined
  /**
   * Processes that the user has agreed to end, each as `<pid>@<startTime>` from the `proof` of its candidate. They are
   * treated as with `force`.
   */
  readonly confirmed?: ReadonlySet<string> | undefined
  /**
   * Processes that were shown to the user, in the same form. No other process is ended, even if it has become stale
   * meanwhile.
   */
  readonly told?: ReadonlySet<string> | undefined
  /** Called when the ending begins, with `done` 0, and after each process. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined
  /** Also ends daemons of class `operator_required`. */
  readonly force?: boolean | undefined
  /** Limits the clean-up to processes that listen on this port. */
  readonly port?: number | undefined
  /** Only reports what would be done. */
  readonly dryRun?: boolean | undefined
}

/** The tool's own commands, for the help: the words after the tool's name (`render FILE`), and what the command does. */
export type Commands = Readonly<Record<string, string>>

export interface CliOptions {
  readonly commands?: Commands | undefined
}

/** The daemon of one scope: the functions for commands, and those for the daemon's own process. */
export interface Daemon {
  readonly name: string
  /** The version of this installation. Throws `E_DEFINITION_INVALID` if none is found. */
  readonly version: string
  /** The range of ports in which the daemon listens and which a scan covers. `to` is not in the range. */
  readonly ports: PortRange
  /**
   * The real path of the scope; in the daemon's own process, the scope that it serves. Throws `E_SCOPE_UNUSABLE` if there
   * is none, for example outside a project.
   */
  readonly scope: string
  /**
   * The path of the daemon's log: one JSON object per line, mixed with the output of the process on stderr. The daemon
   * rotates the log when it logs something, and twice a minute: if the log has reached 1 MiB, its content (at most the
   * last 2 MiB) moves to `.1`, and the content of `.1` to `.2`.
   */
  readonly logFile: string
  /** Returns the daemon of another scope, which is an absolute path. */
  at(scope: string): Daemon
  /** Whether this process was started as the daemon. If so, it must only call `serve`. */
  readonly isDaemonProcess: boolean
  /**
   * Returns a connection to the daemon, which has proved its identity and has a usable version. Starts one if none runs,
   * and replaces an older one. Throws `E_DAEMON_SKIPPED` if none may be started, and the errors in docs/errors.md.
   */
  connect(options?: ConnectOptions): Promise<Connection>
  /**
   * Like `connect`, but returns `skipped` with the reason if no daemon may be started or none is possible: for example,
   * the directory is not writable, locks do not work, or the daemon is out of reach. The caller then does the work
   * itself. Throws every other error, because it means that something is wrong, or that a later attempt may succeed.
   */
  tryConnect(options?: ConnectOptions): Promise<Connection | Skipped>
  /**
   * Runs the daemon in this process. It answers requests with `handler` (null: it answers none), and exits by itself when
   * it is no longer needed. What the process writes to stderr goes to the log, and what it writes to stdout (`console.log`)
   * goes nowhere. Resolves when it serves requests. Before that, throws `E_DAEMON_UNRECOGNISABLE` if later
   * versions would not recognise this daemon.
   */
  serve(handler: Handler | null, settings?: ServeSettings): Promise<void>
  /** Returns the state of the daemon. Never starts one. */
  status(options?: StatusOptions): Promise<DaemonStatus>
  /** Ends the daemon, whatever its version. */
  stop(options?: CommandOptions): Promise<StopResult>
  /** Stops the daemon and starts another. Leaves the daemon running if no other could start. */
  restart(options?: CommandOptions): Promise<Connection>
  /** For installers: ends the daemon if it is older than this installation, and does not start another. */
  stopOutdated(options?: StopOutdatedOptions): Promise<StaleResult>
  /** Returns every listener in the port range, with its class and the reason. Does not end anything. */
  scan(options?: ScanOptions): Promise<Scan>
  /** Ends the daemons that are proven stale. `tidied` is the number of records of ended daemons that were corrected. */
  cleanUp(options?: CleanUpOptions): Promise<CleanUpReport & { readonly tidied: number }>
  /**
   * Runs one of the commands `start`, `stop`, `restart`, `status`, `logs`, `doctor` and `explain` on this process's
   * standard streams. Returns its exit code. `help` and `--help` list the tool's own `commands` and then these; `help
   * logs` is about one of them. With `commands`, a missing word prints that list too (0), and a word that resembles a
   * command of either kind is an error that names it (2). If the first word is anything else, such as one of `commands`,
   * prints nothing and returns null. The tool then runs its own command, or prints its `usage`.
   */
  cli(argv: readonly string[], options?: CliOptions): Promise<number | null>
  /** Returns the text that `cli(['--help'])` prints: the commands that can follow the name of the tool. */
  usage(options?: CliOptions): Promise<string>
}

const definitions = new WeakMap<Daemon, Definition>()

/** Throws `E_DEFINITION_INVALID` with the name of the call if `daemon` is none. */
export function definitionOf(daemon: Daemon, call = 'defineDaemon'): Definition {
  const definition = definitions.get(daemon)
  if (definition === undefined)
    throw invalid(call, `${shown(daemon)} is no daemon that defineDaemon returned`)
  return definition
}

/**
 * Defines a daemon. Reads no files and starts no process. Throws `E_DEFINITION_INVALID` if the options are invalid.
 * Commands (`connect`, `cli`) and the daemon's own module (`serve`) must use the same definition, so that both agree.
 */
export function defineDaemon(options: DaemonOptions): Daemon {
  const definition = resolveDefinition(checked('defineDaemon', options), (siblings) =>
    siblings.map((one) => definitionOf(one).family),
  )
  return daemonAt(definition, null)
}

const running = async () => import('./connect-method.js')
const looking = async () => import('./scan-method.js')
const ending = async () => import('./stop-method.js')

function daemonAt(definition: Definition, named: string | null): Daemon {
  const { options, commandLine } = definition
  const served = (): string | null => servedScope(commandLine, process.argv)
  const scope = (): string => {
    const path = named ?? served() ?? definition.defaultScope()
    return realScope(path)
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
    at: (path) => daemonAt(definition, checkedPath('at', 'the scope', path)),
    get isDaemonProcess() {
      return served() !== null
    },
    connect: async (request = {}) => {
      checked('connect', request)
      const { connectOrThrow } = await running()
      return connectOrThrow(definition, scope(), request)
    },
    tryConnect: async (request = {}) => {
      checked('connect', request)
      const { tryConnect } = await running()
      return tryConnect(definition, scope, request)
    },
    serve: async (handler, settings = {}) => {
      const { serveDaemon } = await import('./serve-method.js')
      return serveDaemon(definition, named ?? served(), handler, settings)
    },
    status: async (request = {}) => (await looking()).status(definition, scope(), checked('status', request)),
    stop: async (request = {}) => (await ending()).stop(definition, scope(), checked('stop', request)),
    restart: async (request = {}) =>
      (await ending()).restart(definition, scope(), checked('restart', request)),
    stopOutdated: async (request = {}) =>
      (await ending()).stopOutdated(definition, scope(), checked('stopOutdated', request)),
    scan: async (request = {}) => (await looking()).scanRange(definition, scope(), checked('scan', request)),
    cleanUp: async (request = {}) =>
      (await ending()).cleanUpRange(definition, scope(), checked('cleanUp', request)),
    cli: async (argv, request = {}) => {
      assertWords(argv)
      checked('cli', request)
      return (await import('../cli/run.js')).runCommand(daemon, argv, request)
    },
    usage: async (request = {}) => (await import('../cli/run.js')).usageOf(daemon, checked('usage', request)),
  }
  definitions.set(daemon, definition)
  return daemon
}
