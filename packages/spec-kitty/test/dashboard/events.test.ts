import { describe, expect, it } from 'vitest'
import { readLog } from '../../src/dashboard/project/event-log.js'
import { instantOf, isoOf, toMilliseconds } from '../../src/dashboard/project/timestamps.js'
import { laneEvent } from '../helpers/projects.js'

function read(...lines: readonly string[]) {
  const { lanes, problems } = readAll(...lines)
  return { lanes: Object.fromEntries([...lanes].map(([wp, { lane }]) => [wp, lane])), problems }
}

const AT = '2026-01-01T00:00:00'

function event(id: string, at: string, lane: string): string {
  return laneEvent(0, 'WP01', lane, { event_id: id, at })
}

describe('the last lane', () => {
  it.each([
    ['by time, not by place', [event('1', `${AT}.5Z`, 'done'), event('2', `${AT}Z`, 'claimed')], 'done'],
    [
      'by microseconds',
      [event('2', `${AT}.000002+00:00`, 'done'), event('9', `${AT}.000001+00:00`, 'x')],
      'done',
    ],
    [
      'by the instant, not its text',
      [event('1', '2026-01-01T01:00:00+02:00', 'x'), event('2', '2025-12-31T23:30:00Z', 'done')],
      'done',
    ],
    ['by event_id at the same time', [event('b', `${AT}Z`, 'done'), event('a', `${AT}Z`, 'claimed')], 'done'],
    ['without a zone it is UTC', [event('1', AT, 'done'), event('2', '2025-12-31T23:59:59Z', 'x')], 'done'],
  ])('%s', (_, lines, lane) => {
    expect(read(...lines)).toEqual({ lanes: { WP01: lane }, problems: [] })
  })
})

describe('a package that the log writes in several ways', () => {
  it.each([
    ['WP01', 'wp1', 'WP-001'],
    ['wp-1', 'WP01', 'wp001'],
    ['WP01b', 'wp1B', 'WP-1b'],
  ])('is one, named as it was first: %s, %s, %s', (first, second, third) => {
    const { lanes, facts, created } = readLogOf(
      laneEvent(1, first, 'planned'),
      laneEvent(2, second, 'claimed'),
      laneEvent(3, third, 'for_review'),
      `${JSON.stringify({ kind: 'annotation', event_id: 'n', at: `${AT}Z`, wp_id: third, delta: { note: 'x' } })}\n`,
      `${JSON.stringify({ event_type: 'WPCreated', event_id: 'c', at: `${AT}Z`, payload: { wp_id: second, wp_title: 'T' } })}\n`,
    )
    expect([...lanes].map(([wp, { lane, history }]) => [wp, lane, history.changes.length])).toEqual([
      [first, 'for_review', 3],
    ])
    expect([[...facts.keys()], [...created.keys()]]).toEqual([[first], [first]])
  })

  it('is not one with others', () => {
    const ids = ['WP01', 'WP10', 'WP01a', 'WP01b', 'T01', 't01', 'WP-1-x']
    const { lanes } = readLogOf(...ids.map((id, at) => laneEvent(at, id, 'planned')))
    expect([...lanes.keys()]).toEqual(ids)
  })
})

describe('a line with the event_id of one before', () => {
  const first = laneEvent(1, 'WP01', 'done', { reason: 'so' })
  const note = (delta: object, fields: object = {}) =>
    `${JSON.stringify({ kind: 'annotation', event_id: 'n', at: `${AT}Z`, wp_id: 'WP01', delta, ...fields })}\n`
  const other = { kind: 'MissionCreated', event_id: 'o', at: `${AT}Z` }
  const long = 'long'.repeat(50)

  it.each([
    ['of a lane change', first, first],
    [
      'of a lane change, written another way',
      first,
      JSON.stringify(JSON.parse(first), null, 1).replaceAll('\n', ''),
    ],
    ['of an annotation', note({ note: long }), note({ note: long })],
    ['of another kind', JSON.stringify(other), JSON.stringify(other)],
  ])('is the same event, and counts once: %s', (_, before, line) => {
    expect(read(before, line).problems).toEqual([])
  })

  it.each([
    ['lane', first, laneEvent(1, 'WP01', 'claimed', { reason: 'so' })],
    ['reason', first, laneEvent(1, 'WP01', 'done', { reason: 'no' })],
    ['time', first, laneEvent(1, 'WP01', 'done', { reason: 'so', at: `${AT}Z` })],
    ['package', first, laneEvent(1, 'WP01', 'done', { reason: 'so', wp_id: 'WP02' })],
    ['annotation', note({ note: `${long}1` }), note({ note: `${long}2` })],
    ['package of an annotation', note({}), note({}, { wp_id: 'WP02' })],
    ['kind', note({}), laneEvent(1, 'WP01', 'done', { event_id: 'n', at: `${AT}Z` })],
    ['time of another kind', JSON.stringify(other), JSON.stringify({ ...other, at: `${AT}.5Z` })],
  ])('is another event, which is said and does not count: %s', (_, before, line) => {
    const { event_id: id } = JSON.parse(line) as { readonly event_id: string }
    const { lanes } = read(before)
    expect(read(before, line)).toEqual({
      lanes,
      problems: [`line 2 has the event_id of another event, ${id}, and does not count`],
    })
  })
})

