import { join } from 'node:path'
import type { DaemonOptions } from 'familiar'
import { processRoot } from '../cli/runtime-root.js'
import { currentProject } from './project-directory.js'
import { ENVIRONMENT, INSTALLED } from '../installation.js'
import { OWN_ENTRY } from './own-entry.js'
import { pythonDashboard } from './predecessor-dashboard.js'
import { WORDS } from './user-words.js'

/** The dashboard: one for each project. Its scope is the project; the runtime root holds its log and its token. */
export const dashboard: DaemonOptions = {
  ...INSTALLED,
  name: 'dashboard',
  scope: () => currentProject(process),
  ports: { from: 9237, to: 9337 },
  // A dashboard exits after four hours without use; an open page counts as use.
  idleTimeoutSeconds: 14_400,
  env: ENVIRONMENT,
  commandLine: { role: 'dashboard', scopeFlag: '--spec-kitty-dashboard-project=', entry: OWN_ENTRY },
  files: (project) => ({
    record: join(project, '.kittify', 'daemon', 'record.json'),
    lifecycleLock: join(project, '.kittify', 'daemon', 'lifecycle.lock'),
    daemonLock: join(project, '.kittify', 'daemon', 'daemon.lock'),
    log: join(dashboardsOf(processRoot()), `${nameOf(project)}.log`),
  }),
  // The token is not kept in the project, because git copies a project's files and the dashboard's page can read them.
  tokenDirectory: () => dashboardsOf(processRoot()),
  health: (project) => ({
    project_path: project,
    sync: { running: false, last_sync: null, consecutive_failures: 0 },
  }),
  predecessors: [pythonDashboard],
  words: WORDS.dashboard,
}

function dashboardsOf(root: string): string {
  return join(root, 'daemons', 'dashboards')
}

/**
 * Returns a file name that differs between projects. The logs of all dashboards are in one directory, not in the
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
