import { maybeInUseBy } from '../classify/evidence.js'
import { planFor, type Spared } from '../classify/plan.js'
import type { Candidate, Scan } from './scan.js'

/** Returns the reasons to spare a candidate. If any holds, even force does not end a candidate of `operator_required`. */
export function sparedOf({ facts, observation }: Candidate, { context }: Scan): Spared {
  return {
    otherUser: facts.same_user === 'no',
    inUseBy: maybeInUseBy(observation, context),
    unreachable: facts.reachable !== 'yes',
    elsewhere: facts.elsewhere !== 'no',
  }
}

/** Returns whether there is a reason to spare this candidate: then neither force nor the user's confirmation ends it. */
export function isSpared(candidate: Candidate, seen: Scan): boolean {
  return planFor('operator_required', 'reset_force', sparedOf(candidate, seen)) === 'skip'
}
