import { EXIT, parseCommand, printJson, UsageError, warn, type Io } from 'familiar/cli'
import { SYNC_QUEUE_RETRY } from '../cli/describe/events.js'
import { runtimeRoot } from '../cli/runtime-root.js'
import { counted } from '../sync/ages.js'
import type { SqliteQueue } from '../sync/queue/sqlite-queue.js'
import { idsBut, useQueue } from '../sync/use-queue.js'

/** Puts dead letters back into the queue. */
export async function run(args: readonly string[], io: Io): Promise<number> {
  const { values, operands } = parseCommand(SYNC_QUEUE_RETRY, args, { command: 'sync queue retry' })
  if (values.all && operands.length > 0) throw new UsageError('name events, or use --all: not both')
  if (!values.all && operands.length === 0)
    throw new UsageError('name the events to send again, or use --all')
  const root = runtimeRoot(io)
  const retry = (queue: SqliteQueue) => queue.retry(values.all ? queue.rejectedIds() : operands)
  const found = (await useQueue(root, io, retry)) ?? []
  const missing = idsBut(found, operands)
  if (values.json) printJson({ retried: found, not_found: missing }, io)
  else if (values.all && found.length === 0) io.out('the server rejected no event\n')
  else {
    const asked = counted(values.all ? found.length : operands.length, 'event')
    io.out(`${found.length} of ${asked} ${found.length === 1 ? 'waits' : 'wait'} again\n`)
    for (const id of missing) warn(io, `not among the rejected events: ${id}`)
  }
  if (found.length > 0) {
    await io.flushed()
    const { wakeDaemon } = await import('../sync/tell-daemon.js')
    await wakeDaemon(root, io)
  }
  return missing.length === 0 ? EXIT.ok : EXIT.problem
}
