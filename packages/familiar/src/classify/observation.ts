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
 * One candidate as a scan saw it: the sockets of one process on one port, and what could be read about that process. The
 * process is called "it" below.
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
  /** What its command line says; null when that has no spawn shape of this family, or cannot be read. */
  readonly shape: ShapeMatch | null
  /** The other family of the tool whose spawn shape its command line has, else null. */
  readonly otherFamily: string | null
  /** True if it proved that it owns the token in our record of the scanned scope. */
  readonly ownsToken: boolean
  /** Its ancestors that have exactly the same command line, because it was forked from them without exec; nearest first. */
  readonly forkedFrom: readonly ProcessView[]
  /**
   * Every scope that its command line, self-report, working directory or environment names, as written there. Null when
   * the environment could not be read and may name more.
   */
  readonly namedScopes: readonly string[] | null
  /**
   * A path that leads to its working directory itself, whatever stands at the path of that directory by now (another file system
   * may be mounted over it). Null if that is the scanned scope, for a predecessor, and on a system without such a path.
   */
  readonly heldDirectory: string | null
}

/** One scope (a directory that has one daemon), as the file system and the holder of its daemon lock show it. */
export interface ScopeSnapshot {
  /** Its real path, or the real path it would have if it existed. Null when it could not be determined, or not in time. */
  readonly real: string | null
  /** True when it is proven absent, false when it exists, null when unknown. */
  readonly gone: boolean | null
  /**
   * Since when the directory has been empty, in milliseconds since 1970; if it is gone, since when nothing was put into its parent
   * or removed from it. Null when the directory is not empty, or that cannot be read.
   */
  readonly unchangedSinceMs: number | null
  /**
   * When the oldest entry of the directory was made, in milliseconds since 1970, if all in it are those of our own daemon. Null if
   * there are none or others, or that cannot be read.
   */
  readonly ownSinceMs: number | null
  readonly records: readonly RecordRead[]
  readonly sharedOwnerPresent: boolean | null
  /** The owner of the directory (uid as text); null when unknown. */
  readonly owner: string | null
  /** The device and inode of the directory: they identify it whatever path leads to it. Null when unknown. */
  readonly directory: string | null
  /** When the daemon lock's file was last touched, ISO 8601; a daemon touches it on every tick. */
  readonly lockTouchedAt: string | null
  /** True when it was not read before the deadline: then nothing about it is known. */
  readonly isLate?: boolean
  /** Who holds the daemon lock. */
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
  /**
   * The moment at which these processes were read, in milliseconds since 1970. The ages of the processes are counted up
   * to it.
   */
  readonly inspectedMs: number
}
