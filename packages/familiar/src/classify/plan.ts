import type { CleanupClass } from './rules.js'

/** Why somebody looks: to see, the daemon's own clean-up after start, the operator's reset, the same with force. */
export type Intent = 'look' | 'startup_clean' | 'reset' | 'reset_force'

/** What is done with a candidate. `retire_if_proven`: retired where its spawn shape is proven, else failed. */
export type Action = 'show' | 'leave' | 'skip' | 'retire' | 'retire_if_proven'

/** Class and intent to action. A cell that is missing does not compile. */
export const PLAN: Readonly<Record<CleanupClass, Readonly<Record<Intent, Action>>>> = {
  safe_auto: { look: 'show', startup_clean: 'retire', reset: 'retire', reset_force: 'retire' },
  operator_required: { look: 'show', startup_clean: 'leave', reset: 'skip', reset_force: 'retire_if_proven' },
  never_touch: { look: 'show', startup_clean: 'leave', reset: 'leave', reset_force: 'leave' },
}

/** What not even force retires: another user's process, and the live singleton of another scope. */
export interface Spared {
  readonly otherUser: boolean
  readonly inUseBy: string | null
}

/** Returns what is done with a candidate of this class. Pure. */
export function planFor(cleanupClass: CleanupClass, intent: Intent, spared: Spared): Action {
  const action = PLAN[cleanupClass][intent]
  const isSpared = spared.otherUser || spared.inUseBy !== null
  return action === 'retire_if_proven' && isSpared ? 'skip' : action
}
