import { expect, it } from 'vitest'
import { MOST_MS, timingFromJson } from '../../src/protocol/daemon-timing.js'

it.each([
  ['an hour', 3_600_000, { tickMs: 3_600_000 }],
  ['more than a timer takes', 3_000_000_000, { tickMs: MOST_MS }],
  ['a fraction', 1.5, {}],
  ['less than nothing', -1, {}],
  ['text', '5', {}],
])('a time of a daemon that is %s', (_, given, read) => {
  expect(timingFromJson({ tick_ms: given })).toEqual(read)
})
