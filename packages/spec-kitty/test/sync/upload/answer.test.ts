import { describe, expect, it } from 'vitest'
import { judge, type Reply } from '../../../src/sync/upload/answer.js'
import { oneLine } from '../../../src/sync/upload/one-line.js'
import { part, parts } from '../../helpers/queued.js'

const SECRET = 'token-of-mine'
const READING = { answersPerEvent: true, say: (text: string) => oneLine(text, SECRET) }

function answer(status: number, body: unknown = '', more: Partial<Reply> = {}): Reply {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return { status, location: null, retryAfter: null, body: text, ...more }
}

const results = (...all: unknown[]): unknown => ({ results: all })
const result = (seq: number, status: unknown, more: object = {}): unknown => ({
  event_id: `event-${seq}`,
  status,
  ...more,
})

describe('a success', () => {
  it.for([
    ['success', 'done'],
    ['accepted', 'done'],
    ['warning', 'done'],
    ['duplicate', 'done'],
    ['queued', 'keep'],
    ['pending', 'keep'],
    ['rejected', 'dead'],
    ['SUCCESS', 'keep'],
    ['toString', 'keep'],
    ['__proto__', 'keep'],
    ['', 'keep'],
    [null, 'keep'],
    [true, 'keep'],
    [undefined, 'keep'],
  ])('with the status %j: %s', ([status, outcome]) => {
    const verdict = judge([part(1)], answer(200, results(result(1, status))), READING)
    expect(verdict.settled).toMatchObject([{ seq: 1, outcome }])
    expect(verdict).toMatchObject({ again: [], next: 'go_on' })
  })

  const NO_IDS: readonly unknown[] = [
    {},
    [],
    [1],
    null,
    true,
    { toString: 0 },
    { toString: null, valueOf: null },
  ]
  it.for(NO_IDS)('is about no event with the id %j', (id) => {
    const said = results({ event_id: id, status: 'success' })
    expect(judge([part(1)], answer(200, said), READING).settled).toMatchObject([{ seq: 1, outcome: 'keep' }])
  })

  it('gives each event what is said of it, in whatever order, and keeps what is missing', () => {
    const said = results(
      result(3, 'rejected', { error: 'no', error_category: 'schema' }),
      result(9, 'success'),
      result(1, 'success'),
    )
    expect(judge(parts(3), answer(200, said), READING)).toEqual({
      settled: [
        { seq: 1, outcome: 'done' },
        { seq: 2, outcome: 'keep', error: 'the server said nothing of it' },
        { seq: 3, outcome: 'dead', reason: 'no', category: 'schema' },
      ],
      again: [],
      next: 'go_on',
      error: 'the server said nothing of 1 of 3 events',
    })
  })

  it.for([
    [['pending', 'success', 'queued'], 'the server keeps 2 of 3 events waiting'],
    [
      ['pending', 'gnarf\u0007', 'gnarf\u0007'],
      'the server said "gnarf?" of 2 of 3 events, an unknown status',
    ],
    [['success', 'toString', null], 'the server said "toString" of 1 of 3 events, an unknown status'],
    [['success', 'rejected', 'duplicate'], null],
  ] as const)('tells what the server said of the events that stay: %j', ([statuses, error]) => {
    const said = results(
      ...statuses.flatMap((status, at) => (status === null ? [] : [result(at + 1, status)])),
    )
    expect(judge(parts(3), answer(200, said), READING).error).toBe(error)
  })

  it.for([
    ['no JSON', 'OK'],
    ['half of it', '{"results": [{"event_id": "event-1", "status": "succ'],
    ['no results', {}],
    ['results that are not a list', { results: { 'event-1': 'success' } }],
    ['a list of other things', { results: [null, 1, 'event-1', [], ['event-1', 'success']] }],
    ['other events', results(result(7, 'success'))],
    ['a list without ids', results({ status: 'success' })],
    ['an array', [result(1, 'success')]],
    ['deep nesting', '['.repeat(100_000)],
  ] as const)('with %s keeps all, and waits', ([, body]) => {
    const verdict = judge(parts(2), answer(200, body), READING)
    expect(verdict.settled.map(({ outcome }) => outcome)).toEqual(['keep', 'keep'])
    const isJson = typeof body !== 'string'
    const what = isJson ? 'not what became of the events' : 'its answer is not JSON, or not all of it'
    expect(verdict).toMatchObject({
      next: 'back_off',
      whole: 'status 200',
      error: `the server answered 200, but ${what}`,
    })
  })

  it('that was too long to be read keeps all', () => {
    const verdict = judge(parts(2), answer(200, '', { body: null }), READING)
    expect(verdict).toMatchObject({
      settled: [{ outcome: 'keep' }, { outcome: 'keep' }],
      next: 'back_off',
      whole: 'long',
      error: 'the server answered 200, but its answer was longer than 4 MiB',
    })
  })

  it.for([200, 201, 202, 204, 207, 299])('in a format without results means all of it: %d', (status) => {
    const verdict = judge(parts(2), answer(status, 'whatever'), { ...READING, answersPerEvent: false })
    expect(verdict).toEqual({
      settled: [
        { seq: 1, outcome: 'done' },
        { seq: 2, outcome: 'done' },
      ],
      again: [],
      next: 'go_on',
      error: null,
    })
  })

  it.each([
    [
      '<!DOCTYPE html>\n<html><title>Welcome to\nthe hotel</title>',
      'with a web page ("Welcome to the hotel")',
    ],
    ['  <HTML><body>Sign in', 'with a web page'],
    [`<?xml version="1.0"?>\n<html><title>${SECRET}</title>`, 'with a web page ("***")'],
  ])('that is a web page is none, whatever the server should answer: %j', (page, words) => {
    for (const answersPerEvent of [true, false]) {
      const verdict = judge([part(1)], answer(200, page), { ...READING, answersPerEvent })
      expect(verdict.settled).toMatchObject([{ outcome: 'keep' }])
      expect(verdict).toMatchObject({ next: 'back_off', kind: 'address' })
      expect(verdict.error).toContain(`the server answered 200 ${words}`)
    }
  })

  it('of a batch as a whole is not one for the events that it rejects', () => {
    const reply = answer(200, results(result(1, 'rejected'), result(2, 'success'), result(3, 'pending')))
    const verdict = judge(parts(3), reply, { ...READING, answersPerEvent: false })
    expect(verdict.settled.map(({ outcome }) => outcome)).toEqual(['dead', 'done', 'keep'])
  })
})

