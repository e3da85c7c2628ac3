import { EXIT, note, printJson, UsageError, type Io } from 'familiar/cli'
import { readArguments } from '../cli/arguments.js'
import { runtimeRoot } from '../cli/runtime-root.js'
import { useQueue } from '../sync/use-queue.js'

export const help = `Usage: spec-kitty sync queue retry EVENT... [--json]

Lets events that the server rejected wait again, at their old place in the queue. EVENT is an
event_id as 'spec-kitty sync queue --dead' shows it; write -- before one that begins with a dash.

Options:
  --json  print one JSON document
  --help  show this

Examples:
  spec-kitty sync queue retry 01JDM5C9T6V2W8X4Y0Z3A7B1CD
  spec-kitty sync queue --dead --json | jq -r '.dead_letters[].event_id' |
    xargs -d '\\n' spec-kitty sync queue retry --

Exit codes: 0 all of them wait again; 1 some are not among the rejected ones, or the queue cannot
be used; 2 wrong usage; 75 busy, try again.
`

/** Repeats dead letters. */
export async function run(args: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = readArguments(args, { json: { type: 'boolean', default: false } })
  if (positionals.length === 0) throw new UsageError('name the events to send again')
  const root = runtimeRoot(io)
  const found = (await useQueue(root, io, (queue) => queue.retry(positionals))) ?? []
  const missing = positionals.filter((id) => !found.includes(id))
  if (values.json) printJson({ retried: found, not_found: missing }, io)
  else {
    io.out(`${found.length} of ${positionals.length} events wait again\n`)
    for (const id of missing) note(io, `not among the rejected events: ${id}`)
  }
  if (found.length > 0) {
    await io.flushed()
    const { wakeDaemon } = await import('../sync/wake.js')
    await wakeDaemon(root, io)
  }
  return missing.length === 0 ? EXIT.ok : EXIT.problem
}
