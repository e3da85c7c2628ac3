import { describe, expect, it } from 'vitest'
import { bodyOf, encode } from '../../../src/sync/upload/batch.js'
import { CLOUD_EVENTS } from '../../../src/sync/upload/cloud-events.js'
import { queued } from '../../helpers/queued.js'

const written = (event: ReturnType<typeof queued>): unknown => {
  const { parts } = encode([event], CLOUD_EVENTS)
  return (JSON.parse(bodyOf(parts, CLOUD_EVENTS)) as unknown[])[0]
}

it('holds the whole envelope, as it was written', () => {
  const envelope = '{"event_id":"e-1","n":12345678901234567890,"timestamp":"2026-11-26T15:00:00.5+01:00"}'
  const { parts } = encode([queued(1, { eventId: 'e-1', envelope })], CLOUD_EVENTS)
  expect(bodyOf(parts, CLOUD_EVENTS)).toBe(
    `[{"specversion":"1.0","id":"e-1","source":"urn:spec-kitty:project:p-1","type":"wp.moved","time":"2026-11-26T15:00:00.5+01:00","datacontenttype":"application/json","data":${envelope}}]`,
  )
})

describe('the time', () => {
  it.for([
    ['2026-11-26T14:00:00Z', true],
    ['2026-11-26T14:00:00.123456789+00:00', true],
    ['2026-11-26t14:00:00z', true],
    ['2026-11-26 14:00:00Z', false],
    ['2026-11-26T14:00:00', false],
    ['2026-13-26T14:00:00Z', false],
    ['2026-11-26', false],
    ['yesterday', false],
    ['', false],
    [1_764_165_600, false],
    [null, false],
  ] as const)('%j is given: %s', ([timestamp, isGiven]) => {
    const event = written(queued(1, { envelope: JSON.stringify({ timestamp }) }))
    expect(event).toMatchObject({ data: { timestamp } })
    expect('time' in (event as object)).toBe(isGiven)
  })
})

it('names the project of an event by a URN, whatever its id is', () => {
  expect(written(queued(1, { projectUuid: 'a b/ü?#%' }))).toMatchObject({
    source: 'urn:spec-kitty:project:a%20b%2F%C3%BC%3F%23%25',
  })
})

it.for([
  ['event_id', { eventId: '' }],
  ['event_id', { eventId: 'a\nb' }],
  ['event_id', { eventId: 'a\u0085' }],
  ['event_id', { eventId: 'a\ud800' }],
  ['event_id', { eventId: '\ufffe' }],
  ['event_type', { eventType: '' }],
  ['event_type', { eventType: '\u007f' }],
  ['project_uuid', { projectUuid: '' }],
  ['project_uuid', { projectUuid: '\udc00' }],
] as const)('does not send an event with this %s: %j', ([name, more]) => {
  const { parts, unsendable } = encode([queued(1, more), queued(2)], CLOUD_EVENTS)
  expect(parts.map(({ seq }) => seq)).toEqual([2])
  expect(unsendable).toEqual([{ seq: 1, reason: `not sent: CloudEvents does not allow this ${name}` }])
})

it.for(['', '[]', 'null', '"text"', '{"a":'])(
  'does not send an envelope that is not a JSON object: %j',
  (envelope) => {
    expect(encode([queued(1, { envelope })], CLOUD_EVENTS)).toEqual({
      parts: [],
      unsendable: [{ seq: 1, reason: 'not sent: its envelope is not a JSON object' }],
    })
  },
)
