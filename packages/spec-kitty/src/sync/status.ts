import {
  handshake,
  HEALTH_PATH,
  probe,
  readOwnRecord,
  readScope,
  selectPlatform,
  skipReason,
  type DaemonRecord,
  type SelfReport,
} from 'familiar'
import type { Io } from '../cli/io.js'
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

/** How long a predecessor's daemon may take to answer, or the machine to tell who lives. */
const PROBE_MS = 1_000

/** Returns the state of the sync daemon of the root: one record read and one request, no look at the machine. */
export async function readStatus(root: string, env: Io['env']): Promise<SyncStatus> {
  const own = readOwnRecord(syncFamily, root)
  const found = own?.running === true ? await askOwn(own) : await askPredecessor(root)
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
    automatic_start_skipped: skipReason(await readStartPolicy(root, env, 'remote_required')),
    log: logFile(root),
  }
}

interface Found {
  readonly record: DaemonRecord
  readonly report: SelfReport | null
  readonly isMute: boolean
}

async function askOwn(record: DaemonRecord): Promise<Found | null> {
  const answer = await handshake(syncFamily, record)
  if (answer.outcome === 'proven') return { record, report: answer.report, isMute: false }
  const isMute = answer.outcome === 'mute' && (await lives(record))
  return isMute ? { record, report: null, isMute } : null
}

/** Nobody on the port and nobody who answers look the same; only a process that is there can be asked to do better. */
async function lives({ pid, birth }: DaemonRecord): Promise<boolean> {
  if (pid === null) return false
  const found = await (await selectPlatform()).inspect([pid], AbortSignal.timeout(PROBE_MS))
  return found.get(pid)?.birth === birth
}

/** A predecessor proves nothing; that the port of its record answers as a sync daemon is all there is to show. */
async function askPredecessor(root: string): Promise<Found | null> {
  const read = readScope(syncFamily, root).records.find(
    (one) => one.state === 'readable' && one.record.lineage === 'predecessor',
  )
  if (read?.state !== 'readable') return null
  const reply = await probe('127.0.0.1', read.record.port, HEALTH_PATH, PROBE_MS)
  const report = reply.kind === 'json' ? syncFamily.readSelfReport(reply.body) : null
  return report === null ? null : { record: read.record, report, isMute: false }
}

function lastStop(own: DaemonRecord | null): SyncStatus['last_stop'] {
  if (own === null) return null
  return own.stopReason === null ? null : { at: own.stoppedAt, reason: own.stopReason }
}

function secondsSince(time: string): number {
  return Math.max(0, Math.round((Date.now() - Date.parse(time)) / 1000))
}
