import type { CleanupClass } from './class-and-reason.js'

/**
 * The purpose of a scan. `scan`: only to show the result. `startup_clean`: an automatic clean-up, by a running daemon or
 * to free ports in a full range before a start. `reset`: the user asked for a clean-up. `reset_force`: the user asked for
 * it with force.
 */
export type Intent = 'scan' | 'startup_clean' | 'reset' | 'reset_force'

/**
 * What is done with a candidate. `retire_if_proven`: its process is ended if its identity and its command line are
 * proven; otherwise the clean-up reports a failure for it.
 */
export type Action = 'show' | 'leave' | 'skip' | 'retire' | 'retire_if_proven'

/** The action for each class and intent. The type requires every combination, so a missing one is a compile error. */
export const PLAN: Readonly<Record<CleanupClass, Readonly<Record<Intent, Action>>>> = {
  safe_auto: { scan: 'show', startup_clean: 'retire', reset: 'retire', reset_force: 'retire' },
  operator_required: { scan: 'show', startup_clean: 'leave', reset: 'skip', reset_force: 'retire_if_proven' },
  never_touch: { scan: 'show', startup_clean: 'leave', reset: 'leave', reset_force: 'leave' },
}

/**
 * Reasons why a candidate of class `operator_required` is not ended even with force. They do not apply to class
 * `safe_auto`, whose rows have conditions of their own.
 */
export interface Spared {
  readonly otherUser: boolean
  /** The other scope whose live daemon the candidate is or may be; null if there is none. */
  readonly inUseBy: string | null
  /** True if it is not proven that this process can reach the candidate, so that a missing answer says nothing about it. */
  readonly unreachable: boolean
  /** True if the scope's daemon runs, or may run, on another machine or in another pid namespace. */
  readonly elsewhere: boolean
}

/** Returns what is done with a candidate of this class. Pure. */
export function planFor(cleanupClass: CleanupClass, intent: Intent, spared: Spared): Action {
  const action = PLAN[cleanupClass][intent]
  const isSpared = spared.otherUser || spared.inUseBy !== null || spared.unreachable || spared.elsewhere
  return action === 'retire_if_proven' && isSpared ? 'skip' : action
}
