import type { Host, Listener, ProcessView } from './machine.js'
import type { RecordRead } from './record.js'
import type { SelfReport } from './self-report.js'
import type { ShapeMatch } from './spawn-shape.js'

/**
 * How a listener answered the health probe. `silent` covers everything that did not become an HTTP answer in time.
 * `unreachable`: the system refused this process the connection (a sandbox, loopback down): it says nothing about the
 * listener.
 */
export type Answer = 'silent' | 'http' | 'self_report' | 'other_family_report' | 'unreachable'

/** One candidate as it was seen: the sockets of one process on one port, and what could be read of that process. */
export interface Sighting {
  /** Null for the holder of a daemon lock that does not listen. */
  readonly port: number | null
  readonly listeners: readonly Listener[]
  readonly pid: number | null
  /** Null when the pid is unknown or the process went away during the look. */
  readonly process: ProcessView | null
  readonly answer: Answer
  readonly report: SelfReport | null
  /** What its command line says as a daemon of this family; null when it is none, or cannot be read. */
  readonly shape: ShapeMatch | null
  /** The other family of the tool whose daemon its command line says it is. */
  readonly otherFamily: string | null
  /** It proved to own the token in our record of the scope that is looked at. */
  readonly ownsToken: boolean
  /** Its ancestors with the very same command line: it was forked from them without exec. */
  readonly forkedFrom: readonly ProcessView[]
  /**
   * Every scope that something about it names, as the text stands there: command line, self-report, working directory,
   * environment. Null where one of them could not be read, so that there may be more.
   */
  readonly namedScopes: readonly string[] | null
}

/** One scope as the file system shows it. */
export interface ScopeView {
  /** Its real path; for one that does not exist, the path it would have. Null when it could not be told in time. */
  readonly real: string | null
  /** True when it is proven absent, false when it exists, null when that cannot be told. */
  readonly gone: boolean | null
  /** For how long it has been empty, or, where it is gone, the directory that it was in; null where that one is not. */
  readonly emptyForSeconds: number | null
  readonly records: readonly RecordRead[]
  readonly sharedOwnerPresent: boolean | null
  /** Who owns the directory (uid as text), null when unknown. */
  readonly owner: string | null
  /** Names the directory itself, whatever the path it is reached by. */
  readonly directory: string | null
  /** When the daemon lock's file was last touched, ISO 8601; a daemon touches it on every tick. */
  readonly lockTouchedAt: string | null
  /** True when it was not read before the time for it was over: then nothing in it is known. */
  readonly isLate?: boolean
  /** Who holds the daemon lock. */
  readonly lockHolder: LockHolding
}

/**
 * Who holds a kernel lock. Null: it is free. `unknown`: it is held by a process that is not seen from here, or it could
 * not be told whether it is held. `isTold`: held for certain, but the name comes from the text of the file, which clears
 * nobody else.
 */
export type LockHolding = HolderName | 'unknown' | null

export interface HolderName {
  readonly pid: number
  /** Null for a process whose start time cannot be compared with ours. */
  readonly birth: string | null
  readonly isTold?: boolean
}

/** Names one process for ever. */
export interface ProcessName {
  readonly pid: number
  readonly birth: string
}

/** Everything else that was seen in the same look. */
export interface Surroundings {
  readonly user: string
  readonly namespaces: string
  readonly networkNamespace: string
  readonly machine: Pick<Host, 'hostId' | 'bootId' | 'pidNamespace'>
  /** The scope that is looked at. */
  readonly here: ScopeView
  /** Every path that a command line or a self-report named, by that text. */
  readonly scopes: ReadonlyMap<string, ScopeView>
  /** The processes that were inspected and exist, by pid. */
  readonly alive: ReadonlyMap<number, ProcessView>
}
