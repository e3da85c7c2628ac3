import { assertCanStart, assertRoom } from 'familiar'
import { EXIT } from '../cli/exit-codes.js'
import type { Io } from '../cli/io.js'
import { runtimeRoot } from '../cli/runtime-root.js'
import { readOptions } from '../cli/usage.js'
import { connectDaemon } from '../daemons/connect.js'
import { printStop } from '../daemons/print-stop.js'
import { launchOf } from '../daemons/launch.js'
import { syncDaemon } from '../daemons/sync.js'
import { printConnection } from '../daemons/print-connection.js'
import { stopTool } from '../daemons/stop.js'

export const help = `Usage: spec-kitty sync restart [--json]

Stops the sync daemon of this root where one runs, and starts a new one. Where the new one
could not write its record (a full disk) nothing is stopped.
`

/** Stops the sync daemon and starts a new one. */
export async function run(args: readonly string[], io: Io): Promise<number> {
  const { json } = readOptions(args, { json: { type: 'boolean', default: false } })
  const root = runtimeRoot(io)
  assertRoom({ family: syncDaemon.family, scope: root, logFile: syncDaemon.logFile(root) })
  assertCanStart(launchOf(syncDaemon, root, io.env))
  const stopped = await stopTool(syncDaemon, root, io, 'operator_restart')
  if (stopped.outcome === 'failed') {
    printStop(stopped, syncDaemon.title, io, json)
    return EXIT.problem
  }
  const connection = await connectDaemon(syncDaemon, root, io, { reason: 'operator_restart' })
  printConnection(connection, syncDaemon.title, io, json)
  return EXIT.ok
}
