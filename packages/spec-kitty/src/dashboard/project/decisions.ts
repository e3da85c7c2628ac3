import { objectOf } from 'familiar/cli'
import { textIn } from './fact-values.js'
import { toMilliseconds } from './timestamps.js'

/** The events about the decisions that a mission asks its people for, while it is specified and planned. */

const OPENED = 'DecisionPointOpened'

/** That it is talked about, or shown to more people, ends nothing. */
const CLOSED: ReadonlySet<unknown> = new Set(['DecisionPointResolved', 'DecisionPointOverridden'])

const MAX_ID_CHARS = 200
const MAX_QUESTION_CHARS = 1000
const MAX_DECISIONS = 1000

/** A decision that someone was asked for. */
export interface AskedDecision {
  readonly id: string
  readonly question: string
  /** ISO 8601 UTC; null if the log does not say when. */
  readonly asked_at: string | null
}

/** What one line of the log says of a decision. Without a question, it is not open any more. */
export interface DecisionStep extends Omit<AskedDecision, 'question'> {
  readonly question: string | null
}

/** Returns what a line of the log says of a decision; null if it says nothing of one. */
export function decisionIn(value: Readonly<Record<string, unknown>>, at: string | null): DecisionStep | null {
  const type = value['event_type']
  if (type !== OPENED && !CLOSED.has(type)) return null
  const payload = objectOf(value['payload'])
  const id = textIn(payload?.['decision_point_id'], MAX_ID_CHARS)
  if (payload === null || id === null) return null
  const question = type === OPENED ? (textIn(payload['question'], MAX_QUESTION_CHARS) ?? id) : null
  return { id, question, asked_at: at === null ? null : toMilliseconds(at) }
}

/**
 * Returns a reader for the decisions of one log. A line that closes a decision counts wherever it stands: a merge of two
 * branches may put it before the one that asks.
 */
export function readDecisions() {
  const asked = new Map<string, AskedDecision>()
  const closed = new Set<string>()
  return {
    take({ id, question, asked_at }: DecisionStep): void {
      if (question === null) closed.add(id)
      else if (asked.size < MAX_DECISIONS && !asked.has(id)) asked.set(id, { id, question, asked_at })
    },
    /** Returns those that are open, the oldest first. */
    open(): readonly AskedDecision[] {
      const open = [...asked.values()].filter(({ id }) => !closed.has(id))
      return open.toSorted((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1))
    },
  }
}

function keyOf({ asked_at, id }: AskedDecision): string {
  return `${asked_at ?? '~'} ${id}`
}
