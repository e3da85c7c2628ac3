import { syncDaemon } from '../daemons/sync.js'
import { EXIT } from '../cli/exit-codes.js'
import type { Io } from '../cli/io.js'
import { runtimeRoot } from '../cli/runtime-root.js'
import { readOptions } from '../cli/usage.js'
import { printConnection } from '../daemons/print-connection.js'
import { connectDaemon } from '../daemons/connect.js'
import { WORDS } from '../daemons/words.js'

export const help = `Usage: spec-kitty sync start [--json]

Starts the sync daemon of this root, or finds the one that runs. Works whatever the
environment says about automatic starts, and without a session.
`

/** Starts the sync daemon or finds the running one, and prints which of the two it did. */
export async function run(args: readonly string[], io: Io): Promise<number> {
  const { json } = readOptions(args, { json: { type: 'boolean', default: false } })
  const connection = await connectDaemon(syncDaemon.at(runtimeRoot(io)), WORDS.sync.title, io)
  printConnection(connection, WORDS.sync.title, io, json)
  return EXIT.ok
}
