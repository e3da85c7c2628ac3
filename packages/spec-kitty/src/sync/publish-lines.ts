import type { EventRead } from './event.js'
import type { NewEvent, Published } from './queue/queue-types.js'
import { withPauses, type Line } from './read-lines.js'

/** A line that was not queued, and why. */
export interface Rejected {
  readonly line: number
  readonly error: string
}

/** The counts for the lines up to and including `line`. */
export interface PublishReport {
  line: number
  queued: number
  /** The number of events that were already in the queue or among the dead letters. */
  duplicates: number
  /** How many of the duplicates are dead letters, which the server has rejected. */
  dead: number
  /** The number of lines that were not queued. */
  rejected: number
  /** Why duplicates were not moved that could not leave where they are; null if all were, or none had to be. */
  notMoved: string | null
}

export interface PublishOptions {
  /** Queues the events in one transaction. */
  readonly publish: (events: readonly NewEvent[]) => Promise<Published>
  readonly read: (text: string) => Promise<EventRead>
  readonly onRejected: (rejected: Rejected) => void
}

/** The maximum number of events in one transaction. Each transaction waits once for the disk. */
const BATCH_EVENTS = 1_000
const BATCH_CHARS = 8 * 1024 * 1024

/**
 * How long a line waits at most for further lines before it is queued. For publishers that write only a line now and
 * then.
 */
const QUIET_MS = 200

/**
 * Queues the events of the lines as they arrive, in transactions of up to 1000. Reports a bad line and queues the rest.
 * Counts in `report`, which is correct even if this throws, because a transaction that fails (for example because the
 * queue is full) has queued nothing.
 */
export async function publishLines(
  lines: AsyncIterable<readonly Line[]>,
  { publish, read, onRejected }: PublishOptions,
  report: PublishReport,
): Promise<void> {
  let batch: NewEvent[] = []
  let chars = 0
  let line = 0
  const flush = async (): Promise<void> => {
    if (batch.length > 0) {
      const { queued, duplicates, dead, notMoved = null } = await publish(batch)
      report.queued += queued
      report.duplicates += duplicates.length
      report.dead += dead
      report.notMoved ??= notMoved
    }
    report.line = line
    batch = []
    chars = 0
  }
  const add = async (one: Line): Promise<void> => {
    line = one.number
    const found = 'why' in one ? { state: 'bad' as const, why: one.why } : await read(one.text)
    if (found.state === 'bad') {
      report.rejected += 1
      onRejected({ line, error: found.why })
      return
    }
    batch.push(found.event)
    chars += found.event.envelope.length
    if (batch.length >= BATCH_EVENTS || chars >= BATCH_CHARS) await flush()
  }
  for await (const some of withPauses(lines, QUIET_MS)) {
    if (some === null) await flush()
    else for (const one of some) await add(one)
  }
  await flush()
}
