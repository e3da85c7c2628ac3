/** What a listener says of itself on its health endpoint, read by its family. */
export interface SelfReport {
  readonly protocolVersion: number | null
  readonly packageVersion: string | null
  /** The scope it claims. */
  readonly scope: string | null
  /** True when a daemon of this version always states its scope, so that a missing one is a fault. */
  readonly statesScope: boolean
  /**
   * What ties the report to the listener. `own_pid`: the pid and port in the report. `command_line`: the report has
   * no pid of its own, so the port and the token in the argument list must be the listener's and the reply's.
   */
  readonly tie: 'own_pid' | 'command_line'
  readonly pid: number | null
  readonly port: number | null
  /** A token that the reply hands out (predecessors do). Compared, never sent anywhere, never shown. */
  readonly token: string | null
  /** For reading only: nothing in here decides. */
  readonly details: SelfReportDetails
}

export interface SelfReportDetails {
  readonly executablePath: string | null
  readonly sourceCheckoutPath: string | null
  readonly serverUrl: string | null
  readonly authScope: string | null
  readonly queueDbPath: string | null
  readonly lastSync: string | null
  readonly consecutiveFailures: number | null
}
