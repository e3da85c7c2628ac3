import { runCommand, type Io } from 'familiar/cli'
import { runtimeRoot } from '../cli/runtime-root.js'
import { syncDaemon } from '../daemons/daemons.js'
import { syncStatus } from '../sync/status.js'

export const help = `Usage: spec-kitty sync status [--check] [--json]

Shows the sync daemon of this root: whether it runs, since when, its version beside that of
this command, the last stop and why, and whether commands may start it on their own.
Exit 1 when it is there and does not answer; with --check 0 only when it runs.
`

/** Shows the state of the sync daemon. */
export async function run(args: readonly string[], io: Io): Promise<number> {
  const root = runtimeRoot(io)
  return runCommand(syncDaemon.at(root), ['status', ...args], { io, status: syncStatus(root, io.env) })
}
