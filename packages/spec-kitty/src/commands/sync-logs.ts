import { runCommand, type Io } from 'familiar/cli'
import { runtimeRoot } from '../cli/runtime-root.js'
import { syncDaemon } from '../daemons/daemons.js'

export const help = `Usage: spec-kitty sync logs [--lines N] [--follow | --json]

Prints the last lines (50) of the sync daemon's log: a JSON object a line, and what the
runtime itself had to say. --follow goes on until Ctrl+C, or until its reader is gone; --json
prints one document.
`

/** Prints the log of the sync daemon. */
export async function run(args: readonly string[], io: Io): Promise<number> {
  return runCommand(syncDaemon.at(runtimeRoot(io)), ['logs', ...args], { io })
}
