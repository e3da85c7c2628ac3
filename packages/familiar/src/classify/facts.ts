import type { Tri } from './tri.js'

/**
 * Everything that the decision about one candidate may depend on. The candidate is called "it" below. The values come
 * from one scan of the machine, which is made for one scope (a directory that has one daemon): the scanned scope.
 * `unknown` means that a fact could not be determined. If a row of a decision table allows a clean-up, it never accepts
 * `unknown` for a fact that it names.
 */
export interface Facts {
  /** Its port lies in the family's port range, or it does not listen at all. */
  readonly in_range: Tri
  /** Its command line or its self-report is that of another family of the tool. */
  readonly other_family: Tri
  /** Its command line is one with which this family starts daemons (`SpawnShape`); `unknown` if it cannot be read. */
  readonly spawn_shape: Tri
  /** It answered with a self-report of this family. */
  readonly self_report: Tri
  /** It answered with HTTP of any kind. */
  readonly answered_http: Tri
  /**
   * It is the singleton of the scanned scope: it holds the daemon lock of that scope, has proved that it owns the token in
   * our record of that scope, or is named by a record of that scope.
   */
  readonly singleton_here: Tri
  /**
   * Like `singleton_here`, but for any scope that its command line, self-report, working directory or environment
   * names.
   */
  readonly singleton_named: Tri
  /** It shares its port with a live singleton of some scope, or was forked from one without exec. */
  readonly part_of_singleton: Tri
  /** It holds the daemon lock of the scope that its self-report names. */
  readonly holds_reported_lock: Tri
  /** Its process and its sockets belong to the user who runs the scan. */
  readonly same_user: Tri
  readonly pid_known: Tri
  readonly start_time_known: Tri
  /** It has the same pid, mount, time and user namespaces and the same root directory as this process. */
  readonly same_namespaces: Tri
  /** This process can connect to it: both are in the same network namespace, and the system allows the connection. */
  readonly reachable: Tri
  /** A record of a scope that it names is of a daemon that may still run on another machine or in another pid namespace. */
  readonly elsewhere: Tri
  /** Its command line names a scope. */
  readonly marker: Tri
  /** Its command line names the scanned scope. */
  readonly marker_here: Tri
  /** Its self-report is proven to come from its process: the pid and the port, or the port and the token, agree. */
  readonly report_agrees: Tri
  /**
   * Its self-report, and for our own daemon also its working directory, name the same scope as its command line. The
   * self-report is not compared if daemons of that version do not report their scope.
   */
  readonly scope_agrees: Tri
  /** The scope that its command line names was read before the deadline. */
  readonly scope_told: Tri
  /** Every record of every scope that it names is absent or readable. */
  readonly records_readable: Tri
  /** It started less than the family's `startingSeconds` ago. */
  readonly in_startup_grace: Tri
  /** Its command line is one with which a predecessor (an earlier implementation of the tool) starts daemons. */
  readonly predecessor: Tri
  /** The directory of the scope that its command line names is proven to be gone. */
  readonly project_gone: Tri
  /**
   * It is not the daemon of the scope that its command line names: no record of that scope names a running daemon, or
   * one names another live process. A predecessor's daemon of another scope that is recorded nowhere (`isUnrecorded`) may be
   * in use: `unknown`.
   */
  readonly disowned: Tri
}

export type Fact = keyof Facts
