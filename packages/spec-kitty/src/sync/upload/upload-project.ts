import type { Claimant, Consent, ErrorKind, Gate } from './upload-types.js'
import type { Queue, Settled, WaitingProject } from '../queue/queue-types.js'
import { collectAfter } from '../../daemons/collect-garbage.js'
import type { Verdict } from './answer.js'
import { BATCH, BATCH_LIMITS, divide, encode, type Format, type Part } from './batch.js'
import type { FailedBatch } from './batch-sizes.js'
import { CLOUD_EVENTS } from './cloud-events.js'
import { sendBatch, type Sending } from './send-batch.js'

export const FORMATS: Readonly<Record<(Gate & { state: 'open' })['format'], Format>> = {
  batch: BATCH,
  cloudevents: CLOUD_EVENTS,
}

/**
 * A batch leaves about a megabyte of unused objects. V8 would let 40 MB of them accumulate while a full queue is sent.
 */
const MAX_GARBAGE_BYTES = 4 * 1024 * 1024

const collectSome = collectAfter(MAX_GARBAGE_BYTES)

/** The context in which the events of any project are sent. */
export interface Uploading extends Omit<Sending, 'mayLeave'> {
  readonly queue: Queue
  readonly claimant: Claimant
  /** The maximum number of events to send. */
  readonly maxEvents: number
  /** Returns 'yes' if all events of the source may leave. */
  readonly consent: (source: Source) => Promise<Consent>
  /** Returns true if no further request may begin. */
  readonly isEnding: () => boolean
  /** Called with the results for events. `isAnswer`: the results are from an answer of the server. */
  readonly onSettled: (counts: Counts, verdict: Verdict, isAnswer: boolean) => void
}

/** A project whose events may leave. Events at its path with other origins belong to another project. */
export interface Source {
  readonly project: string
  readonly parts: readonly WaitingProject[]
}

export interface Counts {
  readonly sent: number
  readonly kept: number
  readonly rejected: number
}

/** The result of sending the claimed events of a project. */
export interface UploadEnd extends Counts {
  /** The last of the events that were claimed; null if none was. */
  readonly last: number | null
  /** Whether the server has answered for some of them. */
  readonly isAnswered: boolean
  /** Why the first of the rejected events was rejected; null if none was. */
  readonly why: string | null
  readonly trouble: null | {
    readonly next: 'back_off' | 'refuse'
    readonly error: string
    readonly retryAfterMs: number | null
    readonly kind: ErrorKind
    readonly batch: FailedBatch
  }
}

/**
 * Claims the oldest events of a project that arrived after `after`, sends them and records the server's result for each.
 * Events that were not sent are released. The consent is read right before each request. No transaction is open while a request
 * runs.
 */
export async function uploadSome(source: Source, uploading: Uploading, after = 0): Promise<UploadEnd> {
  const { queue, claimant, format, isEnding, consent, maxEvents } = uploading
  const origins = source.parts.map(({ origin }) => origin)
  const limits = { ...BATCH_LIMITS, events: maxEvents, after, origins }
  const events = await queue.claim(source.project, claimant, limits)
  let total: Counts = { sent: 0, kept: 0, rejected: 0 }
  const last = events.at(-1)?.seq ?? null
  let why: string | null = null
  let isAnswered = false
  if (last === null) return { ...total, last, isAnswered, why, trouble: null }
  let unsettled = events.length
  const settle = async (verdict: Verdict, isAnswer: boolean): Promise<void> => {
    if (verdict.settled.length === 0) return
    await queue.settle(claimant, verdict.settled)
    unsettled -= verdict.settled.length
    const counts = countOutcomes(verdict.settled)
    total = add(total, counts)
    why ??= firstReason(verdict.settled)
    isAnswered ||= isAnswer
    uploading.onSettled(counts, verdict, isAnswer)
  }
  const mayLeave = async (): Promise<boolean> => !isEnding() && (await consent(source)) === 'yes'
  try {
    const { parts, unsendable } = encode(events, format)
    await settle(unsent(unsendable), false)
    let todo = divide(parts, format)
    for (let [batch] = todo; batch !== undefined; [batch] = todo) {
      // Without consent, the token is not even renewed.
      if (!(await mayLeave())) break
      const exchanged = await sendBatch(batch, { ...uploading, mayLeave })
      if (exchanged === null) break
      const { verdict, retryAfterMs } = exchanged
      await settle(verdict, verdict.next === 'go_on')
      await collectSome()
      const { next, error, kind = 'answer' } = verdict
      if (next === 'back_off' || next === 'refuse') {
        const failed = failedBatch(batch, verdict)
        return {
          ...total,
          last,
          isAnswered,
          why,
          trouble: { next, error: error ?? '', retryAfterMs, kind, batch: failed },
        }
      }
      todo = [...verdict.again, ...todo.slice(1)]
    }
    return { ...total, last, isAnswered, why, trouble: null }
  } finally {
    if (unsettled > 0) await queue.release(claimant)
  }
}

function unsent(problems: readonly { readonly seq: number; readonly reason: string }[]): Verdict {
  const settled = problems.map(
    ({ seq, reason }) => ({ seq, outcome: 'dead', reason, category: null }) as const,
  )
  return { settled, again: [], next: 'go_on', error: problems[0]?.reason ?? null }
}

function failedBatch(batch: readonly Part[], { whole, error }: Verdict): FailedBatch {
  const [first, last] = [batch[0], batch.at(-1)]
  const firstId = first?.eventId ?? ''
  return { whole: whole ?? null, events: batch.length, firstId, last: last?.seq ?? 0, error: error ?? '' }
}

function countOutcomes(settled: readonly Settled[]): Counts {
  const count = (wanted: Settled['outcome']): number =>
    settled.filter(({ outcome }) => outcome === wanted).length
  return { sent: count('done'), kept: count('keep'), rejected: count('dead') }
}

function firstReason(settled: readonly Settled[]): string | null {
  const dead = settled.find((one) => one.outcome === 'dead')
  return dead?.outcome === 'dead' ? dead.reason : null
}

export function add(one: Counts, other: Counts): Counts {
  return {
    sent: one.sent + other.sent,
    kept: one.kept + other.kept,
    rejected: one.rejected + other.rejected,
  }
}
