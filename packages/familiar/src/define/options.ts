import type { ScopeFiles } from '../family.js'
import type { JsonObject } from '../json.js'
import type { ReasonNames } from '../classify/classify.js'
import type { PortRange } from '../identity/machine.js'
import type { SpawnShape } from '../identity/spawn-shape.js'
import type { PredecessorRecord } from '../protocol/record.js'
import type { Daemon } from './define-daemon.js'

/** The definition of a daemon, as its author writes it. Everything but the name has a default. */
export interface DaemonOptions {
  /** Lower-case letters, digits and hyphens. Part of command lines, of paths and of the health reply: never change it. */
  readonly name: string
  /**
   * The module that calls `serve`; a function is called when it is first needed. By default the file that is running:
   * then the same file is the command and the daemon, and `isDaemonProcess` tells which.
   */
  readonly entry?: URL | string | (() => URL | string)
  /**
   * By default the version in the nearest package.json above the entry. If a version is given, it must be the same one:
   * otherwise the daemon concludes that its installation was replaced, and exits.
   */
  readonly version?: string
  /** Raise it when older commands and newer daemons no longer understand each other. By default 1. */
  readonly protocol?: number
  /** The build time, ISO 8601 in UTC. It decides which of two builds of the same version is newer. */
  readonly buildTime?: string | null
  /**
   * Whose daemon it is. `user`: one for each user. `project`: one for each directory with a package.json or .git, the
   * nearest above the working directory. A function returns the path of a directory.
   */
  readonly scope?: 'user' | 'project' | (() => string)
  /**
   * `user`: the scope is a directory of the tool, which is created if it is missing. `project`: the scope belongs to the
   * user; if it is deleted, its daemon is stale, and the scope is never created again. By default `project` unless
   * `scope` is `user`.
   */
  readonly scopeKind?: 'user' | 'project'
  /** By default 20 ports for a user's daemons and 100 for projects, from 20000 + (fnv1a32(name) % 120) * 100. */
  readonly ports?: PortRange
  /** The daemon exits after this time without use; 0: never. At most 24 days; by default 3 hours. */
  readonly idleTimeoutSeconds?: number
  /** How long a daemon that shuts down waits for requests in flight. At most 24 days; by default 5 seconds. */
  readonly drainTimeoutSeconds?: number
  /** The largest request body, in bytes. By default 10 MiB. */
  readonly maxBodyBytes?: number
  /**
   * The environment variables that the daemon inherits in addition to those that every program needs: names, and patterns
   * with `*` at the end (`ACME_*`; `*` alone is everything). `!NAME` excludes one. What configures the caller's own Node
   * (`NODE_*`), and sockets that a service manager passed on, are never inherited, except `NODE_EXTRA_CA_CERTS` if it is
   * named.
   */
  readonly env?: readonly string[]
  /** Options of Node for the daemon, each one word: `--max-old-space-size=512`. */
  readonly execArgv?: readonly string[]
  /**
   * Where the files of a scope are, if not in the scope. They must follow from the scope alone, not from HOME: daemons of one
   * scope with other files each end the other.
   */
  readonly files?: (scope: string) => Partial<Omit<ScopeFiles, 'predecessorRecords' | 'sharedOwner'>>
  /** A private directory for the tokens of daemons whose records other people may read (in a project under git). */
  readonly tokenDirectory?: () => string
  /**
   * What the health reply contains besides its frozen head: at most 32 KiB of JSON. Every user of the machine can read it.
   * If it fails while the daemon runs, the reply is without it, and the log says so (`health_failed`).
   */
  readonly health?: (scope: string) => JsonObject & { readonly owner?: JsonObject }
  /** Earlier implementations whose daemons may still run. */
  readonly predecessors?: readonly Predecessor[]
  /** The tool's other daemons. Their processes are never treated as this daemon's. */
  readonly siblings?: () => readonly Daemon[]
  /** The command line of the daemon, for a tool that must keep an existing one. */
  readonly commandLine?: CommandLine
  /** What users call the daemon and how they call its commands. */
  readonly words?: Partial<Words>
}

