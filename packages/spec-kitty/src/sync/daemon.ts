import { CLEAN_EVERY_MS, DRAIN_MS, realPath, selectPlatform, serve, TICK_MS, type JsonObject } from 'familiar'
import { syncFamily } from '../families/families.js'
import { INSTALLATION, isInstallationChanged } from '../installation.js'
import { BUILD_TIME, PROTOCOL_VERSION, VERSION } from '../version.js'
import { logFile } from './launch.js'

/** A sync daemon that has nothing to do exits after a quarter of an hour; the next command starts another. */
export const SYNC_DAEMON_IDLE_RETIREMENT_SECONDS = 900

export interface SyncDaemonOptions {
  /** The scope, as the marker in the command line says. */
  readonly root: string
  /** The version to report; only for tests that imitate another version. */
  readonly reportedVersion: string | undefined
  readonly mayHavePipe: boolean
  readonly exit: (code: number) => void
}

/** Runs the sync daemon of a root until it is told to exit or retires by itself. */
export async function runSyncDaemon(options: SyncDaemonOptions): Promise<void> {
  const scope = realPath(options.root) ?? options.root
  await serve({
    family: syncFamily,
    scope,
    platform: await selectPlatform(),
    logFile: logFile(scope),
    packageVersion: options.reportedVersion ?? VERSION,
    protocolVersion: PROTOCOL_VERSION,
    buildTime: BUILD_TIME,
    describe,
    routes: {},
    work: { inFlight: () => 0, pending: () => 0, stop: () => Promise.resolve() },
    isInstallationChanged,
    timing: {
      tickMs: TICK_MS,
      idleMs: SYNC_DAEMON_IDLE_RETIREMENT_SECONDS * 1000,
      drainMs: DRAIN_MS,
      cleanEveryMs: CLEAN_EVERY_MS,
    },
    mayHavePipe: options.mayHavePipe,
    exit: options.exit,
  })
}

/** Reports no sync: this version has no queue and uploads nothing. */
function describe(): { readonly sync: JsonObject; readonly owner: JsonObject } {
  return {
    sync: { running: false, last_sync: null, consecutive_failures: 0 },
    owner: {
      source_checkout_path: INSTALLATION,
      server_url: null,
      auth_principal: null,
      auth_team: null,
      auth_scope: null,
      queue_db_path: null,
    },
  }
}
