import type { Tri } from './tri.js'

/**
 * Everything a decision may look at. The values come from a look at the machine; `unknown` stands for "could not be
 * told", and no row that allows a clean-up accepts it.
 */
export interface Facts {
  /** The port lies in the family's range. */
  readonly in_range: Tri
  /** Spawn shape or self-report of another family of the tool. */
  readonly other_family: Tri
  /** The command line has a spawn shape of this family; `unknown` when it cannot be read. */
  readonly spawn_shape: Tri
  /** It answered with a self-report of this family. */
  readonly self_report: Tri
  /** It answered with HTTP of any kind. */
  readonly answered_http: Tri
  /** It holds the daemon lock of the scope that is looked at, or a record of that scope names it. */
  readonly singleton_here: Tri
  /** The same of any scope that anything about it names: command line, self-report, working directory, environment. */
  readonly singleton_named: Tri
  /** It shares its port with a live singleton of its family, or was forked from one without exec. */
  readonly part_of_singleton: Tri
  /** It holds the daemon lock of the scope that its self-report names. */
  readonly holds_reported_lock: Tri
  /** Process and listener belong to the user who looks. */
  readonly same_user: Tri
  readonly pid_known: Tri
  readonly birth_known: Tri
  /** It lives in the pid, mount, time and user namespaces and the root directory of the one who looks. */
  readonly same_namespaces: Tri
  /** A connection from here can reach it: same network, and the system lets this process connect. */
  readonly reachable: Tri
  /** A record of its scope names a daemon of another machine or pid namespace that may still run. */
  readonly elsewhere: Tri
  /** The command line names a scope. */
  readonly marker: Tri
  /** That scope is the one that is being looked at. */
  readonly marker_here: Tri
  /** The self-report is tied to this very listener. */
  readonly report_agrees: Tri
  /** Everything that names its scope names the same one: marker, self-report (where this version has one), working directory. */
  readonly scope_agrees: Tri
  /** The scope that its command line names was read before the time for it was over. */
  readonly scope_told: Tri
  /** Every record of every scope that it names is absent or could be read. */
  readonly records_readable: Tri
  /** Born less than the family's `startingSeconds` ago. */
  readonly young: Tri
  /** It has a predecessor's spawn shape. */
  readonly predecessor: Tri
  /** The project directory is proven gone. */
  readonly project_gone: Tri
  /** No record says that a daemon of the scope runs, or one names another live process. */
  readonly disowned: Tri
}

export type Fact = keyof Facts
