import type { Replaced } from '../act/replace.js'
import type { StartReason } from '../act/start.js'
import type { DaemonRecord } from '../identity/record.js'
import type { SelfReport } from '../identity/self-report.js'
import type { Found } from './recorded.js'

/**
 * `started` is null when a running daemon was found; `replaced` is the one that made room for it. `isNewer`: the daemon
 * is of a newer version and the same protocol, and is used as it is. `isUnordered`: the same, but which version is the newer
 * cannot be told.
 * `skipped`: none runs that can be used, and none may be started; why.
 */
export type Connection =
  | {
      readonly outcome: 'connected'
      readonly record: DaemonRecord
      readonly report: SelfReport
      readonly started: StartReason | null
      readonly replaced: Replaced | null
      readonly isNewer: boolean
      readonly isUnordered: boolean
    }
  | { readonly outcome: 'skipped'; readonly reason: string }

/** Returns the connection to a daemon that was found, or just started. */
export function connected(
  { record, report, standing }: Found,
  started: StartReason | null = null,
  replaced: Replaced | null = null,
): Connection {
  const [isNewer, isUnordered] = [standing === 'newer', standing === 'unordered']
  return { outcome: 'connected', record, report, started, replaced, isNewer, isUnordered }
}
