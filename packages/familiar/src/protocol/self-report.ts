import type { JsonObject } from '../json.js'

/** What a listener reports about itself at its health endpoint, as parsed by the family. */
export interface SelfReport {
  readonly protocolVersion: number | null
  readonly packageVersion: string | null
  /** The scope that the listener claims to serve. */
  readonly scope: string | null
  /** The directory of that scope, by device and inode, as the listener sees it; only our own daemons tell it. */
  readonly directory?: string | null
  /** True if daemons of this version always report their scope, so that a missing scope is an error. */
  readonly statesScope: boolean
  /**
   * What connects the report to the listener. `own_pid`: the pid and port in the report. `command_line`: the report has
   * no pid, so the command line must contain the listener's port and the reply's token.
   */
  readonly verifiedBy: 'own_pid' | 'command_line'
  readonly pid: number | null
  readonly port: number | null
  /** The token in the reply, which only predecessors send. It is compared, but never sent anywhere or shown. */
  readonly token: string | null
  /** The directory of the daemon's installation. If it is gone, no command of that installation can talk to the daemon. */
  readonly installation: string | null
  readonly executable: string | null
  /** Other members of the reply that the tool displays. */
  readonly details: JsonObject
}
