import type { Connection } from '../define/connect-method.js'
import { definitionOf, type Daemon } from '../define/define-daemon.js'
import type { Io } from './io.js'
import { noticeVersions } from './version-notice.js'
import { showingWaits } from './progress.js'

/**
 * Returns a connection to a daemon that the user asked for. Starts one if none runs, even in CI, unless `start` is false.
 * Prints on stderr what it waits for, and says so if the daemon has another version.
 */
export async function connectDaemon(
  daemon: Daemon,
  io: Pick<Io, 'err' | 'program' | 'rewriteLine' | 'mayEnd'>,
  options: { readonly port?: number; readonly start?: boolean } = {},
): Promise<Connection> {
  io.mayEnd?.(definitionOf(daemon).words.status, false)
  const connection = await showingWaits(io, (onWait) => daemon.connect({ start: true, ...options, onWait }))
  noticeVersions(connection, definitionOf(daemon), io)
  return connection
}
