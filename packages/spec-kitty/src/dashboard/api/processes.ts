/**
 * Whether the process that works on a package is running. The pid and the start time in the log (`shell_pid`,
 * `shell_pid_created_at`) are compared with what this machine's kernel reports. The time since its last
 * event does not matter.
 *
 * - `running`: the pid exists here, and its start time equals that in the log, to 2 s.
 * - `not_running_here`: there is no such pid, or it was given to another process. It may run on another machine or in a
 * container.
 * - `unknown`: the log names no pid or no start time, or the kernel does not report it.
 */
export interface AgentProcess {
  readonly liveness: 'running' | 'not_running_here' | 'unknown'
  readonly pid: number | null
  /** When the process started according to the log, ISO 8601 UTC. */
  readonly started_at: string | null
  /** The reason, in one sentence. */
  readonly why: string
}
