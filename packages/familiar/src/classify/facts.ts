import type { Tri } from './tri.js'

/**
 * Everything on which the decision about one candidate may depend. In the comments below, "it" is the candidate. The
 * values come from one scan of the machine for one scope (a directory that has one daemon): the scanned scope. `unknown`
 * means that a fact could not be determined. A row that allows a clean-up never accepts `unknown` for a fact that it
 * names.
 */
export interface Facts {
  /** The candidate's port lies in the family's port range, or the candidate does not listen at all. */
  readonly in_range: Tri
  /** The candidate's command line or self-report is that of another family of the tool. */
  readonly other_family: Tri
  /** The candidate's command line is one with which this family starts daemons (`SpawnShape`); `unknown` if it cannot be read. */
  readonly spawn_shape: Tri
  /** The candidate answered with a self-report of this family. */
  readonly self_report: Tri
  /** The candidate answered with HTTP of any kind. */
  readonly answered_http: Tri
  /**
   * The candidate is the singleton of the scanned scope: it holds the daemon lock of that scope, has proved that it owns
   * the token in our record of that scope, or is named by a record of that scope.
   */
  readonly singleton_here: Tri
  /**
   * Like `singleton_here`, but for any scope that the candidate's command line, self-report, working directory or
   * environment names.
   */
  readonly singleton_named: Tri
  /** The candidate shares its port with a live singleton of some scope, or was forked from one without exec. */
  readonly part_of_singleton: Tri
  /** The candidate holds the daemon lock of the scope that its self-report names. */
  readonly holds_reported_lock: Tri
  /** The candidate's process and sockets belong to the user who runs the scan. */
  readonly same_user: Tri
  readonly pid_known: Tri
  readonly start_time_known: Tri
  /** The candidate has the same pid, mount, time and user namespaces and the same root directory as this process. */
  readonly same_namespaces: Tri
  /** This process can connect to the candidate: both are in the same network namespace, and the system allows the connection. */
  readonly reachable: Tri
  /**
   * A scope that the candidate names has a record of a daemon that may still run on another machine or in another pid
   * namespace.
   */
  readonly elsewhere: Tri
  /** The candidate's command line names a scope. */
  readonly marker: Tri
  /** The candidate's command line names the scanned scope. */
  readonly marker_here: Tri
  /** The self-report is proven to come from the candidate's process: the pid and the port, or the port and the token, agree. */
  readonly report_agrees: Tri
  /**
   * The candidate's self-report and, for our own daemon, its working directory name the same scope as its command line.
   * The self-report is not compared if daemons of that version do not report their scope.
   */
  readonly scope_agrees: Tri
  /** The scope that the candidate's command line names was read before the deadline. */
  readonly scope_told: Tri
  /** Every record of every scope that the candidate names is absent or readable. */
  readonly records_readable: Tri
  /** The candidate started less than the family's `startingSeconds` ago. */
  readonly in_startup_grace: Tri
  /** The candidate's command line is one with which a predecessor (an earlier implementation of the tool) starts daemons. */
  readonly predecessor: Tri
  /** The directory of the scope that the candidate's command line names is proven to be gone. */
  readonly project_gone: Tri
  /**
   * The candidate is not the daemon of the scope that its command line names: no record of that scope names a running
   * daemon, or one names another live process. `unknown` for a predecessor's daemon of another scope that is recorded
   * nowhere (`isUnrecorded`), because it may be in use.
   */
  readonly disowned: Tri
}

export type Fact = keyof Facts
