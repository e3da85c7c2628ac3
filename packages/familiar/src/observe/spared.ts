import { maybeInUseBy } from '../classify/evidence.js'
import { planFor, type Spared } from '../classify/plan.js'
import type { Candidate, Look } from './look.js'

/** Returns what speaks against ending a candidate whatever its row says: not even force ends it then. */
export function sparedOf({ facts, sighting }: Candidate, { surroundings }: Look): Spared {
  return {
    otherUser: facts.same_user === 'no',
    inUseBy: maybeInUseBy(sighting, surroundings),
    unreachable: facts.reachable !== 'yes',
    elsewhere: facts.elsewhere !== 'no',
  }
}

/** Returns whether force, or a yes at the prompt, would end this candidate. */
export function isSpared(candidate: Candidate, seen: Look): boolean {
  return planFor('operator_required', 'reset_force', sparedOf(candidate, seen)) === 'skip'
}
