import { skipReason, type DaemonRecord } from 'familiar'
import type { Io } from '../cli/io.js'
import { findDaemon } from '../daemon-status.js'
import { syncFamily } from '../families/families.js'
import { VERSION } from '../version.js'
import { logFile } from './launch.js'
import { readStartPolicy } from './policy.js'

/** What `sync status` tells. */
export interface SyncStatus {
  /** `unresponsive`: recorded as running, and silent. */
  readonly state: 'running' | 'stopped' | 'unresponsive'
  readonly is_predecessor: boolean
  readonly pid: number | null
  readonly port: number | null
  readonly package_version: string | null
  readonly protocol_version: number | null
  readonly cli_version: string
  readonly started_at: string | null
  readonly uptime_seconds: number | null
  readonly last_stop: { readonly at: string | null; readonly reason: string } | null
  readonly last_sync: string | null
  readonly consecutive_failures: number | null
  /** Why no command starts a daemon on its own; null when one may. */
  readonly automatic_start_skipped: string | null
  readonly log: string
}

/** Returns the state of the sync daemon of the root: one record read and one request, no look at the machine. */
export async function readStatus(root: string, env: Io['env']): Promise<SyncStatus> {
  const policy = await readStartPolicy(root, env, 'remote_required')
  const { own, found } = await findDaemon(syncFamily, root)
  const record = found?.record ?? own
  const isRunning = found?.report != null
  const startedAt = found?.record.startedAt ?? null
  return {
    state: isRunning ? 'running' : found?.isMute === true ? 'unresponsive' : 'stopped',
    is_predecessor: found?.record.lineage === 'predecessor',
    pid: found === null ? null : (record?.pid ?? null),
    port: found === null ? null : (record?.port ?? null),
    package_version: found?.report?.packageVersion ?? found?.record.packageVersion ?? null,
    protocol_version: found?.report?.protocolVersion ?? found?.record.protocolVersion ?? null,
    cli_version: VERSION,
    started_at: startedAt,
    uptime_seconds: startedAt === null || !isRunning ? null : secondsSince(startedAt),
    last_stop: lastStop(own),
    last_sync: found?.report?.details.lastSync ?? null,
    consecutive_failures: found?.report?.details.consecutiveFailures ?? null,
    automatic_start_skipped: skipReason(policy),
    log: logFile(root),
  }
}

function lastStop(own: DaemonRecord | null): SyncStatus['last_stop'] {
  if (own === null) return null
  return own.stopReason === null ? null : { at: own.stoppedAt, reason: own.stopReason }
}

function secondsSince(time: string): number {
  return Math.max(0, Math.round((Date.now() - Date.parse(time)) / 1000))
}
