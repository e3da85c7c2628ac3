import { explain, type Io } from 'familiar/cli'
import { WORDS } from '../daemons/words.js'
import { explanations } from '../doctor/explanations.js'

export const help = `Usage: spec-kitty explain [ID] [--json]

Explains an id that another command names: what it means, why it is so, and what to do. An ID is
a finding (F-002), a row of a decision table (S9, D13), a class, a reason, a state, or a sign that
a daemon is stale. Without ID, lists them all with one line each.

Options:
  --json   print one JSON document
  --help   show this

Examples:
  spec-kitty explain F-002
  spec-kitty explain cross_root
  spec-kitty explain --json | jq -r '.explanations[].id'

Exit codes: 0 explained; 2 wrong usage, or no such ID.
`

/** Explains an id, or lists them all. */
export async function run(args: readonly string[], io: Io): Promise<number> {
  return explain(args, explanations(), WORDS.sync.explain, io)
}
