import { EXIT, note, printJson, UsageError, type Io } from 'familiar/cli'
import { readArguments } from '../cli/arguments.js'
import { runtimeRoot } from '../cli/runtime-root.js'
import { counted } from '../sync/ages.js'
import { useQueue } from '../sync/use-queue.js'

export const help = `Usage: spec-kitty sync queue drop EVENT... [--yes] [--json]

Removes events that the server rejected, for ever. EVENT is an event_id as
'spec-kitty sync queue --dead' shows it; write -- before one that begins with a dash. An event
that waits to be sent cannot be removed.

Options:
  --yes   do not ask
  --json  print one JSON document
  --help  show this

Examples:
  spec-kitty sync queue --dead --export rejected.ndjson
  spec-kitty sync queue drop 01JDM5C9T6V2W8X4Y0Z3A7B1CD --yes

Exit codes: 0 all of them are removed; 1 some are not among the rejected ones, or you said no, or
the queue cannot be used; 2 wrong usage; 75 busy, try again; 130 interrupted.
`

/** Removes dead letters. */
export async function run(args: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = readArguments(args, {
    yes: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  })
  const root = runtimeRoot(io)
  if (positionals.length === 0) throw new UsageError('name the events to remove')
  if (!values.yes && !(await isConfirmed(positionals.length, io))) return EXIT.problem
  const found = (await useQueue(root, io, (queue) => queue.drop(positionals))) ?? []
  const missing = positionals.filter((id) => !found.includes(id))
  if (values.json) printJson({ dropped: found, not_found: missing }, io)
  else {
    io.out(`${found.length} of ${positionals.length} events removed\n`)
    for (const id of missing) note(io, `not among the rejected events: ${id}`)
  }
  return missing.length === 0 ? EXIT.ok : EXIT.problem
}

async function isConfirmed(events: number, io: Io): Promise<boolean> {
  if (!io.isInteractive) throw new UsageError('not a terminal: add --yes to confirm')
  return io.confirm(`Remove ${counted(events, 'rejected event')} for ever?`)
}
