import type { CleanupClass } from './rules.js'

/** The purpose of a scan: to show, a daemon's own clean-up after its start, the operator's reset, or reset with force. */
export type Intent = 'scan' | 'startup_clean' | 'reset' | 'reset_force'

/** What is done with a candidate. `retire_if_proven`: retired if identity and spawn shape are proven, else failed. */
export type Action = 'show' | 'leave' | 'skip' | 'retire' | 'retire_if_proven'

/** The action for each class and intent. A missing cell does not compile. */
export const PLAN: Readonly<Record<CleanupClass, Readonly<Record<Intent, Action>>>> = {
  safe_auto: { scan: 'show', startup_clean: 'retire', reset: 'retire', reset_force: 'retire' },
  operator_required: { scan: 'show', startup_clean: 'leave', reset: 'skip', reset_force: 'retire_if_proven' },
  never_touch: { scan: 'show', startup_clean: 'leave', reset: 'leave', reset_force: 'leave' },
}

/** Reasons why not even force retires a candidate, whatever row decided. */
export interface Spared {
  readonly otherUser: boolean
  /** Another scope whose live singleton it is, or may be. */
  readonly inUseBy: string | null
  /** Not proven to be reachable from here, so a missing answer says nothing about it. */
  readonly unreachable: boolean
  /** The scope's daemon runs, or may run, on another machine or in another pid namespace. */
  readonly elsewhere: boolean
}

/** Returns what is done with a candidate of this class. Pure. */
export function planFor(cleanupClass: CleanupClass, intent: Intent, spared: Spared): Action {
  const action = PLAN[cleanupClass][intent]
  const isSpared = spared.otherUser || spared.inUseBy !== null || spared.unreachable || spared.elsewhere
  return action === 'retire_if_proven' && isSpared ? 'skip' : action
}
