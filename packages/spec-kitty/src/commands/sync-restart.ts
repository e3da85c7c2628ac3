import { assertCanStart, assertRoom } from 'familiar'
import { EXIT } from '../cli/exit-codes.js'
import type { Io } from '../cli/io.js'
import { runtimeRoot } from '../cli/runtime-root.js'
import { readOptions } from '../cli/usage.js'
import { syncFamily } from '../families/families.js'
import { connectSync } from '../sync/connect.js'
import { printStop } from '../cli/print-stop.js'
import { launchSync, logFile } from '../sync/launch.js'
import { printConnection } from '../sync/print.js'
import { stopSync } from '../sync/stop.js'

export const help = `Usage: spec-kitty sync restart [--json]

Stops the sync daemon of this root where one runs, and starts a new one. Where the new one
could not write its record (a full disk) nothing is stopped.
`

/** Stops the sync daemon and starts a new one. */
export async function run(args: readonly string[], io: Io): Promise<number> {
  const { json } = readOptions(args, { json: { type: 'boolean', default: false } })
  const root = runtimeRoot(io)
  assertRoom({ family: syncFamily, scope: root, logFile: logFile(root) })
  assertCanStart(launchSync(root, io.env))
  const stopped = await stopSync(root, io, 'operator_restart')
  if (stopped.outcome === 'failed') {
    printStop(stopped, 'sync daemon', io, json)
    return EXIT.problem
  }
  printConnection(await connectSync(root, io, null, 'operator_restart'), io, json)
  return EXIT.ok
}
