import { EXIT } from '../cli/exit-codes.js'
import { note, type Io } from '../cli/io.js'
import { runtimeRoot } from '../cli/runtime-root.js'
import { readOptions } from '../cli/usage.js'
import { printStop } from '../daemons/print-stop.js'
import { syncDaemon } from '../daemons/sync.js'
import { WORDS } from '../daemons/words.js'

export const help = `Usage: spec-kitty sync stop [--json]

Stops the sync daemon of this root, of any version: asks it, and ends its proven process
where it does not go. Says so only when it is gone. Nothing to stop is exit 0.
`

/** Stops the sync daemon, and prints the result. */
export async function run(args: readonly string[], io: Io): Promise<number> {
  const { json } = readOptions(args, { json: { type: 'boolean', default: false } })
  const result = await syncDaemon.at(runtimeRoot(io)).stop({ onWait: (message) => note(io, message) })
  printStop(result, WORDS.sync.title, io, json)
  return result.outcome === 'failed' ? EXIT.problem : EXIT.ok
}
