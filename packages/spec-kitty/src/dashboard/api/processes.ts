/**
 * Whether the process that works on a package lives, by the pid and the start time in the log (`shell_pid`,
 * `shell_pid_created_at`), compared with what this machine's kernel says. Silence never counts.
 *
 * - `running`: the pid exists here, and its start time is that in the log, to 2 s.
 * - `not_running_here`: no such pid, or it was given to another process. It may run on another machine or in a container.
 * - `unknown`: the log names no pid or no start time, or the kernel does not tell.
 */
export interface AgentProcess {
  readonly liveness: 'running' | 'not_running_here' | 'unknown'
  readonly pid: number | null
  /** When it started according to the log, ISO 8601 UTC. */
  readonly started_at: string | null
  /** The reason, in one sentence. */
  readonly why: string
}
