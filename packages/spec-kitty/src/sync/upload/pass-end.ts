import type { Outbox } from './outbox.js'
import { isLasting, isOfQueue } from './queue-failure.js'
import type { PassEnd } from './upload-types.js'
import type { Waits } from './waits.js'

type Known = Pick<Outbox, 'pending' | 'queued' | 'closed' | 'last' | 'stuck'>

/** Returns the result of a pass. `failure`: the error with which it failed; null if it did not. */
export function passEnd(
  { pending, queued, closed, last, stuck }: Known,
  failure: unknown,
  waits: Pick<Waits, 'due' | 'msUntil'>,
): PassEnd {
  const kept = closed === null && !isLasting(failure) ? pending : queued
  const isAllDone = kept === 0 && failure === null
  const due = closed === null ? waits.due() : null
  return {
    kept,
    held: queued - kept,
    due,
    waitMs: due === null ? null : waits.msUntil(due),
    isQueueFailing: isOfQueue(failure),
    isLasting: isLasting(failure),
    reason: isAllDone ? null : (closed ?? last.text ?? stuck?.error ?? 'another process is sending them'),
  }
}
