import type { Io } from 'familiar/cli'
import { recordConsent } from '../sync/opt.js'

export const help = `Usage: spec-kitty sync opt-out [DIR] [--json]

Keeps the events of a project on this machine. What waits stays in the queue; what was sent
cannot be called back. It is recorded in the project's .kittify/config.yaml (sync.enabled), where
it holds for everyone who has a copy; everything else in that file stays as it is.
DIR defaults to the nearest directory with .kittify, from the current one upward.

Options:
  --json   print one JSON document
  --help   show this

Examples:
  spec-kitty sync opt-out            this project
  spec-kitty sync opt-out ~/work/x   that one

Exit codes: 0 recorded; 1 the file cannot be read or written, or is broken (it is left as it is);
2 wrong usage, or DIR is not a project; 75 another program wrote the file meanwhile, try again.
`

/** Records that events of a project stay on this machine. */
export async function run(args: readonly string[], io: Io): Promise<number> {
  return recordConsent('opt-out', args, io)
}
