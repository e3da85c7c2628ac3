import { HTTP, type CloudEvent } from 'cloudevents'
import { expect, it } from 'vitest'
import type { NewEvent } from '../../../src/sync/queue/queue-types.js'
import { endDispatching, startDispatching, TOKEN } from '../../helpers/dispatching.js'
import * as answers from '../../helpers/sync-server.js'

/**
 * What really arrives over HTTP, read by the official SDK. It refuses a whole batch for one bad event, and invents ids,
 * versions and times that are missing: so these are also looked for in what was sent.
 */
endDispatching()

async function start() {
  const dispatching = await startDispatching({
    gate: () =>
      Promise.resolve({
        state: 'open',
        serverUrl: `${dispatching.server.url}/api/events`,
        format: 'cloudevents',
      }),
  })
  dispatching.server.otherwise = answers.reply(202)
  return dispatching
}

function event(number: number, envelope: object | string, more: Partial<NewEvent> = {}): NewEvent {
  const text = typeof envelope === 'string' ? envelope : JSON.stringify(envelope)
  return {
    eventId: `e-${number}`,
    eventType: 'wp.moved',
    projectUuid: 'p-1',
    project: '/a',
    envelope: text,
    ...more,
  }
}

const read = ({ headers, body }: answers.Arrived): readonly CloudEvent[] =>
  HTTP.toEvent({ headers, body }) as CloudEvent[]

it('is a batch that the SDK reads, with each envelope whole', async () => {
  const { queue, server, drain } = await start()
  const envelopes = [
    {
      event_id: 'e-1',
      event_type: 'wp.moved',
      project_uuid: 'p-1',
      timestamp: '2026-11-26T14:00:00.123Z',
      'X-Key': [1, null],
    },
    // Of another kind than ours: what counts for the queue stands beside the envelope.
    { event_id: 42, event_type: null, timestamp: 1_764_165_600 },
    {},
    {
      event_id: 'e-4',
      timestamp: '2026-11-26T15:00:00+01:00',
      specversion: '0.3',
      id: 'not this',
      data: 'text',
      data_base64: '!',
    },
    { 'ключ 鍵': '🐈 \u2028 \u0000 \ud83d' },
  ]
  const all = envelopes.map((envelope, index) => event(index + 1, envelope))
  const types = ['a type with spaces/and:signs', 'тип.🐈', 'x'.repeat(128)]
  const more = types.map((eventType, index) => event(index + 6, {}, { eventType }))
  const ids = ['42', 'id with spaces', '猫/猫?#%', 'ü'.repeat(128)]
  const odd = ids.map((eventId) => event(0, {}, { eventId, projectUuid: `project of ${eventId}` }))
  queue.publish([...all, ...more, ...odd], 100)
  expect((await drain()).at(-1)).toMatchObject({ sent: 12, kept: 0, rejected: 0, reason: null })

  const [request] = server.requests
  if (request === undefined) throw new Error('nothing arrived')
  expect(server.requests.length).toBe(1)
  expect(request).toMatchObject({
    path: '/api/events',
    headers: {
      'content-type': 'application/cloudevents-batch+json; charset=utf-8',
      authorization: `Bearer ${TOKEN}`,
    },
  })
  const events = read(request)
  expect(events.map(({ data }) => data)).toEqual(
    [...envelopes, ...more, ...odd].map((one, index) => envelopes[index] ?? (one && {})),
  )
  expect(events.map(({ type }) => type).slice(5, 8)).toEqual(types)
  expect(events.map(({ id }) => id)).toEqual(['e-1', 'e-2', 'e-3', 'e-4', 'e-5', 'e-6', 'e-7', 'e-8', ...ids])
  for (const one of events) {
    expect(one.validate()).toBe(true)
    expect(one).toMatchObject({ specversion: '1.0', datacontenttype: 'application/json' })
    expect(one.source).toMatch(/^urn:spec-kitty:project:[\w%.~-]+$/)
  }

  const sent = JSON.parse(request.body) as readonly Record<string, unknown>[]
  for (const one of sent)
    expect(Object.keys(one)).toEqual(expect.arrayContaining(['specversion', 'id', 'source', 'type', 'data']))
  // Attributes are lower-case letters only, so that none of the envelope's keys became one.
  for (const one of sent) for (const key of Object.keys(one)) expect(key).toMatch(/^[a-z]+$/)
  expect(sent.map(({ time }) => time).slice(0, 5)).toEqual([
    '2026-11-26T14:00:00.123Z',
    undefined,
    undefined,
    '2026-11-26T15:00:00+01:00',
    undefined,
  ])
})

it('leaves out an event that would make the batch invalid: it becomes a dead letter', async () => {
  const { queue, server, drain, dispatcher } = await start()
  // Only of such events: then the server was never asked.
  queue.publish([event(9, {}, { eventType: '\u0000' })], 100)
  expect((await drain()).at(-1)).toMatchObject({ sent: 0, rejected: 1, kept: 0, reason: null })
  expect([server.connections(), dispatcher.report().last_sync]).toEqual([0, null])
  queue.drop(['e-9'])
  const bad = [
    event(2, {}, { eventType: 'a\u0007b' }),
    event(3, {}, { projectUuid: 'a\u0085' }),
    event(4, {}, { eventId: 'e\n4' }),
  ]
  queue.publish([event(1, {}), ...bad, event(5, {})], 100)
  expect((await drain()).at(-1)).toMatchObject({ sent: 2, rejected: 3, kept: 0 })
  expect(server.requests.flatMap(read).map(({ id }) => id)).toEqual(['e-1', 'e-5'])
  expect([...queue.deadLetters()].map(({ eventId, reason }) => [eventId, reason])).toEqual([
    ['e-2', 'not sent: CloudEvents does not allow this event_type'],
    ['e-3', 'not sent: CloudEvents does not allow this project_uuid'],
    ['e\n4', 'not sent: CloudEvents does not allow this event_id'],
  ])
})

it('finds the event that the receiver refuses, and keeps to the order', async () => {
  const { queue, server, drain } = await start()
  const all = Array.from({ length: 20 }, (_, index) => event(index + 1, { n: index + 1 }))
  queue.publish(all, 100)
  server.otherwise = (request, response) => {
    const isGuilty = read(request).some(({ id }) => id === 'e-13')
    answers.reply(isGuilty ? 400 : 204)(request, response)
  }
  expect((await drain()).at(-1)).toMatchObject({ sent: 19, rejected: 1, kept: 0 })
  const accepted = server.requests.filter(({ body }) => !body.includes('"id":"e-13"')).flatMap(read)
  expect(accepted.map(({ id }) => id)).toEqual(
    all.map(({ eventId }) => eventId).filter((id) => id !== 'e-13'),
  )
})

it('stays within the limit with what CloudEvents adds to each event', async () => {
  const { queue, server, drain } = await start()
  queue.publish(
    Array.from({ length: 1000 }, (_, index) => event(index, { text: 'x'.repeat(230) })),
    10_000,
  )
  expect((await drain()).at(-1)).toMatchObject({ sent: 1000, kept: 0 })
  expect(server.requests.length).toBeGreaterThan(1)
  for (const { body } of server.requests) expect(Buffer.byteLength(body)).toBeLessThanOrEqual(256 * 1024)
})
