import { maybeInUseBy } from '../classify/stale-evidence.js'
import { planFor, type Spared } from '../classify/plan.js'
import type { Candidate, Scan } from './scan.js'

/** Returns the reasons to spare a candidate. If any holds, even force does not end a candidate of `operator_required`. */
export function sparedOf(candidate: Candidate, seen: Scan): Spared {
  const { facts, observation } = candidate
  return {
    otherUser: facts.same_user === 'no',
    inUseBy: maybeInUseBy(observation, seen.context),
    unreachable: facts.reachable !== 'yes',
    elsewhere: facts.elsewhere !== 'no',
  }
}

/** Returns whether there is a reason to spare this candidate. If so, neither force nor the user's confirmation ends it. */
export function isSpared(candidate: Candidate, seen: Scan): boolean {
  return planFor('operator_required', 'reset_force', sparedOf(candidate, seen)) === 'skip'
}

/**
 * Returns whether the starter of this daemon may be about to record it. This includes a young daemon of another scope, and
 * a young one that does not answer, which the verdict does not distinguish from old ones: one that does not answer yet is
 * the more likely to be starting. It does not include the daemon of this scope, which its lock or a record names already.
 */
export function isStarting({ verdict, facts }: Candidate): boolean {
  if (verdict.reason === 'starting') return true
  const isSilent = facts.self_report === 'no' && facts.singleton_here !== 'yes'
  const isToldLess =
    verdict.reason === 'cross_root' ||
    ((verdict.reason === 'unresponsive' || verdict.reason === 'pre_marker') && isSilent)
  return isToldLess && facts.in_startup_grace === 'yes'
}

/** Returns whether force ends this candidate if its port is named: it is proven, no reason spares it, and it is not starting. */
export function isEndedByForce(candidate: Candidate, seen: Scan): boolean {
  const { verdict, proof, observation } = candidate
  const isNamed = proof !== null && observation.port !== null
  const isLeft = verdict.class !== 'operator_required' || isStarting(candidate)
  return isNamed && !isLeft && !isSpared(candidate, seen)
}
