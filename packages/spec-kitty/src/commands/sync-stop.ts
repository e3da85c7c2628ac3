import { runCommand, type Io } from 'familiar/cli'
import { runtimeRoot } from '../cli/runtime-root.js'
import { syncDaemon } from '../daemons/daemons.js'

export const help = `Usage: spec-kitty sync stop [--json]

Stops the sync daemon of this root, of any version: asks it, and ends its proven process
where it does not go. Says so only when it is gone. Nothing to stop is exit 0.
`

/** Stops the sync daemon. */
export async function run(args: readonly string[], io: Io): Promise<number> {
  return runCommand(syncDaemon.at(runtimeRoot(io)), ['stop', ...args], { io })
}
