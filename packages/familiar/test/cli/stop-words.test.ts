import { expect, it } from 'vitest'
import { STOP_WORDS, stopText } from '../../src/cli/commands/status.js'
import { CAUSES } from '../../src/doctor/explain/words.js'

/** What `explain` knows as the cause of a start, not of a stop. */
const OF_STARTS: ReadonlySet<string> = new Set(['first_start', 'recorded_dead'])

it('every reason of a stop that explain knows is said in words', () => {
  const reasons = Object.keys(CAUSES).filter((id) => !OF_STARTS.has(id))
  expect(Object.keys(STOP_WORDS).toSorted()).toEqual(reasons.toSorted())
})

it.each(['constructor', '__proto__', 'toString', 'of_a_later_version'])(
  'a reason that nobody knows is said as it is in the record: %s',
  (reason) => {
    expect(stopText(reason)).toBe(reason)
  },
)
