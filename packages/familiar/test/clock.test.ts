import { expect, it } from 'vitest'
import { describeAge, describeWait } from '../src/clock.js'

it.each([
  [0, '0 seconds'],
  [1, '1 second'],
  [59, '59 seconds'],
  [60, '1 minute'],
  [119, '1 minute 59 seconds'],
  [3600, '1 hour'],
  [6659, '1 hour 51 minutes'],
  [86_399, '1 day'],
  [90_001, '1 day 2 hours'],
] as const)('a wait of %d seconds is never said to be shorter: %s', (seconds, text) => {
  expect(describeWait(seconds)).toBe(text)
})

it('an age is told in its largest whole unit', () => {
  expect([59, 119, 6659].map(describeAge)).toEqual(['59 seconds', '1 minute', '1 hour'])
})
