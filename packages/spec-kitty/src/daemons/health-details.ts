import { countOf, objectOf, stringOf, type JsonObject } from 'familiar'

/** A health reply of which the details were read; null where there is none. */
type Report = { readonly details: JsonObject } | null

/** What a daemon reports about its session and its queue; null for a field that it does not report. */
export interface OwnerDetails {
  readonly serverUrl: string | null
  readonly authScope: string | null
  readonly queueDbPath: string | null
}

export function ownerDetails(report: Report): OwnerDetails {
  const owner = objectOf(report?.details['owner'])
  return {
    serverUrl: stringOf(owner?.['server_url']),
    authScope: stringOf(owner?.['auth_scope']),
    queueDbPath: stringOf(owner?.['queue_db_path']),
  }
}

/** What a sync daemon reports about its work; null for a field that it does not report. */
export interface SyncDetails {
  readonly lastSync: string | null
  readonly consecutiveFailures: number | null
}

export function syncDetails(report: Report): SyncDetails {
  const sync = objectOf(report?.details['sync'])
  return {
    lastSync: stringOf(sync?.['last_sync']),
    consecutiveFailures: countOf(sync?.['consecutive_failures']),
  }
}
