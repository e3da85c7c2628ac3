import { randomInt } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { PROTOCOL } from '../../../../prove/dist/protocol/protocol-part.js'
import { PROTOCOL_REPLAY } from '../../../../prove/dist/protocol/replay-part.js'

/** Only the failures, and which seed they follow from. */
async function shortRunOf({ run }: typeof PROTOCOL, seed: number) {
  const { figures, failures } = await run({ size: 'short', seed, trials: null, say: () => undefined })
  return { seed, failures, missed: figures.filter(({ met }) => !met) }
}

describe('the protocol of clients and daemons (docs/proofs/protocol.md)', () => {
  it('holds in every schedule of two clients and a crash, and seeded faults do not', async () => {
    const seed = randomInt(1, 2 ** 31)
    expect(await shortRunOf(PROTOCOL, seed)).toEqual({ seed, failures: [], missed: [] })
  }, 120_000)

  it.runIf(process.platform === 'linux')(
    'is what real processes do, effect for effect',
    async () => {
      const seed = randomInt(1, 2 ** 31)
      expect(await shortRunOf(PROTOCOL_REPLAY, seed)).toEqual({ seed, failures: [], missed: [] })
    },
    180_000,
  )
})
