import { countOf, objectOf, stringOf, type JsonObject, type SelfReport } from 'familiar'

/**
 * Returns those fields of a health reply's `owner` and `sync` blocks that are displayed; they prove no identity. The
 * other fields are left out, because a predecessor's `owner` block also contains its token.
 */
export function detailsOf(reply: JsonObject): JsonObject {
  const [owner, sync] = [objectOf(reply['owner']), objectOf(reply['sync'])]
  return {
    server_url: stringOf(owner?.['server_url']),
    auth_scope: stringOf(owner?.['auth_scope']),
    queue_db_path: stringOf(owner?.['queue_db_path']),
    last_sync: stringOf(sync?.['last_sync']),
    consecutive_failures: countOf(sync?.['consecutive_failures']),
  }
}

/** What a daemon reports about its session and its queue; null for a field that it does not report. */
export interface OwnerDetails {
  readonly serverUrl: string | null
  readonly authScope: string | null
  readonly queueDbPath: string | null
}

export function ownerDetails(report: SelfReport | null): OwnerDetails {
  const details = report?.details
  return {
    serverUrl: stringOf(details?.['server_url']),
    authScope: stringOf(details?.['auth_scope']),
    queueDbPath: stringOf(details?.['queue_db_path']),
  }
}

/** What a sync daemon reports about its work; null for a field that it does not report. */
export interface SyncDetails {
  readonly lastSync: string | null
  readonly consecutiveFailures: number | null
}

export function syncDetails(report: SelfReport | null): SyncDetails {
  const details = report?.details
  return {
    lastSync: stringOf(details?.['last_sync']),
    consecutiveFailures: countOf(details?.['consecutive_failures']),
  }
}
