import type { Tri } from '../classify/tri.js'

/** What a daemon knows about its own situation when it checks whether to retire. */
export interface Situation {
  /** A record of the scope names another live daemon, or the lock file is no longer the one that this daemon has locked. */
  readonly superseded: Tri
  /** For how many ticks in a row the directory of the scope has been absent. */
  readonly absentTicks: number
  /** Its own package on disk is missing or has another version. */
  readonly installationChanged: Tri
  readonly idleSeconds: number
  /** The idle time after which the daemon exits; 0: it never exits for being idle. */
  readonly idleLimitSeconds: number
  /** The number of open uploads, drains, streams and requests. */
  readonly inFlight: number
  /** The number of events that may be sent now. */
  readonly pending: number
}

export type RetirementReason = 'superseded' | 'scope_gone' | 'installation_changed' | 'idle'

/** A rule of self-retirement. R3 and R4 hold only while nothing is in flight; R1 and R2 wait for at most the drain time. */
interface RetirementRule {
  readonly id: 'R1' | 'R2' | 'R3' | 'R4'
  readonly reason: RetirementReason
  readonly holds: (now: Situation) => boolean
}

/** The number of ticks in a row on which the scope must be absent: on a single tick, it may just be being renamed. */
const ABSENT_TICKS = 2

/** First match wins. The fact `unknown` never makes a daemon exit: the cause may be an unmounted drive or an error. */
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

/** Returns the rule by which a daemon in this situation must exit; null if it stays. Pure. */
export function retirementOf(now: Situation): RetirementRule | null {
  return RETIREMENT_RULES.find((rule) => rule.holds(now)) ?? null
}
