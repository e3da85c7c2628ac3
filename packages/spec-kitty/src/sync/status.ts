import type { Io, StatusExtension } from 'familiar/cli'
import { syncDetails } from '../daemons/health-details.js'
import { readSkipReason } from './start-policy.js'

/** Returns what `sync status` shows besides: the last sync, and why commands do not start a daemon on their own. */
export function syncStatus(root: string, env: Io['env']): StatusExtension {
  return async ({ status, document: { log, ...document }, lines }) => {
    const sync = syncDetails(status.report?.details ?? null)
    const skipReason = await readSkipReason(root, env, 'remote_required')
    const automatic = skipReason === null ? 'commands may start it' : `not started by commands: ${skipReason}`
    return {
      document: { ...document, ...sync, automatic_start_skipped: skipReason, log },
      lines: [
        ...lines.slice(0, -1),
        ['last sync', sync.last_sync ?? 'never'],
        ['automatic', automatic],
        ...lines.slice(-1),
      ],
    }
  }
}
