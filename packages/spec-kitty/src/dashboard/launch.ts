import { join } from 'node:path'
import type { Launch } from 'familiar'
import type { Io } from '../cli/io.js'
import { daemonLaunch } from '../daemon-launch.js'

/** Returns how the dashboard of a project is started. */
export function launchDashboard(project: string, root: string, env: Io['env']): Launch {
  return daemonLaunch('dashboard', `--spec-kitty-dashboard-project=${project}`, logFile(root, project), env)
}

/** Where the dashboard of a project writes its log: in the runtime root, because the project is not ours to fill. */
export function logFile(root: string, project: string): string {
  const name = process
    .getBuiltinModule('node:crypto')
    .createHash('sha256')
    .update(project)
    .digest('hex')
    .slice(0, 16)
  return join(root, 'daemons', 'dashboards', `${name}.log`)
}
