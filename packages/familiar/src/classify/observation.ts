import type { LockHolding } from '../protocol/lock-holder.js'
import type { Host, Listener, ProcessView } from '../identity/machine.js'
import type { RecordRead } from '../protocol/record.js'
import type { SelfReport } from '../protocol/self-report.js'
import type { ShapeMatch } from '../identity/spawn-shape.js'

/**
 * How a listener answered the health probe. `silent`: no HTTP answer in time, for whatever reason. `http`: an answer that
 * is not a self-report. `unreachable`: the system did not let this process connect (a sandbox, the loopback interface is
 * down), which says nothing about the listener.
 */
export type Answer = 'silent' | 'http' | 'self_report' | 'other_family_report' | 'unreachable'

/**
 * One candidate as a scan saw it: the sockets of one process on one port, and what could be read about that process. In
 * the comments below, "it" is the process.
 */
export interface Observation {
  /** Null for the holder of a daemon lock that does not listen. */
  readonly port: number | null
  readonly listeners: readonly Listener[]
  readonly pid: number | null
  /** Null when the pid is unknown or the process ended during the scan. */
  readonly process: ProcessView | null
  readonly answer: Answer
  readonly report: SelfReport | null
  /**
   * How the process was started, according to its command line. Null if the command line has no spawn shape of this
   * family, or cannot be read.
   */
  readonly shape: ShapeMatch | null
  /** The other family of the tool whose spawn shape the command line has; otherwise null. */
  readonly otherFamily: string | null
  /** True if the process proved that it owns the token in our record of the scanned scope. */
  readonly ownsToken: boolean
  /** Its ancestors with exactly the same command line, nearest first: it was forked from them without exec. */
  readonly forkedFrom: readonly ProcessView[]
  /**
   * Every scope that the process names in its command line, self-report, working directory or environment, as written
   * there. Null if the environment could not be read and may name more.
   */
  readonly namedScopes: readonly string[] | null
  /**
   * A path that leads to the working directory of the process itself, even if another file system is now mounted over its
   * original path. Null if it is the scanned scope, for a predecessor, and on a system without such a path.
   */
  readonly heldDirectory: string | null
}

/** One scope (a directory that has one daemon), according to the file system and the holder of its daemon lock. */
export interface ScopeSnapshot {
  /**
   * The real path of the scope; if it does not exist, the one it would have. Null if it could not be determined, or not
   * in time.
   */
  readonly real: string | null
  /** True if the directory is proven absent, false if it exists, null if unknown. */
  readonly gone: boolean | null
  /** True if nothing is at the path now, which may only be unmounted. Shown to people, never used for a decision. */
  readonly isMissing?: boolean | null
  /** Since when the directory has been empty, in milliseconds since 1970. Null if it is not, or the time cannot be read. */
  readonly unchangedSinceMs: number | null
  /**
   * The nearest directory above the path that exists: when its entries last changed, and whether it has none but the scope.
   * Read only if nothing is at the path, or only our own daemon's files. Null if it was not read, and if it is unknown
   * whether something is at the path, for example because a drive may be missing there.
   */
  readonly above: { readonly changedMs: number; readonly isEmpty: boolean } | null
  /**
   * When the oldest entry of the directory was created, in milliseconds since 1970, if all entries are those of our own
   * daemon. Null if there are no entries or others, or the times cannot be read.
   */
  readonly ownSinceMs: number | null
  readonly records: readonly RecordRead[]
  readonly sharedOwnerPresent: boolean | null
  /** The owner of the directory (uid as text); null when unknown. */
  readonly owner: string | null
  /** The device and inode of the directory: they identify it whatever path leads to it. Null when unknown. */
  readonly directory: string | null
  /** When the file of the daemon lock was last touched, ISO 8601. A running daemon touches it on every tick. */
  readonly lockTouchedAt: string | null
  /** True if the scope was not read before the deadline: then nothing about it is known. */
  readonly isLate?: boolean
  /** The process that holds the daemon lock. */
  readonly lockHolder: LockHolding
}

/** What a scan saw besides the candidates: facts about this process and the machine, scopes, and other processes. */
export interface ScanContext {
  readonly user: string
  readonly namespaces: string
  readonly networkNamespace: string
  readonly machine: Pick<Host, 'hostId' | 'bootId' | 'pidNamespace'>
  /** The scope that the scan is made for. */
  readonly here: ScopeSnapshot
  /** The scopes that were read, by the path that names them: the scanned one, and those that processes of this user name. */
  readonly scopes: ReadonlyMap<string, ScopeSnapshot>
  /** The inspected processes that exist, by pid. */
  readonly alive: ReadonlyMap<number, ProcessView>
  /** When these processes were read, in milliseconds since 1970. Their ages are computed for this time. */
  readonly inspectedMs: number
}
