import { describe, expect, it } from 'vitest'
import { part } from '../../../../prove/dist/kill-safety/part.js'
import { whyImpossible } from '../../../../prove/dist/kill-safety/run-batch.js'
import { newSeed } from '../../../familiar/test/helpers/random.js'
import { skipAloud } from '../../../familiar/test/helpers/skip.js'

/** The first trials of `npm run prove -- kill-safety`, with a fresh seed: docs/proofs/kill-safety.md. */
const TRIALS = 4

describe('kill safety', () => {
  it('sends no wrong signal, and reports what is so', { timeout: 120_000 }, async (context) => {
    const impossible = whyImpossible()
    if (impossible !== null) skipAloud(context, impossible)
    const seed = newSeed()
    const said: string[] = []
    const order = { seed, size: 'short', trials: TRIALS, say: (line: string) => said.push(line) } as const
    const { figures, failures } = await part.run(order)
    expect(
      failures.map(({ trial, why }) => `${trial}: ${why}`),
      `npm run prove -- kill-safety --seed ${seed} --short --trials ${TRIALS}`,
    ).toEqual([])
    expect(figures.filter(({ met }) => !met)).toEqual([])
  })
})
