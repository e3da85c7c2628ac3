import { EXIT, parseCommand, printJson, UsageError, warn, type Io } from 'familiar/cli'
import { SYNC_QUEUE_DROP } from '../cli/describe/events.js'
import { runtimeRoot } from '../cli/runtime-root.js'
import { counted } from '../sync/ages.js'
import { useQueue } from '../sync/use-queue.js'

/** Removes dead letters. */
export async function run(args: readonly string[], io: Io): Promise<number> {
  const { values, operands } = parseCommand(SYNC_QUEUE_DROP, args, { command: 'sync queue drop' })
  const root = runtimeRoot(io)
  if (!values.yes && !(await isConfirmed(operands.length, io))) return EXIT.problem
  const found = (await useQueue(root, io, (queue) => queue.drop(operands))) ?? []
  const missing = operands.filter((id) => !found.includes(id))
  if (values.json) printJson({ dropped: found, not_found: missing }, io)
  else {
    io.out(`${found.length} of ${operands.length} events removed\n`)
    for (const id of missing) warn(io, `not among the rejected events: ${id}`)
  }
  return missing.length === 0 ? EXIT.ok : EXIT.problem
}

async function isConfirmed(events: number, io: Io): Promise<boolean> {
  if (!io.isInteractive) throw new UsageError('not a terminal: add --yes to confirm')
  return io.confirm(`Remove ${counted(events, 'rejected event')} for ever?`, 'nothing was removed')
}
