import type { DaemonStatus } from '../classify/daemon-state.js'
import type { Words } from '../define/options.js'
import type { Self } from '../identity/versions.js'
import type { Candidate, Scan } from '../observe/scan.js'
import type { Circumstances } from './identity-record.js'
import type { Remediation, Remedy } from './remedy.js'

/** One finding of the doctor. Ids are permanent. `warn` and `critical` are problems; see `verdictOf`. */
export interface Finding {
  readonly id: string
  readonly severity: 'info' | 'warn' | 'critical'
  readonly summary: string
  readonly remediation: Remediation | null
}

/** What the rules of the findings look at. */
export interface Seen {
  readonly seen: Scan
  readonly status: DaemonStatus
  readonly self: Self
  readonly words: Words
  /** The daemons of the scope whose installation is proven gone, as seen from here. */
  readonly uninstalled?: ReadonlySet<Candidate>
  /** If omitted, nothing is known to be in the way. */
  readonly now?: Circumstances
  /**
   * Returns the remedy of a candidate, as its row shows it. A finding about a candidate suggests the same remedy as its
   * row.
   */
  readonly remedyOf: (candidate: Candidate) => Remedy | null
}
