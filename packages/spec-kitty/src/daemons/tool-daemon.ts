import type { Family, JsonObject } from 'familiar'
import type { Commands } from './commands.js'

/**
 * What differs between the daemons of this tool, as data. Everything that is done with a daemon (launch, connect, serve, stop)
 * is written once for all of them, in this folder.
 */
export interface ToolDaemon {
  readonly family: Family
  /** The part of its command line that says which scope it serves. Frozen: later versions recognise a daemon by it. */
  readonly marker: string
  /** What users call it. */
  readonly title: string
  readonly commands: Commands
  /** Returns where the daemon of a scope writes its log. */
  readonly logFile: (scope: string) => string
  /** What the user can do if the daemon of the scope is out of reach. */
  readonly otherScopeHint?: string
  /** It exits after this time without any use; the next command starts another. */
  readonly idleSeconds: number
  /** Returns what it adds to its health reply. */
  readonly health: (scope: string) => JsonObject & { readonly owner?: JsonObject }
}