describe('an answer to all of it', () => {
  it.for([
    [401, 'refresh'],
    [403, 'refuse'],
    [408, 'back_off'],
    [429, 'back_off'],
    [500, 'back_off'],
    [502, 'back_off'],
    [503, 'back_off'],
    [504, 'back_off'],
    [599, 'back_off'],
    [404, 'back_off'],
    [405, 'back_off'],
    [415, 'back_off'],
    [418, 'back_off'],
    [301, 'back_off'],
    [302, 'back_off'],
    [307, 'back_off'],
    [308, 'back_off'],
    [100, 'back_off'],
    [999, 'back_off'],
    [0, 'back_off'],
  ] as const)('%d keeps it: %s', ([status, next]) => {
    for (const body of ['', 'garbage', results(result(1, 'success'))]) {
      const verdict = judge(parts(2), answer(status, body), READING)
      expect(verdict.settled.map(({ outcome }) => outcome)).toEqual(['keep', 'keep'])
      expect(verdict).toMatchObject({ next, again: [] })
      expect(verdict.error).toContain(String(status))
    }
  })

  it('points to the address where a server says that it knows nothing of this, and else to the server', () => {
    const kindOf = (status: number, body: unknown = '') => judge(parts(2), answer(status, body), READING).kind
    for (const status of [301, 302, 307, 308, 404, 405, 410])
      expect([status, kindOf(status)]).toEqual([status, 'address'])
    for (const body of ['', '<!doctype html>', {}, results()]) expect(kindOf(200, body)).toBe('address')
    // What answers is there, and waiting for it to come back is no advice.
    for (const status of [409, 415, 422]) expect([status, kindOf(status)]).toEqual([status, 'address'])
    for (const status of [401, 403, 408, 429, 500, 503])
      expect([status, kindOf(status)]).toEqual([status, undefined])
    expect(kindOf(200, results(result(1, 'queued')))).toBe(undefined)
  })

  it('names where a redirect leads, without what may be secret in it', () => {
    const location = `https://user:password@elsewhere.test/path?code=secret#${SECRET}`
    const { error } = judge([part(1)], answer(302, '', { location }), READING)
    expect(error).toBe(
      'the server answered 302, a redirect to https://elsewhere.test/path: redirects are not followed',
    )
  })

  it.for([
    [{ message: 'slow down' }, 'the server answered 429 ("slow down")'],
    [{ detail: 'slow down' }, 'the server answered 429 ("slow down")'],
    [{ error: 'slow down' }, 'the server answered 429 ("slow down")'],
    [{ error: { text: 'slow down' } }, 'the server answered 429'],
    ['slow down', 'the server answered 429'],
    [{ error: `for ${SECRET}\n\u001b[31m` }, 'the server answered 429 ("for *** ?[31m")'],
  ] as const)('tells what the server says: %j', ([body, error]) => {
    expect(judge([part(1)], answer(429, body), READING).error).toBe(error)
  })
})

