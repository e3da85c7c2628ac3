import type { Tri } from '../classify/tri.js'

/** What a daemon knows about itself when it checks whether to retire. */
export interface Situation {
  /** A record of the scope names another live daemon, or the lock file is no longer the one that this daemon has locked. */
  readonly superseded: Tri
  /** On how many consecutive ticks the directory of the scope has been absent. */
  readonly absentTicks: number
  /** Whether the daemon's own package on disk is missing or has another version. */
  readonly installationChanged: Tri
  readonly idleSeconds: number
  /** The idle time after which the daemon exits; 0 means that it never exits for being idle. */
  readonly idleLimitSeconds: number
  /** The number of open uploads, drains, streams and requests. */
  readonly inFlight: number
  /** The number of events that may be sent now. */
  readonly pending: number
}

export type RetirementReason = 'superseded' | 'scope_gone' | 'installation_changed' | 'idle'

/** A rule of self-retirement. R3 and R4 apply only while nothing is in flight; R1 and R2 wait for at most the drain time. */
interface RetirementRule {
  readonly id: 'R1' | 'R2' | 'R3' | 'R4'
  readonly reason: RetirementReason
  readonly holds: (now: Situation) => boolean
}

/**
 * The number of consecutive ticks on which the scope must be absent. Once is not enough, because the directory may just
 * be being renamed.
 */
const ABSENT_TICKS = 2

/**
 * The first match wins. The fact `unknown` never makes a daemon exit, because its cause may be an unmounted drive or an
 * error.
 */
export const RETIREMENT_RULES: readonly RetirementRule[] = [
  { id: 'R1', reason: 'superseded', holds: (now) => now.superseded === 'yes' },
  { id: 'R2', reason: 'scope_gone', holds: (now) => now.absentTicks >= ABSENT_TICKS },
  {
    id: 'R3',
    reason: 'installation_changed',
    holds: (now) => now.installationChanged === 'yes' && now.inFlight === 0,
  },
  {
    id: 'R4',
    reason: 'idle',
    holds: (now) =>
      now.idleLimitSeconds > 0 &&
      now.idleSeconds >= now.idleLimitSeconds &&
      now.inFlight === 0 &&
      now.pending === 0,
  },
]

/** Returns the rule that makes a daemon in this situation exit; null if it stays. Pure. */
export function retirementOf(now: Situation): RetirementRule | null {
  return RETIREMENT_RULES.find((rule) => rule.holds(now)) ?? null
}
