import type { Rule } from './classify/first-match.js'
import type { ReasonNames } from './classify/classify.js'
import type { JsonObject } from './json.js'
import type { ParsePredecessor } from './protocol/record.js'
import type { SelfReport } from './protocol/self-report.js'
import type { SpawnShape } from './identity/spawn-shape.js'
import type { PortRange } from './identity/machine.js'

/** The paths of one scope's files. All are absolute, and derived from the scope alone. */
export interface ScopeFiles {
  /** The record that our own daemon writes. */
  readonly record: string
  /** The records of predecessors; one may have the same path as `record`. */
  readonly predecessorRecords: readonly string[]
  /** A file that several daemons of the scope may share. It may be shown, but is never used for a decision. */
  readonly sharedOwner: string | null
  /** The lock that a client holds while it scans, acts and scans again. */
  readonly lifecycleLock: string
  /** The lock that the daemon holds from before it binds its port until it ends. */
  readonly daemonLock: string
  /** The daemon's log: JSON lines, rotated. */
  readonly log: string
}

/** How daemons of a family are distinguished from all other processes. */
export interface Recognition {
  readonly name: string
  /** The forms of every command line with which this family's daemons are started, including the predecessor's. */
  readonly shapes: readonly SpawnShape[]
  /** Parses the JSON body of a health reply; null if it is not a self-report of this family. */
  readonly readSelfReport: (body: unknown) => SelfReport | null
  /** The paths at which earlier implementations identify themselves, besides the usual one. */
  readonly healthPaths?: readonly string[]
}

/** How daemons of an earlier implementation of the tool are handled. Their command lines are among the shapes. */
export interface Predecessor {
  readonly parseRecord: ParsePredecessor
  /**
   * Returns the request that asks such a daemon to shut down; null if there is none for this token. The function itself
   * is null if such daemons do not accept a shutdown request.
   */
  readonly shutdown: ((token: string) => { readonly path: string; readonly body: JsonObject } | null) | null
}

/**
 * One kind of daemon of a tool, as data: its ports, how its process is recognised, how its health reply is parsed, and
 * its decision table. A listener belongs to the family whose spawn shape it has, even if it listens in the port range of
 * another.
 */
export interface Family extends Recognition {
  /** The name by which users know the daemon; by default `<name> daemon`. */
  readonly title?: string
  readonly ports: PortRange
  readonly rules: readonly Rule[]
  /**
   * A daemon younger than this may have no record yet, because a predecessor's starter writes the record after the first
   * answer.
   */
  readonly startingSeconds: number
  /** The tool's names for the reasons `other_family` and `not_ours`. */
  readonly reasonNames: ReasonNames
  readonly files: (scope: string) => ScopeFiles
  readonly predecessors: readonly Predecessor[]
  /**
   * The directory for the token files of running daemons, one file per instance. Needed if other people may be able to
   * read the records (in a project under git). Null: each record contains the token of its daemon.
   */
  readonly tokenDirectory: string | null
  /**
   * Returns the additional scopes that a predecessor's environment names, each of which may have its record; null if it may
   * use another one, which is not told there. Null instead of the function if no environment names scopes.
   */
  readonly scopesInEnvironment: ((env: Readonly<Record<string, string>>) => readonly string[] | null) | null
  /** True if a daemon must never create its scope, because a deleted project must not reappear. */
  readonly scopeMustExist?: boolean
  /** The other families of the same tool. Their daemons never count as this family's. */
  readonly relatives: readonly Recognition[]
}

/** Returns the name by which users know the daemon, for a message. */
export function titleOf({ name, title = `${name} daemon` }: Pick<Family, 'name' | 'title'>): string {
  return title
}
