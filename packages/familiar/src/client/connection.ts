import type { Replaced } from './replace.js'
import type { StartReason } from './spawn.js'
import type { DaemonRecord } from '../protocol/record.js'
import type { SelfReport } from '../protocol/self-report.js'
import type { RecordedDaemon } from './recorded.js'

/**
 * `started`: null if a running daemon was found. `replaced`: the daemon that it replaced. `isNewer`: it has a newer version
 * and the same protocol, and is used as it is. `isUnordered`: likewise, but it is unknown which version is newer.
 * `skipped`: no usable daemon runs, and none may be started; `reason` says why.
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
  { record, report, standing }: RecordedDaemon,
  started: StartReason | null = null,
  replaced: Replaced | null = null,
): Connection {
  const [isNewer, isUnordered] = [standing === 'newer', standing === 'unordered']
  return { outcome: 'connected', record, report, started, replaced, isNewer, isUnordered }
}