describe('a line', () => {
  it.each([
    ['of another envelope', '{"event_id":"1","type":"MissionCreated","wp_id":"WP01"}', []],
    ['of another envelope without package', '{"event_id":"1","to_lane":"done"}', []],
    ['of blanks', '  \r', []],
    ['that is not JSON', '{"wp_id":', ['line 1 is not a JSON object']],
    ['that is not an object', '["wp_id"]', ['line 1 is not a JSON object']],
    ['that is deep', '['.repeat(100_000), ['line 1 is not a JSON object']],
    [
      'with a number for a package',
      '{"wp_id":1,"to_lane":"done"}',
      ['line 1 has a wp_id that is not a name'],
    ],
    ['with a long package', laneEvent(1, 'x'.repeat(201), 'done'), ['line 1 has a wp_id that is not a name']],
    ['with a lane that is none', laneEvent(1, 'WP01', ' '), ['line 1 has a to_lane that is not a name']],
    ['without event_id', laneEvent(1, 'WP01', 'done', { event_id: 7 }), ['line 1 has no event_id']],
    ['without time', laneEvent(1, 'WP01', 'done', { at: 7 }), ['line 1 does not say when']],
    ['with no time', laneEvent(1, 'WP01', 'done', { at: 'yesterday' }), ['line 1 does not say when']],
    [
      'with a day that is none',
      laneEvent(1, 'WP01', 'done', { at: '2026-02-30T10:00:00Z' }),
      ['line 1 does not say when'],
    ],
  ] as const)('%s says nothing', (_, line, problems) => {
    expect(read(line)).toEqual({ lanes: {}, problems })
  })

  it('may name what JavaScript names too', () => {
    const { lanes } = readAll(laneEvent(1, '__proto__', 'constructor'))
    expect([...lanes]).toMatchObject([
      ['__proto__', { lane: 'constructor', at: '2026-01-01T00:00:01.000000000Z', worktree: null }],
    ])
    expect(({} as { wp_id?: unknown }).wp_id).toBeUndefined()
  })

  it('that is broken does not hide the others, and only ten are named', () => {
    const { lanes, problems } = read(...Array.from({ length: 30 }, () => 'no'), laneEvent(1, 'WP01', 'done'))
    expect([lanes, problems.length, problems.at(-1)]).toEqual([
      { WP01: 'done' },
      11,
      '20 more of its lines are broken',
    ])
  })
})

function readAll(...lines: readonly string[]) {
  const { lanes, files } = readLogOf(...lines)
  return { lanes, problems: files[0]?.problems ?? [] }
}

function readLogOf(...lines: readonly string[]) {
  const log = readLog()
  const file = log.file(null)
  for (const line of lines) file.line(line)
  return log.result()
}

describe('the rest behind the last line', () => {
  const whole = laneEvent(1, 'WP01', 'done').trimEnd()

  it('is not there yet at any length but the whole', () => {
    for (let length = 1; length <= whole.length; length += 1) {
      const log = readLog()
      log.file(null).rest(whole.slice(0, length))
      const { lanes, files } = log.result()
      expect([length, lanes.size, files[0]?.problems, files[0]?.is_unfinished]).toEqual([
        length,
        length === whole.length ? 1 : 0,
        [],
        length < whole.length,
      ])
    }
  })
})

describe('an instant', () => {
  it.each([
    ['2026-01-01T00:00:00Z', '2026-01-01T00:00:00.000000000Z'],
    ['2026-01-01t00:00:00.5z', '2026-01-01T00:00:00.500000000Z'],
    ['2026-01-01 02:00:00.123456789123+0200', '2026-01-01T00:00:00.123456789Z'],
    ['2026-02-30T00:00:00Z', null],
    ['2026-02-29', null],
    ['2024-02-29', '2024-02-29T00:00:00.000000000Z'],
    ['2026-12-31T24:00:00Z', '2027-01-01T00:00:00.000000000Z'],
    ['2026-13-01T00:00:00Z', null],
    ['2026-01-01', '2026-01-01T00:00:00.000000000Z'],
    ['99999-01-01T00:00:00Z', null],
    ['', null],
  ])('%s is %s', (text, instant) => {
    expect(instantOf(text)).toBe(instant)
  })

  it('is told to the millisecond, and what is no date is none', () => {
    expect(toMilliseconds('2026-01-01T00:00:00.123456789Z')).toBe('2026-01-01T00:00:00.123Z')
    expect([isoOf(0), isoOf(9e15), isoOf(Number.NaN)]).toEqual(['1970-01-01T00:00:00.000Z', null, null])
  })
})
