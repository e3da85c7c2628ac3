import { runCommand, type Io } from 'familiar/cli'
import { runtimeRoot } from '../cli/runtime-root.js'
import { syncDaemon } from '../daemons/daemons.js'

export const help = `Usage: spec-kitty sync start [--json]

Starts the sync daemon of this root, or finds the one that runs. Works whatever the
environment says about automatic starts, and without a session.
`

/** Starts the sync daemon or finds the running one. */
export async function run(args: readonly string[], io: Io): Promise<number> {
  return runCommand(syncDaemon.at(runtimeRoot(io)), ['start', ...args], { io })
}
