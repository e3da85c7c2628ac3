import type { ScopeFiles } from '../family.js'
import type { JsonObject } from '../json.js'
import type { ReasonNames } from '../classify/classify.js'
import type { PortRange } from '../identity/machine.js'
import type { SpawnShape } from '../identity/spawn-shape.js'
import type { PredecessorRecord } from '../protocol/record.js'
import type { Daemon } from './define-daemon.js'

/** The definition of a daemon, as its author writes it. Everything except the name has a default. */
export interface DaemonOptions {
  /**
   * Lower-case letters, digits and hyphens. No other tool on the machine may have the same name, because files, ports and the
   * identity of the daemon follow from it: two tools with one name use and end each other's daemon. So the name of the package is
   * a good one. Never change it, because command lines, paths and the health reply contain it.
   */
  readonly name: string
  /**
   * The module that calls `serve`, as a URL or an absolute path, or a function that returns it, called when it is first
   * needed. By default the running file: then the same file is the command and the daemon, and `isDaemonProcess` says which.
   */
  readonly entry?: URL | string | (() => URL | string) | undefined
  /**
   * The version; by default that of the nearest package.json above the entry. If it is given, it must equal that version.
   * Otherwise the daemon concludes that its installation was replaced, and exits.
   */
  readonly version?: string | undefined
  /**
   * The version of the protocol; 1 by default. Raise it when older commands and newer daemons no longer understand each
   * other.
   */
  readonly protocol?: number | undefined
  /** The build time, ISO 8601 in UTC. It decides which of two builds of the same version is newer. */
  readonly buildTime?: string | null | undefined
  /**
   * What has one daemon. `user`: each user. `project`: each directory with a package.json or .git; the nearest one above
   * the working directory is used. A function returns the path of a directory.
   */
  readonly scope?: 'user' | 'project' | (() => string) | undefined
  /**
   * `user`: the scope is a directory of the tool, which is created if it is missing. `project`: the scope belongs to the
   * user; if it is deleted, its daemon is stale, and the scope is never created again. By default `project` unless
   * `scope` is `user`.
   */
  readonly scopeKind?: 'user' | 'project' | undefined
  /** The port range. By default 20 ports for `user` and 100 for projects, from 20000 + (fnv1a32(name) % 120) * 100. */
  readonly ports?: PortRange | undefined
  /** The daemon exits after this time without use; 0 means never. At most 24 days; 3 hours by default. */
  readonly idleTimeoutSeconds?: number | undefined
  /** How long a daemon waits for requests in flight when it shuts down. At most 24 days; 5 seconds by default. */
  readonly drainTimeoutSeconds?: number | undefined
  /** The maximum size of a request body, in bytes; 10 MiB by default. */
  readonly maxBodyBytes?: number | undefined
  /**
   * The environment variables that the daemon inherits, besides those that every program needs: names, and patterns with
   * `*` at the end (`ACME_*`; `*` alone is everything). `!NAME` excludes one. Variables that configure the caller's own
   * Node (`NODE_*`), and sockets that a service manager passed on, are never inherited, except `NODE_EXTRA_CA_CERTS` if
   * its full name is given. The library sets `NODE_OPTIONS` in the daemon, to save threads; the processes that the daemon
   * starts inherit it.
   */
  readonly env?: readonly string[] | undefined
  /**
   * Options of Node for the daemon, one word each: `--max-old-space-size=512`. Name a module by its URL:
   * `--import=${import.meta.resolve('tsx')}`. Node would look for `--import=tsx` in vain, because the daemon starts in `/`
   * and changes to its scope only in `serve`.
   */
  readonly execArgv?: readonly string[] | undefined
  /**
   * The locations of those files of a scope that are not in the scope. They must depend on the scope alone, not on HOME:
   * if two daemons of one scope use different files, each ends the other.
   */
  readonly files?:
    | ((scope: string) => Partial<Omit<ScopeFiles, 'predecessorRecords' | 'sharedOwner'>>)
    | undefined
  /** Returns a private directory for tokens. Needed if other people may read the records, for example in a project under git. */
  readonly tokenDirectory?: (() => string) | undefined
  /**
   * Returns additional members of the health reply: at most 32 KiB of JSON. Every user of the machine can read them. They
   * never replace the library's own members. If the function fails while the daemon runs, the reply is sent without them
   * and the log says so (`health_failed`).
   */
  readonly health?: ((scope: string) => JsonObject & { readonly owner?: JsonObject }) | undefined
  /** Earlier implementations whose daemons may still run. */
  readonly predecessors?: readonly Predecessor[] | undefined
  /** Returns the tool's other daemons. Their processes are never treated as this daemon's. */
  readonly siblings?: (() => readonly Daemon[]) | undefined
  /** The command line of the daemon, for a tool that must keep an existing one. */
  readonly commandLine?: CommandLine | undefined
  /** The names by which users know the daemon and its commands. */
  readonly words?: { readonly [name in keyof Words]?: Words[name] | undefined } | undefined
}

