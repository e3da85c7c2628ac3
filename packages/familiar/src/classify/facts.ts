import type { Tri } from './tri.js'

/**
 * Everything a decision may depend on. The values come from one scan of the machine. `unknown` means that a fact could not
 * be determined; a row that allows a clean-up never accepts it for a fact that it names.
 */
export interface Facts {
  /** The port lies in the family's range. */
  readonly in_range: Tri
  /** It has the spawn shape or the self-report of another family of the tool. */
  readonly other_family: Tri
  /** The command line has a spawn shape of this family; `unknown` when it cannot be read. */
  readonly spawn_shape: Tri
  /** It answered with a self-report of this family. */
  readonly self_report: Tri
  /** It answered with HTTP of any kind. */
  readonly answered_http: Tri
  /** It holds the daemon lock of the scanned scope, proved to own its record's token, or is named by a record of it. */
  readonly singleton_here: Tri
  /** The same for any scope that its command line, self-report, working directory or environment names. */
  readonly singleton_named: Tri
  /** It shares its port with a live singleton of its family, or was forked from one without exec. */
  readonly part_of_singleton: Tri
  /** It holds the daemon lock of the scope that its self-report names. */
  readonly holds_reported_lock: Tri
  /** Process and listener belong to the user who runs this command. */
  readonly same_user: Tri
  readonly pid_known: Tri
  readonly start_time_known: Tri
  /** It runs in the same pid, mount, time and user namespaces and root directory as this process. */
  readonly same_namespaces: Tri
  /** This process can connect to it: same network namespace, and the system allows the connection. */
  readonly reachable: Tri
  /** A record of a scope that it names belongs to a daemon of another machine or pid namespace that may still run. */
  readonly elsewhere: Tri
  /** The command line names a scope. */
  readonly marker: Tri
  /** That scope is the scanned one. */
  readonly marker_here: Tri
  /** The self-report is proven to belong to this listener. */
  readonly report_agrees: Tri
  /** Marker, self-report (where this version states a scope) and working directory all name the same scope. */
  readonly scope_agrees: Tri
  /** The scope that its command line names was read before the deadline. */
  readonly scope_told: Tri
  /** Every record of every scope that it names is absent or readable. */
  readonly records_readable: Tri
  /** It started less than the family's `startingSeconds` ago. */
  readonly in_startup_grace: Tri
  /** It has a predecessor's spawn shape. */
  readonly predecessor: Tri
  /** The project directory is proven gone. */
  readonly project_gone: Tri
  /** No record of the scope names a running daemon, or one names another live process. */
  readonly disowned: Tri
}

export type Fact = keyof Facts
