import type { JsonObject } from '../json.js'

/** What a listener says about itself on its health endpoint, as parsed by the family. */
export interface SelfReport {
  readonly protocolVersion: number | null
  readonly packageVersion: string | null
  /** The scope it claims. */
  readonly scope: string | null
  /** True when daemons of this version always state their scope, so that a missing scope is a fault. */
  readonly statesScope: boolean
  /**
   * What ties the report to the listener. `own_pid`: the pid and port in the report. `command_line`: the report has no
   * pid, so the command line must contain the listener's port and the reply's token.
   */
  readonly verifiedBy: 'own_pid' | 'command_line'
  readonly pid: number | null
  readonly port: number | null
  /** A token that the reply hands out (predecessors do). Compared, never sent anywhere, never shown. */
  readonly token: string | null
  /** The directory of its installation; if that is gone, no command of that installation can talk to it. */
  readonly installation: string | null
  readonly executable: string | null
  /** What else the tool reads from the reply, for its own display. */
  readonly details: JsonObject
}
