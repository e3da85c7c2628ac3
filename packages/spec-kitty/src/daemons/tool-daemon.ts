import type { Family, JsonObject } from 'familiar'
import type { Commands } from './commands.js'

/**
 * What differs between the daemons of this tool, as data. The code that launches, serves, connects to and stops a
 * daemon is the same for all of them, and is in this directory.
 */
export interface ToolDaemon {
  readonly family: Family
  /**
   * The marker in its command line up to the `=`; the scope follows. Frozen: later versions recognise a daemon by it.
   */
  readonly marker: string
  /** What users call the daemon. */
  readonly title: string
  readonly commands: Commands
  /** Returns where the daemon of a scope writes its log. */
  readonly logFile: (scope: string) => string
  /** What the user can do if the daemon of the scope is out of reach. */
  readonly otherScopeHint?: string
  /** The daemon exits when it has not been used for this time; the next command starts another. */
  readonly idleSeconds: number
  /** Returns what the daemon adds to its health reply. */
  readonly health: (scope: string) => JsonObject & { readonly owner?: JsonObject }
}
