import type { Listener, ProcessView } from './machine.js'
import type { RecordRead } from './record.js'
import type { SelfReport } from './self-report.js'
import type { ShapeMatch } from './spawn-shape.js'

/** How a listener answered the health probe. `silent` covers everything that did not become an HTTP answer in time. */
export type Answer = 'silent' | 'http' | 'self_report' | 'other_family_report'

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
  /**
   * Who holds the daemon lock, as its file says: only a holder writes there, and a daemon holds it for life. Null when it
   * names no daemon, `unknown` when it is there and cannot be read.
   */
  readonly lockHolder: ProcessName | 'unknown' | null
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
  /** The scope that is looked at. */
  readonly here: ScopeView
  /** Every path that a command line or a self-report named, by that text. */
  readonly scopes: ReadonlyMap<string, ScopeView>
  /** The processes that were inspected and exist, by pid. */
  readonly alive: ReadonlyMap<number, ProcessView>
}
