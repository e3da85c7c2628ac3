import { expect, it } from 'vitest'
import { parsers } from '../../../../prove/src/parsers/part.js'

it('every parser answers on input that no one would write', async () => {
  const seed = Date.now() % 2 ** 31
  const { failures, figures } = await parsers.run({ seed, size: 'short', trials: null, say: () => undefined })
  const missed = figures.filter(({ met }) => !met)
  expect({ seed, failures, missed }).toEqual({ seed, failures: [], missed: [] })
})
