import { EXIT, parseCommand, printJson, warn, type Io } from 'familiar/cli'
import { SYNC_QUEUE_RETRY } from '../cli/describe/events.js'
import { runtimeRoot } from '../cli/runtime-root.js'
import { useQueue } from '../sync/use-queue.js'

/** Puts dead letters back into the queue. */
export async function run(args: readonly string[], io: Io): Promise<number> {
  const { values, operands } = parseCommand(SYNC_QUEUE_RETRY, args, { command: 'sync queue retry' })
  const root = runtimeRoot(io)
  const found = (await useQueue(root, io, (queue) => queue.retry(operands))) ?? []
  const missing = operands.filter((id) => !found.includes(id))
  if (values.json) printJson({ retried: found, not_found: missing }, io)
  else {
    io.out(`${found.length} of ${operands.length} events wait again\n`)
    for (const id of missing) warn(io, `not among the rejected events: ${id}`)
  }
  if (found.length > 0) {
    await io.flushed()
    const { wakeDaemon } = await import('../sync/tell-daemon.js')
    await wakeDaemon(root, io)
  }
  return missing.length === 0 ? EXIT.ok : EXIT.problem
}
