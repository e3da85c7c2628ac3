import type { WorkPackage } from '../api.js'
import type { PackageFields } from './front-matter.js'
import type { RuntimeFacts } from './runtime-facts.js'

/** The state of a subtask that is done. */
const DONE = 'done'

/** How agents say that a subtask is done. */
const SAYS_DONE = /^(?:done|completed?)$/i

/** Returns the state that a text says: `done` however it is said, else the text itself. */
export function subtaskState(text: string): string {
  return SAYS_DONE.test(text.trim()) ? DONE : text
}

/** Returns the same text for the ids of one subtask: `t002` and `T002`. */
export function sameSubtask(id: string): string {
  return id.trim().toLowerCase()
}

type Subtasks = Pick<WorkPackage, 'subtasks' | 'subtask_states' | 'subtasks_done' | 'subtasks_total'>

/** Returns the subtasks of the prompt and of the log, each by one id: the one in the prompt, if it names the subtask. */
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
