import type { Tri } from '../classify/tri.js'

/** What a daemon knows of its own situation on a tick. */
export interface Situation {
  /** A readable record of the scope names another live daemon, or the file of its lock is no longer the one it holds. */
  readonly superseded: Tri
  /** In how many ticks in a row the directory of the scope was absent. */
  readonly absentTicks: number
  /** Its own package on disk is missing or of another version. */
  readonly installationChanged: Tri
  readonly idleSeconds: number
  /** 0: never. */
  readonly idleLimitSeconds: number
  /** Open uploads, drains, streams and requests. */
  readonly inFlight: number
  /** Events that may leave now. */
  readonly pending: number
}

export type RetirementReason = 'superseded' | 'scope_gone' | 'installation_changed' | 'idle'

/** A rule of retirement. `waits`: only while nothing is in flight; the others wait for that at most the drain bound. */
interface RetirementRule {
  readonly id: 'R1' | 'R2' | 'R3' | 'R4'
  readonly reason: RetirementReason
  readonly holds: (now: Situation) => boolean
}

/** Absent once may be a rename in progress; twice in a row is gone. */
const ABSENT_TICKS = 2

/** First match wins. Unknown never retires: an unmounted drive or an error is no reason to leave. */
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

/** Returns the rule by which a daemon in this situation leaves, null while it stays. Pure. */
export function retirementOf(now: Situation): RetirementRule | null {
  return RETIREMENT_RULES.find((rule) => rule.holds(now)) ?? null
}
