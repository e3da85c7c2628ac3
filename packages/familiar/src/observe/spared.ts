import { maybeInUseBy } from '../classify/evidence.js'
import { planFor, type Spared } from '../classify/plan.js'
import type { Candidate, Scan } from './scan.js'

/** Returns the reasons to spare a candidate: if any holds, not even force ends it, whatever its row says. */
export function sparedOf({ facts, observation }: Candidate, { context }: Scan): Spared {
  return {
    otherUser: facts.same_user === 'no',
    inUseBy: maybeInUseBy(observation, context),
    unreachable: facts.reachable !== 'yes',
    elsewhere: facts.elsewhere !== 'no',
  }
}

/** Returns whether this candidate is spared: then neither force nor a yes at the prompt ends it. */
export function isSpared(candidate: Candidate, seen: Scan): boolean {
  return planFor('operator_required', 'reset_force', sparedOf(candidate, seen)) === 'skip'
}