describe('413', () => {
  it.for([
    [2, [1, 1]],
    [3, [2, 1]],
    [1000, [500, 500]],
  ] as const)('halves %d', ([count, halves]) => {
    const { settled, again, next } = judge(parts(count), answer(413), READING)
    expect({ settled, next, halves: again.map(({ length }) => length) }).toEqual({
      settled: [],
      next: 'go_on',
      halves,
    })
    expect(again.flat()).toEqual(parts(count))
  })

  it('for one event alone makes it a dead letter', () => {
    expect(judge([part(1)], answer(413), READING)).toEqual({
      settled: [
        {
          seq: 1,
          outcome: 'dead',
          reason: `too large for the server: ${part(1).bytes} bytes`,
          category: null,
        },
      ],
      again: [],
      next: 'go_on',
      error: `too large for the server: ${part(1).bytes} bytes`,
    })
  })

  it('for one event alone keeps the words of the server, beside the size', () => {
    for (const [body, words] of [
      ['{"error":"code 413"}', '("code 413")'],
      ['<html><title>No</title>', 'with a web page ("No")'],
    ] as const)
      expect(judge([part(1)], { ...answer(413), body }, READING).settled).toMatchObject([
        {
          outcome: 'dead',
          reason: `the server answered 413 ${words}, for an event of ${part(1).bytes} bytes`,
        },
      ])
  })
})

describe('400', () => {
  it.for([
    ['a list', { error: 'bad', details: [{ event_id: 'event-2', error: 'no type' }] }],
    [
      'a list as text',
      { error: 'bad', details: JSON.stringify([{ event_id: 'event-2', reason: 'no type' }]) },
    ],
    ['results', results(result(1, 'success'), result(2, 'rejected', { error_message: 'no type' }))],
  ] as const)('with %s rejects those that it names, and sends the others again', ([, body]) => {
    const { settled, again, next } = judge(parts(3), answer(400, body), READING)
    expect(settled).toEqual([{ seq: 2, outcome: 'dead', reason: 'no type', category: null }])
    expect(again.map((batch) => batch.map(({ seq }) => seq))).toEqual([[1, 3]])
    expect(next).toBe('go_on')
  })

  it.for([
    ['nothing', ''],
    ['an error', { error: 'bad request' }],
    ['details as words', { error: 'bad request', details: 'one of them' }],
    ['details of other events', { details: [{ event_id: 'event-9', error: 'no' }, null, 'event-1'] }],
  ] as const)('with %s looks for the guilty one', ([, body]) => {
    const { settled, again } = judge(parts(4), answer(400, body), READING)
    expect(settled).toEqual([])
    expect(again.map((batch) => batch.map(({ seq }) => seq))).toEqual([
      [1, 2],
      [3, 4],
    ])
  })

  it('for one event alone makes it a dead letter with the words of the server', () => {
    const { settled } = judge([part(1)], answer(400, { error: 'no type' }), READING)
    expect(settled).toEqual([
      { seq: 1, outcome: 'dead', reason: 'the server answered 400 ("no type")', category: null },
    ])
  })

  it('names all: nothing is left to send again', () => {
    const body = { details: [1, 2].map((seq) => ({ event_id: `event-${seq}`, error: 'no' })) }
    expect(judge(parts(2), answer(400, body), READING)).toMatchObject({ again: [], next: 'go_on' })
  })
})

it.for([
  ['a', 'a'],
  ['  a \n\t b ', 'a b'],
  [`${SECRET} and ${SECRET}`, '*** and ***'],
  ['see https://u:p@h.test:8443/x?y=z#f now', 'see https://h.test:8443/x now'],
  ['"http://h.test/?token=1"', '"http://h.test/"'],
  ['\u001b]0;x\u0007\u202e', '?]0;x??'],
  ['x'.repeat(1000), `${'x'.repeat(299)}…`],
  [`${'x'.repeat(50_000)}https://`, `${'x'.repeat(299)}…`],
] as const)('one line of %j', ([text, line]) => {
  expect(oneLine(text, SECRET)).toBe(line)
})

it('one line hides a secret also as it stands in a URL and in JSON', () => {
  const secret = 'to/k+en"='
  const forms = [secret, encodeURIComponent(secret), encodeURI(secret), JSON.stringify({ secret })]
  expect(oneLine(forms.join(' '), secret)).toBe('*** *** *** {"secret":"***"}')
})
