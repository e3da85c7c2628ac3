import { describe, expect, it } from 'vitest'
import { BATCH, BATCH_LIMITS, bodyOf, divide, encode } from '../../../src/sync/upload/batch.js'
import { part, parts, queued } from '../../helpers/queued.js'

const sizes = (batches: readonly (readonly unknown[])[]): readonly number[] =>
  batches.map(({ length }) => length)
const ofBytes = (seq: number, bytes: number) => part(seq, `"${'x'.repeat(bytes - 2)}"`)
const bytesOf = (batch: readonly ReturnType<typeof part>[]): number => Buffer.byteLength(bodyOf(batch, BATCH))

describe('dividing', () => {
  it.for([
    [0, []],
    [1, [1]],
    [1000, [1000]],
    [1001, [1000, 1]],
    [2500, [1000, 1000, 500]],
  ] as const)('puts %d small events into batches of %j', ([count, expected]) => {
    const batches = divide(parts(count), BATCH)
    expect(sizes(batches)).toEqual(expected)
    expect(batches.flat().map(({ seq }) => seq)).toEqual(parts(count).map(({ seq }) => seq))
  })

  it('fills a body to the last byte, and no further', () => {
    const empty = Buffer.byteLength(BATCH.open + BATCH.close)
    const second = BATCH_LIMITS.bytes - empty - 1000 - 1
    const [whole = []] = divide([ofBytes(1, 1000), ofBytes(2, second)], BATCH)
    expect(bytesOf(whole)).toBe(BATCH_LIMITS.bytes)
    expect(sizes(divide([ofBytes(1, 1000), ofBytes(2, second + 1)], BATCH))).toEqual([1, 1])
  })

  it('sends an event that is too large alone, between the others and in its place', () => {
    const all = [part(1), ofBytes(2, BATCH_LIMITS.bytes + 1), part(3), part(4)]
    const batches = divide(all, BATCH)
    expect(batches.map((batch) => batch.map(({ seq }) => seq))).toEqual([[1], [2], [3, 4]])
  })

  it('counts bytes of UTF-8, not characters', () => {
    const wide = (seq: number) => part(seq, `"${'語'.repeat(BATCH_LIMITS.bytes / 6)}"`)
    expect(sizes(divide([wide(1), wide(2)], BATCH))).toEqual([1, 1])
  })
})

it('builds the body of the text of the envelopes, byte for byte', () => {
  const envelope = '{ "event_id": "a",  "big": 12345678901234567890, "text": "\\u00e9é" }'
  const { parts: encoded, unsendable } = encode([queued(1, { eventId: 'a', envelope }), queued(2)], BATCH)
  expect(unsendable).toEqual([])
  expect(bodyOf(encoded, BATCH)).toBe(`{"events":[${envelope},${queued(2).envelope}]}`)
})
