import { connect, selectPlatform, type Connection, type StartReason } from 'familiar'
import { note, type Io } from '../cli/io.js'
import { installedSelf, VERSION_VARIABLE } from '../installation.js'
import { forceCommand } from './commands.js'
import { launchOf } from './launch.js'
import { noticeVersions } from './notices.js'
import type { ToolDaemon } from './tool-daemon.js'

/** A connection to a daemon that runs. */
export type Connected = Extract<Connection, { outcome: 'connected' }>

export interface ConnectOptions {
  /** The reason to log if a daemon has to be started; if omitted, the library determines it. */
  readonly reason?: StartReason
  /** The only port on which a daemon may be started; null: any port of the range. */
  readonly port?: number | null
}

/**
 * Returns a connection to the daemon of the scope, and starts one if none runs. The settings for automatic starts do
 * not apply, because the user asked for the daemon.
 */
export async function connectDaemon(
  daemon: ToolDaemon,
  scope: string,
  io: Pick<Io, 'env' | 'err' | 'executable'>,
  { reason, port }: ConnectOptions = {},
): Promise<Connected> {
  const { family, title, commands, otherScopeHint } = daemon
  const connection = await connect({
    family,
    scope,
    platform: await selectPlatform(),
    launch: { ...launchOf(daemon, scope, io.env), ...(port == null ? {} : { port }) },
    ...(reason === undefined ? {} : { reason }),
    self: installedSelf(io.executable),
    versionVariable: VERSION_VARIABLE,
    doctorCommand: (at) => forceCommand(commands, at),
    stopCommand: commands.stop,
    ...(otherScopeHint === undefined ? {} : { otherScopeHint }),
    onWait: (message) => note(io, message),
  })
  if (connection.outcome === 'skipped') throw new Error(`a start was skipped: ${connection.reason}`)
  noticeVersions(connection, title, io)
  return connection
}