/** `<interpreter> <entry> <role> <scopeFlag><scope>`. Frozen: later versions recognise a daemon by it. */
export interface CommandLine {
  /** The word that identifies the daemon in its command line. By default `<name>-daemon`. */
  readonly role: string
  /** The flag that precedes the scope in its command line. By default `--<name>-scope=`. */
  readonly scopeFlag: string
  /** Matches the whole argument that names the entry; by default, any file. */
  readonly entry?: RegExp | undefined
}

/** An earlier implementation of the daemon. This is the only place where an author describes command lines. */
export interface Predecessor {
  /** The command line of its daemons, argument by argument. */
  readonly commandLine: Omit<SpawnShape, 'implementation' | 'hasOptions' | 'isUnrecorded'>
  /** The path at which it answers a GET without a token with its health reply in JSON. By default `/api/health`. */
  readonly healthPath?: string
  /**
   * Parses the JSON body of a health reply, which may come from any program. Returns null if it does not come from such a
   * daemon. If the function throws, that counts as null.
   */
  readonly readSelfReport: (body: unknown) => PredecessorReport | null
  /**
   * Where the predecessor records its daemon. Omitted if it keeps no record; its daemon then counts as stale only if
   * there is a record of ours, or if the scope was deleted.
   */
  readonly record?: {
    readonly file: (scope: string) => string
    /**
     * Parses the text of a record. Returns null if the text is not a record of the predecessor. If the function throws,
     * that counts as null.
     */
    readonly parse: (text: string) => PredecessorRecord | null
    /** Returns a file that its daemons share. The file is shown to people and never used for a decision. */
    readonly sharedOwner?: (scope: string) => string
  }
  /** Returns the POST request, with a JSON body, that asks its daemon to shut down. */
  readonly shutdown?: (token: string) => { readonly path: string; readonly body: JsonObject }
  /**
   * Returns the scopes that its daemon's environment names. Each of them may contain the daemon's record. Null, or a path
   * that is not absolute, if the daemon may use a scope that its environment does not tell; then it may be in use anywhere.
   */
  readonly scopesInEnvironment?: (env: Readonly<Record<string, string>>) => readonly string[] | null
}

/** The content of a predecessor's health reply. */
export interface PredecessorReport {
  readonly packageVersion: string | null
  readonly protocolVersion?: number | null
  /** The scope; omitted if the health replies of this predecessor do not name it. */
  readonly scope?: string | null
  /**
   * The daemon's own pid and port, if it reports both. Otherwise its command line must contain the port and the token of
   * the reply.
   */
  readonly pid?: number | null
  readonly port?: number | null
  readonly token?: string | null
}

/** The words that the tool uses for the daemon when it speaks to its users. */
export interface Words {
  /**
   * The name by which users know the daemon. It must read well after "the" and before a plural "s". By default `<name>
   * daemon`.
   */
  readonly title: string
  /** The words that users type before `start`, `stop` and the other commands. By default the name. */
  readonly command: string
  /** The commands as users type them. By default `<command> start` and so on. */
  readonly start: string
  readonly stop: string
  readonly restart: string
  readonly status: string
  /**
   * The command that ends what is proven stale, and accepts `--force` and `--port N`; by default `<command> doctor --reset`.
   * After Ctrl+C the user is told how to look at what is left: with this command without ` --reset` at its end, otherwise
   * with this command without ` --yes` at its end and with `--dry-run`, which it must accept then.
   */
  readonly clean: string
  /** Returns the command that shows the status of the live daemon of another scope. */
  readonly showElsewhere: (scope: string) => string
  /** The command that explains an id; the id is appended to it. By default `<command> explain`. */
  readonly explain: string
  /** Returns what to put before `clean` so that it acts on this scope; an empty text if `clean` acts on all scopes. */
  readonly inScope: (scope: string | null) => string
  /** Advice for a user whose daemon is out of reach. */
  readonly otherScopeHint: string
  /** The word for the scope, used after "this"; by default `project` or `scope`. */
  readonly scope: string
  /** The name by which users know the earlier implementations; by default "an earlier version". */
  readonly predecessor: string
  /** The command of the earlier implementations that stops their daemon; by default empty: it is not known. */
  readonly predecessorStop: string
  /** The variable that makes a daemon report another version, if there is one. */
  readonly versionVariable: string
  /** The tool's own names for the reasons `other_family` and `not_ours`. */
  readonly reasonNames: ReasonNames
}
