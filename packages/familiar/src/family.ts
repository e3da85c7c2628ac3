import type { Rule } from './classify/rules.js'
import type { ReasonNames } from './classify/classify.js'
import type { SelfReport } from './identity/self-report.js'
import type { SpawnShape } from './identity/spawn-shape.js'
import type { PortRange } from './identity/machine.js'

/** Where the files of one scope stand. All are absolute paths, derived from the scope alone. */
export interface ScopeFiles {
  /** The record that our own daemon writes. */
  readonly record: string
  /** The record of an earlier implementation; the same path where both share one file. */
  readonly predecessorRecord: string
  /** A file that several daemons of the scope may share. It may be shown; it never decides. */
  readonly sharedOwner: string | null
  /** Held by a client around look, act, look again. */
  readonly lifecycleLock: string
  /** Held by the daemon from before it binds until it ends. */
  readonly daemonLock: string
}

/** How daemons of a family are told from everything else. */
export interface Recognition {
  readonly name: string
  /** Every command line that a real start of this family leaves behind, the predecessors' included. */
  readonly shapes: readonly SpawnShape[]
  /** Reads the JSON body of a health reply; null when it is not a self-report of this family. */
  readonly readSelfReport: (body: unknown) => SelfReport | null
}

/**
 * A kind of daemon of one tool, as data: where it listens, how its process is recognised, how its health reply is
 * read, which decision table applies.
 *
 * Families are explicit: a listener belongs to the family whose spawn shape it has, never to the one in whose range
 * it happens to listen.
 */
export interface Family extends Recognition {
  readonly ports: PortRange
  readonly rules: readonly Rule[]
  /** Younger than this, a daemon may still be without record: its starter writes it after the first answer. */
  readonly startingSeconds: number
  /** The tool's own words for the two reasons that name somebody. */
  readonly reasonNames: ReasonNames
  readonly files: (scope: string) => ScopeFiles
  /**
   * Where the tokens of running daemons stand, a file an instance, when their records stand in a place that others can
   * read (a project that git carries); null when each token stands in the record itself.
   */
  readonly tokenDirectory: string | null
  /** The further scopes that the environment of a predecessor's daemon names: it may be recorded in any. Null: it names none. */
  readonly scopesInEnvironment: ((env: Readonly<Record<string, string>>) => readonly string[]) | null
  /** True where a scope is made by others and never by its daemon: a project that was deleted must not come back. */
  readonly isScopeGiven?: boolean
  /** The other families of the same tool: what is theirs is never ours. */
  readonly relatives: readonly Recognition[]
}