/** `<interpreter> <entry> <role> <scopeFlag><scope>`. Frozen: later versions recognise a daemon by it. */
export interface CommandLine {
  /** The word that stands for the daemon in its command line. By default `<name>-daemon`. */
  readonly role: string
  /** The flag that precedes the scope in its command line. By default `--<name>-scope=`. */
  readonly scopeFlag: string
  /** Matches the whole argument that names the entry; by default, any file. */
  readonly entry?: RegExp
}

/** An earlier implementation of the daemon. Only here does an author describe command lines. */
export interface Predecessor {
  /** The command line of its daemons, argument by argument. */
  readonly commandLine: Omit<SpawnShape, 'implementation' | 'hasOptions' | 'isUnrecorded'>
  /** The path at which it answers a GET without a token with its health reply, as JSON. By default `/api/health`. */
  readonly healthPath?: string
  /**
   * Reads the JSON body of a health reply, which may come from any program. Returns null if it is not from such a daemon.
   * A function that throws counts as one that returns null.
   */
  readonly readSelfReport: (body: unknown) => PredecessorReport | null
  /**
   * Where it records its daemon. Left out if it keeps no record: then its daemon counts as stale only if there is a
   * record of ours, or if the scope was deleted.
   */
  readonly record?: {
    readonly file: (scope: string) => string
    /** Returns null if the text is not one of its records. A function that throws counts as one that returns null. */
    readonly parse: (text: string) => PredecessorRecord | null
    /** A file that its daemons share. It is shown to people and never used for a decision. */
    readonly sharedOwner?: (scope: string) => string
  }
  /** The POST request, with a JSON body, that asks its daemon to shut down. */
  readonly shutdown?: (token: string) => { readonly path: string; readonly body: JsonObject }
  /** The scopes that its daemon's environment names. Each of them may contain the daemon's record. */
  readonly scopesInEnvironment?: (env: Readonly<Record<string, string>>) => readonly string[]
}

/** The content of a predecessor's health reply. */
export interface PredecessorReport {
  readonly packageVersion: string | null
  readonly protocolVersion?: number | null
  /** The scope; left out if such replies do not name it. */
  readonly scope?: string | null
  /**
   * The daemon's own pid and port, if it reports both. Otherwise its command line must contain the port and the reply's
   * token.
   */
  readonly pid?: number | null
  readonly port?: number | null
  readonly token?: string | null
}

/** The words with which the tool speaks to its users about the daemon. */
export interface Words {
  /** What users call the daemon. It must read well after "the" and before a plural "s". By default `<name> daemon`. */
  readonly title: string
  /** How users call the tool: what stands before `start`, `stop` and the other commands. By default the name. */
  readonly command: string
  /** The commands as users type them. By default `<command> start` and so on. */
  readonly start: string
  readonly stop: string
  readonly restart: string
  readonly status: string
  /** The command that ends what is proven stale, and takes `--force` and `--port N`; by default `<command> doctor --reset`. */
  readonly clean: string
  /** Shows the status of the live daemon of another scope. */
  readonly showElsewhere: (scope: string) => string
  /** The command that explains an id; the id is appended to it. By default `<command> explain`. */
  readonly explain: string
  /** Returns what to put before `clean` so that it acts on this scope; an empty text if `clean` acts on all scopes. */
  readonly inScope: (scope: string | null) => string
  /** What the user can do if the daemon of the scope is out of reach. */
  readonly otherScopeHint: string
  /** What a daemon belongs to, after "this"; by default `project` or `scope`. */
  readonly scope: string
  /** What users call the earlier implementations; by default "an earlier version". */
  readonly predecessor: string
  /** The variable that makes a daemon report another version, if there is one. */
  readonly versionVariable: string
  /** The tool's own names for the reasons `other_family` and `not_ours`. */
  readonly reasonNames: ReasonNames
}
