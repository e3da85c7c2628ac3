import { objectOf } from 'familiar/cli'
import { textIn } from './fact-values.js'
import { toMilliseconds } from './timestamps.js'

/** The events about decisions that a mission asks people for while it is specified and planned. */

const OPENED = 'DecisionPointOpened'

/** The events that end a decision. Discussing it, or showing it to more people, does not end it. */
const CLOSED: ReadonlySet<unknown> = new Set(['DecisionPointResolved', 'DecisionPointOverridden'])

const MAX_ID_CHARS = 200
const MAX_QUESTION_CHARS = 1000
const MAX_DECISIONS = 1000

/** A decision that people were asked for. */
export interface AskedDecision {
  readonly id: string
  readonly question: string
  /** ISO 8601 UTC; null if the log does not contain the time. */
  readonly asked_at: string | null
}

/** The content of one line of the log about a decision. Without a question, the decision is no longer open. */
export interface DecisionStep extends Omit<AskedDecision, 'question'> {
  readonly question: string | null
}

/** Returns the content of a line of the log about a decision; null if the line is not about one. */
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
 * Returns a reader for the decisions of one log. A line that closes a decision counts at any position, because a merge of
 * two branches may put it before the line that asks.
 */
export function readDecisions() {
  const asked = new Map<string, AskedDecision>()
  const closed = new Set<string>()
  return {
    take({ id, question, asked_at }: DecisionStep): void {
      if (question === null) closed.add(id)
      else if (asked.size < MAX_DECISIONS && !asked.has(id)) asked.set(id, { id, question, asked_at })
    },
    /** Returns the open decisions, the oldest first. */
    open(): readonly AskedDecision[] {
      const open = [...asked.values()].filter(({ id }) => !closed.has(id))
      return open.toSorted((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1))
    },
  }
}

function keyOf({ asked_at, id }: AskedDecision): string {
  return `${asked_at ?? '~'} ${id}`
}
