import { runCommand, type Io } from 'familiar/cli'
import { runtimeRoot } from '../cli/runtime-root.js'
import { syncDaemon } from '../daemons/daemons.js'

export const help = `Usage: spec-kitty sync logs [-n N] [--since WHEN] [--follow] [--json]

Prints the last entries (50) of the sync daemon's log: on a terminal for people, in a pipe as they
are stored, a JSON object a line.

Options:
  -n, --lines N   how many of the last entries
  --since WHEN    only from then on: 2h, 30m, 14:05, 2026-11-26, 2026-11-26T14:05
  -f, --follow    go on until Ctrl+C, or until the reader is gone
  --json          print one JSON document; with --follow a JSON object a line
  --help          show this
`

/** Prints the log of the sync daemon. */
export async function run(args: readonly string[], io: Io): Promise<number> {
  return runCommand(syncDaemon.at(runtimeRoot(io)), ['logs', ...args], { io })
}
