import { describe, expect, it } from 'vitest'
import { composeEvent, MAX_EVENT_BYTES, readEvent, type EventDefaults } from '../../src/sync/event.js'
import { newUlid } from '../../src/sync/ulid.js'

const DEFAULTS: EventDefaults = {
  project: '/work/app',
  newId: () => 'new-id',
  now: () => '2026-02-03T04:05:06.789Z',
  projectUuid: { uuid: 'own-uuid' },
  origin: 'the origin',
}

const WHOLE =
  '{ "event_id":"e1", "n":12345678901234567890.10, "event_type":"T",\t"project_uuid":"p", "timestamp":"2026-01-01T00:00:00+02:00", "\\u0061":"\\ud800" }'

/** The event, which must be one. */
function eventOf(text: string) {
  const found = readEvent(text, DEFAULTS)
  if (found.state !== 'event') throw new Error(JSON.stringify(found))
  return found.event
}

describe('an event', () => {
  it('keeps its text as it was written', () => {
    expect(eventOf(` ${WHOLE}\r`)).toEqual({
      eventId: 'e1',
      eventType: 'T',
      projectUuid: 'p',
      project: '/work/app',
      origin: 'the origin',
      envelope: WHOLE,
    })
  })

  it.each([
    ['{"event_type":"T"}', 'new-id', 'own-uuid'],
    ['{"event_type":"T","event_id":null,"project_uuid":null,"timestamp":null}', 'new-id', 'own-uuid'],
    [
      '{"event_id" : null ,"event_type":"T","a":{"event_id":null,"b":[{"timestamp":null}]}}',
      'new-id',
      'own-uuid',
    ],
    ['{"a":"\\"event_id\\":null,{[","event_id":null,"event_type":"T","project_uuid":"p"}', 'new-id', 'p'],
    ['{"event\\u005fid":null,"event_type":"T"}', 'new-id', 'own-uuid'],
    ['{"event_type":"T","event_id":"e","timestamp":"2026-01-01T00:00Z"}', 'e', 'own-uuid'],
  ])('gets what is missing, and all else stays: %s', (text, eventId, projectUuid) => {
    const event = eventOf(text)
    expect(event).toMatchObject({ eventId, eventType: 'T', projectUuid })
    const given = JSON.parse(text)
    expect(JSON.parse(event.envelope)).toEqual({
      ...given,
      event_id: eventId,
      project_uuid: projectUuid,
      timestamp: given.timestamp ?? DEFAULTS.now(),
    })
  })

  it('keeps a number that JavaScript cannot, where something is filled in', () => {
    const rest = '"event_type":"T","n":12345678901234567890,"x":1.0}'
    expect(eventOf(`{${rest}`).envelope.endsWith(rest)).toBe(true)
    expect(eventOf(`{"event_id":null,${rest}`).envelope.endsWith(rest)).toBe(true)
  })

  it.each(['__proto__', 'toString', 'constructor'])('leaves a null of the name %s as it is', (name) => {
    const { envelope } = eventOf(`{"event_id":null,"${name}":null,"event_type":"T"}`)
    expect(envelope).toContain(`"${name}":null`)
  })

  it.each([128, 1])('may have ids of %s characters of any kind', (length) => {
    for (const char of ['x', '\u{1f408}', '\0', '"', ' ', '\ud800']) {
      const text = JSON.stringify({
        event_id: char.repeat(length),
        event_type: 'T',
        project_uuid: char.repeat(length),
      })
      expect(eventOf(text)).toMatchObject({
        eventId: char.repeat(length),
        projectUuid: char.repeat(length),
      })
    }
  })

  it('is composed of a type and a payload, whose text stays', () => {
    const text = composeEvent('T "quoted"', ' [1e400, 0.10] ')
    expect(text).toBe('{"event_type":"T \\"quoted\\"","payload":[1e400, 0.10]}')
    expect(composeEvent('T', '1,"event_id":"other"')).toMatchObject({
      why: expect.stringContaining('not JSON'),
    })
  })
})

describe('what is no event is named', () => {
  const id = 'must be text of 1 to 128 characters'
  const type = '"event_type":"T"'
  it.each([
    ['', 'it is not JSON'],
    ['{"event_type":"T"', 'it is not JSON'],
    ['[]', 'it is not a JSON object'],
    ['null', 'it is not a JSON object'],
    ['{}', 'event_type is missing'],
    ['{"event_type":null}', 'event_type is missing'],
    ['{"event_type":""}', `event_type ${id}`],
    ['{"event_type":7}', `event_type ${id}`],
    [`{${type},"event_id":""}`, `event_id ${id}`],
    [`{${type},"event_id":["a"]}`, `event_id ${id}`],
    [`{${type},"event_id":"${'x'.repeat(129)}"}`, `event_id ${id}`],
    [`{${type},"event_id":"${'\u{1f408}'.repeat(129)}"}`, `event_id ${id}`],
    [`{${type},"project_uuid":{}}`, `project_uuid ${id}`],
    [`{${type},"timestamp":17}`, 'timestamp must be a date and time'],
    [`{${type},"timestamp":"today"}`, 'timestamp must be a date and time'],
    [`{${type},"timestamp":"2026-02-30T25:00:00Z"}`, 'timestamp must be a date and time'],
  ])('%s', (text, why) => {
    expect(readEvent(text, DEFAULTS)).toMatchObject({ state: 'bad', why: expect.stringContaining(why) })
  })

  it('because of its size, with what is filled in', () => {
    const ofSize = (bytes: number): string => {
      const empty = JSON.stringify({ ...JSON.parse(WHOLE), pad: '' })
      return JSON.stringify({ ...JSON.parse(WHOLE), pad: 'x'.repeat(bytes - Buffer.byteLength(empty)) })
    }
    expect(readEvent(ofSize(MAX_EVENT_BYTES), DEFAULTS).state).toBe('event')
    expect(readEvent(ofSize(MAX_EVENT_BYTES + 1), DEFAULTS)).toMatchObject({ state: 'bad' })
    const withoutId = ofSize(MAX_EVENT_BYTES + 10).replace('"event_id":"e1",', '')
    expect(Buffer.byteLength(withoutId)).toBeLessThan(MAX_EVENT_BYTES)
    expect(readEvent(withoutId, DEFAULTS)).toMatchObject({ state: 'bad' })
    // As the only event of a body it is within what a server takes.
    expect(Buffer.byteLength(`{"events":[${ofSize(MAX_EVENT_BYTES)}]}`)).toBe(256 * 1024)
  })

  it('because its project has no id that can be told; one with an id of its own needs none', () => {
    const projectUuid = { why: 'config.yaml cannot be read' }
    expect(readEvent('{"event_type":"T"}', { ...DEFAULTS, projectUuid })).toEqual({
      state: 'bad',
      why: 'project_uuid is missing, and config.yaml cannot be read: correct that file',
    })
    expect(readEvent(WHOLE, { ...DEFAULTS, projectUuid }).state).toBe('event')
  })
})

describe('a new id', () => {
  it('is a ULID: its time, and 80 bits that are never the same', () => {
    expect(newUlid(0)).toMatch(/^0{10}[0-9A-HJKMNP-TV-Z]{16}$/)
    // The example of the specification.
    expect(newUlid(1_469_922_850_259).slice(0, 10)).toBe('01ARZ3NDEK')
    const ids = Array.from({ length: 10_000 }, () => newUlid())
    expect(new Set(ids).size).toBe(ids.length)
    expect(newUlid(5_000) < newUlid(5_001)).toBe(true)
  })
})
