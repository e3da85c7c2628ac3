import { join } from 'node:path'
import type { Launch } from 'familiar'
import type { Io } from '../cli/io.js'
import { daemonLaunch } from '../daemon-launch.js'

/** Returns how to start the dashboard of a project. */
export function launchDashboard(project: string, root: string, env: Io['env']): Launch {
  return daemonLaunch('dashboard', `--spec-kitty-dashboard-project=${project}`, logFile(root, project), env)
}

/** Returns the log file of a project's dashboard: in the runtime root, so that we do not fill the project with logs. */
export function logFile(root: string, project: string): string {
  const name = process
    .getBuiltinModule('node:crypto')
    .createHash('sha256')
    .update(project)
    .digest('hex')
    .slice(0, 16)
  return join(root, 'daemons', 'dashboards', `${name}.log`)
}
