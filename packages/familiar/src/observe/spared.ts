import type { ScopeSnapshot } from '../classify/observation.js'
import { scopeOf } from '../classify/derive-facts.js'
import { maybeInUseBy } from '../classify/stale-evidence.js'
import { isUnmounted } from '../classify/unmounted.js'
import { planFor, type Spared } from '../classify/plan.js'
import type { Candidate, Scan } from './scan.js'

/** Returns the reasons to spare a candidate. If any holds, even force does not end a candidate of `operator_required`. */
export function sparedOf(candidate: Candidate, seen: Scan): Spared {
  const { facts, observation } = candidate
  const away = unmountedScope(candidate, seen)
  return {
    otherUser: facts.same_user === 'no',
    inUseBy: maybeInUseBy(observation, seen.context) ?? (away === null ? null : (away.real ?? 'unknown')),
    unreachable: facts.reachable !== 'yes',
    elsewhere: facts.elsewhere !== 'no',
  }
}

/**
 * Returns the other scope that this candidate is spared for because what it uses there may only be unmounted; null if there
 * is none. For the candidates of this scope it is null: a user who forces a clean-up in a scope knows whether it is mounted.
 */
export function unmountedScope(
  { observation, verdict }: Pick<Candidate, 'observation' | 'verdict'>,
  { context }: Pick<Scan, 'context'>,
): ScopeSnapshot | null {
  const scope = verdict.reason === 'cross_root' ? scopeOf(observation, context) : null
  return scope !== null && isUnmounted(observation, scope, context) ? scope : null
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
