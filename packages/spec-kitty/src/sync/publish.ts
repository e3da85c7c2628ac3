import type { EventRead } from './event.js'
import type { NewEvent, Published } from './queue/types.js'
import { withPauses, type Line } from './read-lines.js'

/** A line that was not queued, and why. */
export interface Rejected {
  readonly line: number
  readonly error: string
}

/** What has been done with the lines up to `line`. */
export interface PublishReport {
  line: number
  queued: number
  /** How many were in the queue, or among the dead letters, already. */
  duplicates: number
  /** How many lines were not queued. */
  rejected: number
}

export interface PublishOptions {
  /** One transaction. */
  readonly publish: (events: readonly NewEvent[]) => Promise<Published>
  readonly read: (text: string) => Promise<Exclude<EventRead, { state: 'uuid_needed' }>>
  readonly onRejected: (rejected: Rejected) => void
}

/** One transaction is one wait for the disk. */
const BATCH_EVENTS = 1_000
const BATCH_CHARS = 8 * 1024 * 1024

/** A publisher that writes a line now and then has it on disk after this time. */
const QUIET_MS = 200

/**
 * Queues the events of the lines, in transactions of up to 1000, while they come. A bad line is named, and the rest is queued.
 * Counts into `report`, which is right even if this throws: a transaction that fails (a full queue) has queued nothing.
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
      const { queued, duplicates } = await publish(batch)
      report.queued += queued
      report.duplicates += duplicates.length
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
