import {
  CLEAN_EVERY_MS,
  DRAIN_MS,
  realPath,
  selectPlatform,
  serve,
  TICK_MS,
  type Pages,
  type Platform,
  type ServeOptions,
} from 'familiar'
import { INSTALLATION, isInstallationChanged } from '../installation.js'
import { BUILD_TIME, PROTOCOL_VERSION, VERSION } from '../version.js'
import type { ToolDaemon } from './tool-daemon.js'

export interface DaemonOptions extends Pick<
  ServeOptions,
  'mayHavePipe' | 'isForeground' | 'exit' | 'port' | 'onReady' | 'onFailure'
> {
  /** The scope as the caller names it; the daemon uses its real path. */
  readonly scope: string
  /** The version to report; only for tests that simulate another version. */
  readonly reportedVersion: string | undefined
  /** Returns the pages that the daemon serves; called with the real path of the scope. */
  readonly pagesOf?: (scope: string, platform: Platform) => Pages
}

/** Runs the daemon of a scope until it is told to exit or retires by itself. */
export async function runDaemon(daemon: ToolDaemon, options: DaemonOptions): Promise<void> {
  const { scope: named, reportedVersion, pagesOf, ...rest } = options
  const scope = realPath(named) ?? named
  const platform = await selectPlatform()
  await serve({
    ...rest,
    family: daemon.family,
    scope,
    platform,
    logFile: daemon.logFile(scope),
    packageVersion: reportedVersion ?? VERSION,
    protocolVersion: PROTOCOL_VERSION,
    buildTime: BUILD_TIME,
    describe: () => {
      const { owner, ...health } = daemon.health(scope)
      return { ...health, owner: { source_checkout_path: INSTALLATION, ...owner } }
    },
    ...(pagesOf === undefined ? {} : { pages: pagesOf(scope, platform) }),
    isInstallationChanged,
    timing: {
      tickMs: TICK_MS,
      idleMs: daemon.idleSeconds * 1000,
      drainMs: DRAIN_MS,
      cleanEveryMs: CLEAN_EVERY_MS,
    },
  })
}
