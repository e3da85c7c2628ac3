import { runCommand, type Io } from 'familiar/cli'
import { runtimeRoot } from '../cli/runtime-root.js'
import { syncDaemon } from '../daemons/daemons.js'
import { syncDoctor } from '../doctor/sync-doctor.js'

export const help = `Usage: spec-kitty auth doctor [options]

Shows the session, the sync daemon, and every listener in the sync range with what it is
and why. Without --reset it only looks.

Options:
  --reset     end what is proven stale (safe_auto); on a terminal, asks about the rest
  --force     with --reset: also end what needs a decision (operator_required)
  --port N    with --reset: only the listener on this port
  --dry-run   with --reset: say what would be done, do nothing
  --strict    exit 1 for a warning too
  --json      print one JSON document
  --verbose   show the stack trace of an internal error
  --help      show this

Exit codes: 0 no critical finding; 1 a critical finding remains, something failed, or nothing
listens on the port that is named; 2 wrong usage or an error; 75 busy, try again; 130 interrupted.
`

/** Scans the sync range, cleans it up with `--reset`, and prints the state of the machine after that. */
export async function run(args: readonly string[], io: Io): Promise<number> {
  return runCommand(syncDaemon.at(runtimeRoot(io)), ['doctor', ...args], { io, doctor: syncDoctor(io) })
}
