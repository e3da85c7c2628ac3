import {
  CLEAN_EVERY_MS,
  DRAIN_MS,
  realPath,
  selectPlatform,
  serve,
  TICK_MS,
  type ServeOptions,
} from 'familiar'
import { dashboardFamily } from '../families/families.js'
import { INSTALLATION, isInstallationChanged } from '../installation.js'
import { BUILD_TIME, PROTOCOL_VERSION, VERSION } from '../version.js'
import { logFile } from './launch.js'
import { dashboardPages } from './pages.js'

/** A dashboard that nobody looks at leaves after four hours; an open page keeps it. */
export const DASHBOARD_IDLE_RETIREMENT_SECONDS = 14_400

export interface DashboardDaemonOptions extends Pick<
  ServeOptions,
  'mayHavePipe' | 'isForeground' | 'exit' | 'port' | 'onReady' | 'onFailure'
> {
  /** The scope, as the marker in the command line says. */
  readonly project: string
  /** The runtime root of the user: where the log is, and whose sync daemon the page shows. */
  readonly root: string
  /** The version to report; only for tests that play another version. */
  readonly reportedVersion: string | undefined
}

/** Runs the dashboard of a project until it is told to leave or retires. */
export async function runDashboardDaemon(options: DashboardDaemonOptions): Promise<void> {
  const { root, reportedVersion, ...rest } = options
  const project = realPath(options.project) ?? options.project
  const platform = await selectPlatform()
  await serve({
    ...rest,
    family: dashboardFamily(root),
    scope: project,
    platform,
    logFile: logFile(root, project),
    packageVersion: reportedVersion ?? VERSION,
    protocolVersion: PROTOCOL_VERSION,
    buildTime: BUILD_TIME,
    describe: () => ({
      sync: { running: false, last_sync: null, consecutive_failures: 0 },
      owner: { source_checkout_path: INSTALLATION },
      more: { project_path: project },
    }),
    routes: {},
    pages: dashboardPages(project, root, platform),
    work: { inFlight: () => 0, pending: () => 0, stop: () => Promise.resolve() },
    isInstallationChanged,
    timing: {
      tickMs: TICK_MS,
      idleMs: DASHBOARD_IDLE_RETIREMENT_SECONDS * 1000,
      drainMs: DRAIN_MS,
      cleanEveryMs: CLEAN_EVERY_MS,
    },
  })
}
