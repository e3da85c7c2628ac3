import type { Io } from 'familiar/cli'
import { recordConsent } from '../sync/opt.js'

export const help = `Usage: spec-kitty sync opt-in [DIR] [--json]

Lets the events of a project leave this machine: they are sent when hosted sync is enabled and
you are signed in. It is recorded in the project's .kittify/config.yaml (sync.enabled), where
it holds for everyone who has a copy; everything else in that file stays as it is.
DIR defaults to the nearest directory with .kittify, from the current one upward.

Options:
  --json   print one JSON document
  --help   show this

Examples:
  spec-kitty sync opt-in            this project
  spec-kitty sync opt-in ~/work/x   that one
  spec-kitty sync now               send at once what has waited for it

Exit codes: 0 recorded; 1 the file cannot be read or written, or is broken (it is left as it is);
2 wrong usage, or DIR is not a project; 75 another program wrote the file meanwhile, try again.
`

/** Records that events of a project may leave this machine. */
export async function run(args: readonly string[], io: Io): Promise<number> {
  return recordConsent('opt-in', args, io)
}
