import { maybeInUseBy } from '../classify/evidence.js'
import { planFor, type Spared } from '../classify/plan.js'
import type { Candidate, Look } from './look.js'

/** Returns the reasons to spare a candidate: if any holds, not even force ends it, whatever its row says. */
export function sparedOf({ facts, sighting }: Candidate, { surroundings }: Look): Spared {
  return {
    otherUser: facts.same_user === 'no',
    inUseBy: maybeInUseBy(sighting, surroundings),
    unreachable: facts.reachable !== 'yes',
    elsewhere: facts.elsewhere !== 'no',
  }
}

/** Returns whether this candidate is spared: then neither force nor a yes at the prompt ends it. */
export function isSpared(candidate: Candidate, seen: Look): boolean {
  return planFor('operator_required', 'reset_force', sparedOf(candidate, seen)) === 'skip'
}
