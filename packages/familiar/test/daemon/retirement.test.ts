import { describe, expect, it } from 'vitest'
import type { Tri } from '../../src/classify/tri.js'
import { RETIREMENT_RULES, retirementOf, type Situation } from '../../src/daemon/retirement.js'

const TRI: readonly Tri[] = ['yes', 'no', 'unknown']

/** Every combination of what a tick may find. */
const SITUATIONS: readonly Situation[] = TRI.flatMap((superseded) =>
  [0, 1, 2, 3].flatMap((absentTicks) =>
    TRI.flatMap((installationChanged) =>
      [0, 899.9, 900, 1e9].flatMap((idleSeconds) =>
        [0, 900].flatMap((idleLimitSeconds) =>
          [0, 1, 5].flatMap((inFlight) =>
            [0, 1].map((pending) => ({
              superseded,
              absentTicks,
              installationChanged,
              idleSeconds,
              idleLimitSeconds,
              inFlight,
              pending,
            })),
          ),
        ),
      ),
    ),
  ),
)

/** The table of the documentation, written once more, row by row. */
function expected(now: Situation): string | null {
  if (now.superseded === 'yes') return 'R1 superseded'
  if (now.absentTicks > 1) return 'R2 scope_gone'
  if (now.inFlight > 0) return null
  if (now.installationChanged === 'yes') return 'R3 installation_changed'
  const isIdle = now.idleLimitSeconds !== 0 && now.idleSeconds / now.idleLimitSeconds >= 1
  return isIdle && now.pending === 0 ? 'R4 idle' : null
}

function found(now: Situation): string | null {
  const rule = retirementOf(now)
  return rule === null ? null : `${rule.id} ${rule.reason}`
}

const known = (value: Tri): Tri => (value === 'unknown' ? 'no' : value)

describe(`the rows of retirement, in ${SITUATIONS.length} situations`, () => {
  it('each decides what the written table says', () => {
    const wrong = SITUATIONS.filter((now) => found(now) !== expected(now))
    expect(wrong).toEqual([])
  })

  it('all decide something, and so does none of them', () => {
    const reached = new Set(SITUATIONS.map(found))
    expect(reached).toEqual(new Set([null, ...RETIREMENT_RULES.map(({ id, reason }) => `${id} ${reason}`)]))
  })

  it('never retire for what is unknown', () => {
    const wrong = SITUATIONS.filter((now) => {
      const { superseded, installationChanged } = now
      const sure = { superseded: known(superseded), installationChanged: known(installationChanged) }
      return found(now) !== found({ ...now, ...sure })
    })
    expect(wrong).toEqual([])
  })

  it('keep a daemon with work in flight for everything but R1 and R2', () => {
    const rules = SITUATIONS.filter(({ inFlight }) => inFlight > 0).map((now) => retirementOf(now)?.id)
    expect(new Set(rules)).toEqual(new Set(['R1', 'R2', undefined]))
  })
})
