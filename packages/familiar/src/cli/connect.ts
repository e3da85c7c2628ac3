import type { Connection, Daemon } from 'familiar'
import { note, type Io } from '../cli/io.js'
import { noticeVersions } from './notices.js'

/**
 * Returns a connection to a daemon, and starts one if none runs. The settings for automatic starts do not apply, because
 * the user asked for the daemon.
 */
export async function connectDaemon(
  daemon: Daemon,
  title: string,
  io: Pick<Io, 'err'>,
  options: { readonly port?: number } = {},
): Promise<Connection> {
  const connection = await daemon.connect({
    ...options,
    start: true,
    onWait: (message) => note(io, message),
  })
  noticeVersions(connection, title, io)
  return connection
}
