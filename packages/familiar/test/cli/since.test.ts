import { describe, expect, it } from 'vitest'
import { localTime, momentOf } from '../../src/cli/since.js'

const NOW = new Date(2026, 10, 26, 14, 5, 9)

/** Local, as people write it. */
const local = (text: string): string | null => {
  const found = momentOf(text, NOW)
  return found === null ? null : localTime(found)
}

describe('--since', () => {
  it.each([
    ['2h', '2026-11-26 12:05:09'],
    ['30m', '2026-11-26 13:35:09'],
    ['90s', '2026-11-26 14:03:39'],
    ['1h30m', '2026-11-26 12:35:09'],
    ['2d', '2026-11-24 14:05:09'],
    ['1w', '2026-11-19 14:05:09'],
    ['0s', '2026-11-26 14:05:09'],
    ['2026-11-25', '2026-11-25 00:00:00'],
    ['2026-11-25T09:30', '2026-11-25 09:30:00'],
    ['2026-11-25 9:30:15', '2026-11-25 09:30:15'],
    ['2026-11-25t09:30:15.250', '2026-11-25 09:30:15'],
    ['9:30', '2026-11-26 09:30:00'],
    ['14:05:09', '2026-11-26 14:05:09'],
    ['23:00', '2026-11-25 23:00:00'],
    ['2027-01-01', '2027-01-01 00:00:00'],
  ])('%s is local time, and a time of day is the last one', (text, expected) => {
    expect(local(text)).toBe(expected)
  })

  it('takes a time zone', () => {
    for (const zone of ['Z', 'z', '+00:00', '-0000']) {
      expect([zone, momentOf(`2026-11-25T09:30${zone}`, NOW)?.toISOString()]).toEqual([
        zone,
        '2026-11-25T09:30:00.000Z',
      ])
    }
    expect(momentOf('2026-11-25T09:30+02:00', NOW)?.toISOString()).toBe('2026-11-25T07:30:00.000Z')
  })

  it('crosses a change of the clocks by the calendar', () => {
    const early = new Date(2026, 2, 29, 1, 0, 0)
    expect(localTime(momentOf('23:00', early) ?? early)).toBe('2026-03-28 23:00:00')
  })

  it.each([
    '',
    ' ',
    'yesterday-ish',
    '2',
    'h',
    '-2h',
    '2 h',
    '2H',
    '2h ago',
    '99999999999999w',
    '2026-02-30',
    '2026-13-01',
    '2026-11-25T25:00',
    '24:61',
    '24:00',
    '2026-11-25T24:00',
    '-1h',
    '2026-11-25T09:30 Europe/Berlin',
    '1764150000',
    '２h',
  ])("'%s' means nothing", (text) => {
    expect(momentOf(text, NOW)).toBeNull()
  })
})
