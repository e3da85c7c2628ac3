import { parseOptions, runCommand, type Io } from 'familiar/cli'
import { DASHBOARD_LOGS } from '../cli/describe/dashboard.js'
import { runtimeRoot } from '../cli/runtime-root.js'
import { dashboardDaemon } from '../daemons/define-daemons.js'
import { currentProject } from '../daemons/project-directory.js'

/** Prints the log of the dashboard of the project that the working directory is in. */
export async function run(args: readonly string[], io: Io): Promise<number> {
  // A wrong flag is reported first, as everywhere.
  parseOptions(DASHBOARD_LOGS, args, { command: 'logs' })
  // Reports a wrong value of SPEC_KITTY_HOME before looking for a project.
  runtimeRoot(io)
  return runCommand(dashboardDaemon.at(currentProject(io)), ['logs', ...args], { io })
}
