import { join } from 'node:path'
import { COMMANDS } from './commands.js'
import { dashboardFamily } from './families.js'
import { MARKERS } from './markers.js'
import type { ToolDaemon } from './tool-daemon.js'

/** A dashboard exits after four hours without use; an open page counts as use. */
const DASHBOARD_IDLE_RETIREMENT_SECONDS = 14_400

/** The dashboard: one for each project. Its scope is the project; the runtime root holds its log and its token. */
export function dashboardDaemon(root: string): ToolDaemon {
  return {
    family: dashboardFamily(root),
    marker: MARKERS.dashboard,
    title: 'dashboard',
    commands: COMMANDS.dashboard,
    logFile: (project) => join(root, 'daemons', 'dashboards', `${nameOf(project)}.log`),
    idleSeconds: DASHBOARD_IDLE_RETIREMENT_SECONDS,
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
