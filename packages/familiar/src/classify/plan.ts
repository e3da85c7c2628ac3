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

/** What not even force retires, whatever the row says. */
export interface Spared {
  readonly otherUser: boolean
  /** The other scope whose live singleton it is, or may be. */
  readonly inUseBy: string | null
  /** Not proven to be reachable from here: that it does not answer says nothing about it then. */
  readonly unreachable: boolean
  /** Not proven that the scope's daemon does not run on another machine or in another pid namespace. */
  readonly elsewhere: boolean
}

/** Returns what is done with a candidate of this class. Pure. */
export function planFor(cleanupClass: CleanupClass, intent: Intent, spared: Spared): Action {
  const action = PLAN[cleanupClass][intent]
  const isSpared = spared.otherUser || spared.inUseBy !== null || spared.unreachable || spared.elsewhere
  return action === 'retire_if_proven' && isSpared ? 'skip' : action
}
