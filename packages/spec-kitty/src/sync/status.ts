import type { Io } from '../cli/io.js'
import { syncDetails } from '../daemons/health-details.js'
import { syncDaemon } from '../daemons/sync.js'
import { statusHead, type StatusHead } from '../daemons/status.js'
import { VERSION } from '../version.js'
import { readSkipReason } from './start-policy.js'

/** What `sync status` reports. */
export interface SyncStatus extends StatusHead {
  readonly cli_version: string
  readonly uptime_seconds: number | null
  readonly last_sync: string | null
  readonly consecutive_failures: number | null
  /** Why commands do not start a daemon on their own; null if they may. */
  readonly automatic_start_skipped: string | null
  readonly log: string
}

/** Returns the state of the sync daemon of the root. */
export async function readStatus(root: string, env: Io['env']): Promise<SyncStatus> {
  const skipReason = await readSkipReason(root, env, 'remote_required')
  const daemon = syncDaemon.at(root)
  const status = await daemon.status()
  const sync = syncDetails(status.report)
  const head = statusHead(status)
  const isRunning = head.state === 'running'
  return {
    ...head,
    cli_version: VERSION,
    uptime_seconds: isRunning && head.started_at !== null ? secondsSince(head.started_at) : null,
    last_sync: sync.lastSync,
    consecutive_failures: sync.consecutiveFailures,
    automatic_start_skipped: skipReason,
    log: daemon.logFile,
  }
}

function secondsSince(time: string): number {
  return Math.max(0, Math.round((Date.now() - Date.parse(time)) / 1000))
}
