import type { ScopeFiles } from '../family.js'
import type { JsonObject } from '../json.js'
import type { ReasonNames } from '../classify/classify.js'
import type { PortRange } from '../identity/machine.js'
import type { SpawnShape } from '../identity/spawn-shape.js'
import type { PredecessorRecord } from '../protocol/record.js'
import type { Daemon } from './daemon.js'

/** What an author says about a daemon. Everything but the name has a default. */
export interface DaemonOptions {
  /** Lower-case letters, digits and hyphens. Part of command lines, of paths and of the health reply: never change it. */
  readonly name: string
  /**
   * The module that calls `serve`; a function is called when it is first needed. By default the running file: then one
   * file is both, and asks `isDaemonProcess`.
   */
  readonly entry?: URL | string | (() => URL | string)
  /**
   * By default that of the nearest package.json above the entry. One that is given must be the same: otherwise the daemon
   * takes its installation for replaced, and leaves.
   */
  readonly version?: string
  /** Raise it when older commands and newer daemons no longer understand each other. By default 1. */
  readonly protocol?: number
  /** ISO 8601 in UTC: decides which of two builds of one version is newer. */
  readonly buildTime?: string | null
  /**
   * Whose daemon it is. `user`: one for each user. `project`: one for each directory with a package.json or .git, the
   * nearest above the working directory. A function returns the path of a directory.
   */
  readonly scope?: 'user' | 'project' | (() => string)
  /**
   * `user`: the scope is a directory of the tool, made if missing. `project`: it belongs to the user; a daemon whose
   * scope is deleted is stale, and it is never made again. By default `project` unless `scope` is `user`.
   */
  readonly scopeKind?: 'user' | 'project'
  /** By default 20 ports for a user's daemons and 100 for projects, from 20000 + (fnv1a32(name) % 120) * 100. */
  readonly ports?: PortRange
  /** The daemon exits after this time without use; 0: never. By default 3 hours. */
  readonly idleTimeoutSeconds?: number
  /** How long a leaving daemon waits for requests in flight. By default 5. */
  readonly drainTimeoutSeconds?: number
  /** The largest request body, in bytes. By default 10 MiB. */
  readonly maxBodyBytes?: number
  /**
   * The environment variables that the daemon inherits, besides those that every program needs: names, and patterns with
   * `*` at the end (`ACME_*`; `*` alone is everything). `!NAME` excludes one. What configures the caller's own Node
   * (`NODE_*`), and sockets that a service manager passed on, are never inherited; `NODE_EXTRA_CA_CERTS` is if it is named.
   */
  readonly env?: readonly string[]
  /** Options of Node for the daemon, each one word: `--max-old-space-size=512`. */
  readonly execArgv?: readonly string[]
  /**
   * Where the files of a scope are, if not in the scope. They must follow from the scope alone, not from HOME: daemons of one
   * scope with other files each end the other.
   */
  readonly files?: (scope: string) => Partial<Omit<ScopeFiles, 'predecessorRecords' | 'sharedOwner'>>
  /** A private directory for the tokens, for daemons whose records others can read (in a project under git). */
  readonly tokenDirectory?: () => string
  /** What the health reply says besides its frozen head. Every user of the machine can read it. */
  readonly health?: (scope: string) => JsonObject & { readonly owner?: JsonObject }
  /** Earlier implementations whose daemons may still run. */
  readonly predecessors?: readonly Predecessor[]
  /** The tool's other daemons: what is theirs is never taken for this one's. */
  readonly siblings?: () => readonly Daemon[]
  /** The command line of the daemon, for a tool that has to keep one. */
  readonly commandLine?: CommandLine
  /** What users call the daemon and how they call its commands. */
  readonly words?: Partial<Words>
}

/** `<interpreter> <entry> <role> <scopeFlag><scope>`. Frozen: later versions recognise a daemon by it. */
export interface CommandLine {
  /** By default `<name>-daemon`. */
  readonly role: string
  /** By default `--<name>-scope=`. */
  readonly scopeFlag: string
  /** The whole entry as it may have been written; by default any file. */
  readonly entry?: RegExp
}

/** An earlier implementation of the daemon: the only place where an author describes command lines. */
export interface Predecessor {
  /** Its command line, argument by argument. */
  readonly commandLine: Omit<SpawnShape, 'implementation' | 'hasOptions' | 'isUnrecorded'>
  /** The path of its health reply: what answers a GET with JSON, without a token. By default `/api/health`. */
  readonly healthPath?: string
  /** Reads the JSON body of its health reply; null if it is none of its replies. */
  readonly readSelfReport: (body: unknown) => PredecessorReport | null
  /** Where it records its daemon. Left out if it keeps no record: then only a record of ours, or a deleted scope, makes it stale. */
  readonly record?: {
    readonly file: (scope: string) => string
    /** Null if the text is no record of it. */
    readonly parse: (text: string) => PredecessorRecord | null
    /** A file that its daemons share: shown, never used for a decision. */
    readonly sharedOwner?: (scope: string) => string
  }
  /** The POST request, with a JSON body, that asks it to leave. */
  readonly shutdown?: (token: string) => { readonly path: string; readonly body: JsonObject }
  /** The scopes that its environment names: any of them may have its record. */
  readonly scopesInEnvironment?: (env: Readonly<Record<string, string>>) => readonly string[]
}

/** What a predecessor's health reply says. */
export interface PredecessorReport {
  readonly packageVersion: string | null
  readonly protocolVersion?: number | null
  /** Left out if its replies do not name it. */
  readonly scope?: string | null
  /** Its own pid and port, if it reports both. Otherwise its command line must contain the port and the reply's token. */
  readonly pid?: number | null
  readonly port?: number | null
  readonly token?: string | null
}

/** How the tool speaks to its users about the daemon. */
export interface Words {
  /** What users call it: it can follow "the", and an "s". By default `<name> daemon`. */
  readonly title: string
  /** How users call the tool: what stands before `start`, `stop` and the other commands. By default the name. */
  readonly command: string
  /** By default `<command> start`, ... */
  readonly start: string
  readonly stop: string
  readonly restart: string
  readonly status: string
  /** The command that ends what is proven stale, and takes `--force` and `--port N`; by default `<command> doctor --reset`. */
  readonly clean: string
  /** Shows the status of the live daemon of another scope. */
  readonly showElsewhere: (scope: string) => string
  /** Explains an id that the doctor names, which follows it. By default `<command> explain`. */
  readonly explain: string
  /** What to put before `clean` so that it acts on this scope; empty if it acts on all. */
  readonly inScope: (scope: string | null) => string
  /** What the user can do if the daemon of the scope is out of reach. */
  readonly otherScopeHint: string
  /** What a daemon belongs to, after "this"; by default `project` or `scope`. */
  readonly scope: string
  /** What users call the earlier implementations; by default "an earlier version". */
  readonly predecessor: string
  /** The variable that makes a daemon report another version, if there is one. */
  readonly versionVariable: string
  /** The tool's names for the reasons `other_family` and `not_ours`. */
  readonly reasonNames: ReasonNames
}
