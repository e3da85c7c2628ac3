import { objectOf } from 'familiar/cli'
import { instantOf, toMilliseconds } from './timestamps.js'

/** Reads the values in an annotation. A value of the wrong form becomes a problem. */

export const MAX_VALUE_CHARS = 500
export const MAX_NOTE_CHARS = 2000
export const MAX_SUBTASKS = 500

/**
 * Matches what the predecessor writes for a missing value: `__resolved_model_absent__`, the `__AGENT__` of its templates
 * where no agent filled it in, and `unknown`.
 */
const ABSENT = /^(?:__\w+__|unknown)$/i

/** Returns whether a text stands for a missing value. */
export function isAbsent(text: string): boolean {
  return ABSENT.test(text)
}

export interface Review {
  readonly by: string | null
  /** ISO 8601 UTC; null if the log does not contain the time. */
  readonly at: string | null
  readonly reason: string | null
}

export interface ReviewResult {
  readonly verdict: string
  readonly reviewer: string | null
  readonly reference: string | null
}

/**
 * Returns a text. Undefined: the annotation does not contain it. Null: the annotation says explicitly that there is none,
 * by null or an empty text.
 */
export function textOf(
  name: string,
  value: unknown,
  problems: string[],
  max = MAX_VALUE_CHARS,
): string | null | undefined {
  if (value === undefined || value === null) return value
  if (typeof value !== 'string') {
    problems.push(`has ${name} that is not text`)
    return undefined
  }
  const text = value.trim()
  return text === '' ? null : cut(text, max)
}

/**
 * Like `textOf`, for who someone is: a name, a model, a profile or a role. Here a placeholder also says that there is none.
 * In any other text it is what someone wrote.
 */
export function identityOf(name: string, value: unknown, problems: string[]): string | null | undefined {
  const text = textOf(name, value, problems)
  return text != null && isAbsent(text) ? null : text
}

/** Returns the subtasks that the annotation names, each with its state. */
export function statesIn(value: unknown, problems: string[]): readonly (readonly [string, string])[] {
  if (value == null) return []
  const states = objectOf(value)
  if (states === null) {
    problems.push('has subtasks that are not objects')
    return []
  }
  const said: (readonly [string, string])[] = []
  let isWrong = false
  for (const [id, state] of Object.entries(states).slice(0, MAX_SUBTASKS)) {
    if (typeof state === 'string') said.push([cut(id, MAX_VALUE_CHARS), cut(state, MAX_VALUE_CHARS)])
    else isWrong = true
  }
  if (isWrong) problems.push('has a subtask whose state is not text')
  return said
}

/** Returns the review. Null: an empty review, which withdraws the last one. Undefined: the annotation contains none. */
export function reviewOf(value: unknown, problems: string[]): Review | null | undefined {
  if (value === undefined || value === null) return value
  const review = objectOf(value)
  if (review === null) {
    problems.push('has a review that is not an object')
    return undefined
  }
  const { actor, at, reason } = review
  const instant = typeof at === 'string' ? instantOf(at) : null
  const by = personOf(actor)
  const why = textOf('review.reason', reason, problems, MAX_NOTE_CHARS) ?? null
  // An empty review withdraws the last one.
  if (by === null && instant === null && why === null) return null
  return { by, at: instant === null ? null : toMilliseconds(instant), reason: why }
}

/** Returns the verdict of a review; undefined if the annotation contains none. */
export function resultOf(value: unknown, problems: string[]): ReviewResult | null | undefined {
  if (value === undefined || value === null) return value
  const result = objectOf(value)
  const verdict = textOf('review_result.verdict', result?.['verdict'], problems)
  if (result === null || verdict == null) {
    problems.push('has a review_result without a verdict')
    return undefined
  }
  const reviewer = personOf(result['reviewer'])
  return { verdict, reviewer, reference: textOf('review_result.reference', result['reference'], []) ?? null }
}

/** Returns the text of a field on which nothing depends; null if it is not text. */
export function textIn(value: unknown, max: number): string | null {
  return typeof value === 'string' && value.trim() !== '' ? cut(value.trim(), max) : null
}

/** Returns the name of an actor: a name, or an object with the name of a tool or, if it has none, of a role. */
export function nameOf(actor: unknown): string | null {
  if (typeof actor === 'string') return textIn(actor, MAX_VALUE_CHARS)
  const { tool, name, agent, id, role } = objectOf(actor) ?? {}
  const names = [tool, name, agent, id, role].map((one) => textIn(one, MAX_VALUE_CHARS))
  return names.find((one) => one !== null) ?? null
}

/** Returns the name of who wrote or reviewed something; null for a placeholder too. */
export function personOf(actor: unknown): string | null {
  const name = nameOf(actor)
  return name === null || isAbsent(name) ? null : name
}

/** Returns an actor as a text, with the model, profile and role that it names: `badger:large-1:reviewer-x:reviewer`. */
export function actorText(actor: unknown): string | null {
  const name = nameOf(actor)
  const { model, profile, profile_id, agent_profile, role } = objectOf(actor) ?? {}
  const parts = [model, profile ?? profile_id ?? agent_profile, role].map(
    (one) => textIn(one, MAX_VALUE_CHARS) ?? '',
  )
  return name === null || name.includes(':') || parts.every((part) => part === '')
    ? name
    : [name, ...parts].join(':')
}

/** A slice would keep the whole text in memory, and a line may be many MiB long. */
function cut(text: string, max: number): string {
  return text.length <= max ? text : Buffer.from(text.slice(0, max)).toString()
}
