import type { JsonObject } from 'familiar'
import { countOf, objectOf, stringOf } from 'familiar/cli'

/**
 * The members of an identity record about a daemon's session and queue; null for each one that the daemon does not
 * report.
 */
export interface OwnerDetails {
  readonly queue_db_path: string | null
  readonly auth_scope: string | null
  readonly server_url: string | null
}

export function ownerDetails(details: JsonObject | null): OwnerDetails {
  const owner = objectOf(details?.['owner'])
  return {
    queue_db_path: stringOf(owner?.['queue_db_path']),
    auth_scope: stringOf(owner?.['auth_scope']),
    server_url: stringOf(owner?.['server_url']),
  }
}

/** What a sync daemon reports about its work; null for each field that it does not report. */
export interface SyncDetails {
  readonly last_sync: string | null
  readonly consecutive_failures: number | null
}

export function syncDetails(details: JsonObject | null): SyncDetails {
  const sync = objectOf(details?.['sync'])
  return {
    last_sync: stringOf(sync?.['last_sync']),
    consecutive_failures: countOf(sync?.['consecutive_failures']),
  }
}
