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
  /** A record of the scope that is looked at names it. */
  readonly singleton_here: Tri
  /** A record of the scope that its own command line names, names it. */
  readonly singleton_of_marker: Tri
  /** Process and listener belong to the user who looks. */
  readonly same_user: Tri
  readonly pid_known: Tri
  readonly birth_known: Tri
  /** It lives in the pid and mount namespaces of the one who looks. */
  readonly same_namespaces: Tri
  /** The command line names a scope. */
  readonly marker: Tri
  /** That scope is the one that is being looked at. */
  readonly marker_here: Tri
  /** The self-report is tied to this very listener. */
  readonly report_agrees: Tri
  /** The self-reported scope is the marker's, or this version reports none. */
  readonly scope_agrees: Tri
  /** Every record of the scope is absent or could be read. */
  readonly records_readable: Tri
  /** Born less than the family's `startingSeconds` ago. */
  readonly young: Tri
  /** It has a predecessor's spawn shape. */
  readonly predecessor: Tri
  /** The project directory is proven gone. */
  readonly project_gone: Tri
  /** The scope's readable record is absent, or names another live process. */
  readonly disowned: Tri
}

export type Fact = keyof Facts
