import { expect, it } from 'vitest'
import { faults } from '../../../../prove/dist/faults/part.js'
import { whyImpossible } from '../../../../prove/dist/stage/namespaces.js'
import { newSeed } from '../../../familiar/test/helpers/random.js'
import { skipAloud } from '../../../familiar/test/helpers/skip.js'

/** A few trials of `npm run prove -- faults`, with a fresh seed: docs/proofs/faults.md. */
it('after a fault, the next command works, and nothing is lost', { timeout: 240_000 }, async (context) => {
  const impossible = whyImpossible(['strace', 'nsenter'])
  if (impossible !== null) skipAloud(context, impossible)
  const seed = newSeed()
  const { figures, failures } = await faults.run({ seed, size: 'short', trials: null, say: () => undefined })
  expect(
    failures.map(({ trial, why }) => `${trial}: ${why}`),
    `npm run prove -- faults --seed ${seed} --short`,
  ).toEqual([])
  expect(figures.filter(({ met }) => !met)).toEqual([])
})
