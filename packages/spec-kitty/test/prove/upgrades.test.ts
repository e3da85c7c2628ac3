import { expect, it } from 'vitest'
import { upgrades } from '../../../../prove/dist/upgrades/part.js'
import { whyImpossible } from '../../../../prove/dist/stage/namespaces.js'
import { newSeed } from '../../../familiar/test/helpers/random.js'
import { skipAloud } from '../../../familiar/test/helpers/skip.js'

/** A few trials of `npm run prove -- upgrades`, with a fresh seed: docs/proofs/upgrades.md. */
it('an upgrade loses no request, and leaves one daemon', { timeout: 240_000 }, async (context) => {
  const impossible = whyImpossible()
  if (impossible !== null) skipAloud(context, impossible)
  const seed = newSeed()
  const { figures, failures } = await upgrades.run({
    seed,
    size: 'short',
    trials: null,
    say: () => undefined,
  })
  expect(
    failures.map(({ trial, why }) => `${trial}: ${why}`),
    `npm run prove -- upgrades --seed ${seed} --short`,
  ).toEqual([])
  expect(figures.filter(({ met }) => !met)).toEqual([])
})
