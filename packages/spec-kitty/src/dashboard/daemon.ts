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

/** A dashboard retires itself after four hours without use; an open page counts as use. */
export const DASHBOARD_IDLE_RETIREMENT_SECONDS = 14_400

export interface DashboardDaemonOptions extends Pick<
  ServeOptions,
  'mayHavePipe' | 'isForeground' | 'exit' | 'port' | 'onReady' | 'onFailure'
> {
  /** The scope, from the marker in the command line. */
  readonly project: string
  /** The user's runtime root: it contains the log, and the page shows its sync daemon. */
  readonly root: string
  /** The version to report; only for tests that simulate another version. */
  readonly reportedVersion: string | undefined
}

/** Runs the dashboard of a project until it is stopped or retires itself. */
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
