import { runCommand, type Io } from 'familiar/cli'
import { runtimeRoot } from '../cli/runtime-root.js'
import { syncDaemon } from '../daemons/daemons.js'

export const help = `Usage: spec-kitty sync restart [--json]

Stops the sync daemon of this root where one runs, and starts a new one. Where the new one
could not write its record (a full disk) nothing is stopped.
`

/** Stops the sync daemon and starts a new one. */
export async function run(args: readonly string[], io: Io): Promise<number> {
  return runCommand(syncDaemon.at(runtimeRoot(io)), ['restart', ...args], { io })
}
