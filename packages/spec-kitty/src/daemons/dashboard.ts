import { join } from 'node:path'
import { COMMANDS } from './commands.js'
import { dashboardFamily } from './families.js'
import type { ToolDaemon } from './tool-daemon.js'

/** The dashboard: one for each project. Its scope is the project; the runtime root holds its log and its token. */
export function dashboardDaemon(root: string): ToolDaemon {
  return {
    family: dashboardFamily(root),
    marker: '--spec-kitty-dashboard-project=',
    title: 'dashboard',
    commands: COMMANDS.dashboard,
    logFile: (project) => join(root, 'daemons', 'dashboards', `${nameOf(project)}.log`),
    // An open page counts as use.
    idleSeconds: 14_400,
    health: (project) => ({
      project_path: project,
      sync: { running: false, last_sync: null, consecutive_failures: 0 },
    }),
  }
}

/**
 * Returns a file name that differs between projects: the logs of all dashboards are in one directory, not in the
 * projects.
 */
function nameOf(project: string): string {
  return process
    .getBuiltinModule('node:crypto')
    .createHash('sha256')
    .update(project)
    .digest('hex')
    .slice(0, 16)
}
