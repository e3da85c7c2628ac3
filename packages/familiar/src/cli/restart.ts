import { EXIT } from '../cli/exit-codes.js'
import { note, type Io } from '../cli/io.js'
import { runtimeRoot } from '../cli/runtime-root.js'
import { readOptions } from '../cli/usage.js'
import { noticeVersions } from '../daemons/notices.js'
import { printConnection } from '../daemons/print-connection.js'
import { syncDaemon } from '../daemons/sync.js'
import { WORDS } from '../daemons/words.js'

export const help = `Usage: spec-kitty sync restart [--json]

Stops the sync daemon of this root where one runs, and starts a new one. Where the new one
could not write its record (a full disk) nothing is stopped.
`

/** Stops the sync daemon and starts a new one. */
export async function run(args: readonly string[], io: Io): Promise<number> {
  const { json } = readOptions(args, { json: { type: 'boolean', default: false } })
  const { title } = WORDS.sync
  const connection = await syncDaemon.at(runtimeRoot(io)).restart({ onWait: (message) => note(io, message) })
  noticeVersions(connection, title, io)
  printConnection(connection, title, io, json)
  return EXIT.ok
}
