import type { WorkPackage } from '../api.js'
import type { PackageFields } from './front-matter.js'
import type { RuntimeFacts } from './runtime-facts.js'

/** The state of a finished subtask. */
const DONE = 'done'

/** Matches the words with which agents mark a subtask as done. */
const SAYS_DONE = /^(?:done|completed?)$/i

/** Returns the state that a text means: `done` for all words with that meaning, otherwise the text itself. */
export function subtaskState(text: string): string {
  return SAYS_DONE.test(text.trim()) ? DONE : text
}

/** Matches an id with text that people write after it: `T001 - the form`, `T001: the form`, `T001 the form`. */
const WITH_MORE = /^([a-z]+-?\d+[a-z]?)(?:\s*[:–—(]|\s+-\s|\s+\p{L})/iu

/** Returns the same text for all spellings of a subtask's id: `t002`, `T002` and `T002 - the form`. */
export function sameSubtask(id: string): string {
  const text = id.trim()
  return (WITH_MORE.exec(text)?.[1] ?? text).toLowerCase()
}

type Subtasks = Pick<WorkPackage, 'subtasks' | 'subtask_states' | 'subtasks_done' | 'subtasks_total'>

/**
 * Returns the subtasks of the prompt and of the log, each under one id; if the prompt names the subtask, the spelling in
 * the prompt is used.
 */
export function subtasksOf(fields: PackageFields | null, facts: RuntimeFacts): Subtasks {
  const planned = new Map<string, string>()
  for (const id of fields?.subtasks ?? []) {
    const same = sameSubtask(id)
    if (!planned.has(same)) planned.set(same, id)
  }
  const states = [...facts.subtasks].map(([id, state]) => ({ id: planned.get(sameSubtask(id)) ?? id, state }))
  return {
    subtasks: [...planned.values()],
    subtask_states: states,
    subtasks_done: states.filter(({ state }) => state === DONE).length,
    subtasks_total: new Set([...planned.values(), ...states.map(({ id }) => id)]).size,
  }
}
