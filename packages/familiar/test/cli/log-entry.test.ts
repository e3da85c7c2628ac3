import { describe, expect, it } from 'vitest'
import { asJson, asStored, asText, timeOf } from '../../src/cli/log-entry.js'
import { LONG_LINE, splitLines, type LinePart } from '../../src/cli/log-lines.js'
import { localTime } from '../../src/cli/since.js'

const whole = (text: string): LinePart => ({ text, isFirst: true, isLast: true })
const entry = (more: object): LinePart => whole(JSON.stringify({ at: AT, ...more }))

const AT = '2026-11-26T10:00:00.000Z'
const TIME = localTime(new Date(AT))

/** A line that would clear the screen, colour it, turn the text round and ring. */
const HOSTILE = `a\u001b[2J\u001b[31m\u009b31m\u202eb\u2028\u0007\rc`
const OBEYED = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/

describe('lines that come in pieces', () => {
  it('are the same as in one piece', () => {
    for (const text of ['', '\n', 'a', 'a\n', 'a\n\n\nb\n', '\n\na', 'é😀\nz\n', 'x\ny\nz']) {
      for (const size of [1, 2, 3, 100]) {
        const lines = splitLines()
        const pieces = Array.from(text).flatMap((_, at, all) =>
          at % size ? [] : [all.slice(at, at + size).join('')],
        )
        const parts = [...pieces.flatMap((piece) => lines.add(piece)), ...lines.end()]
        const expected = text.endsWith('\n') ? text.slice(0, -1).split('\n') : text.split('\n')
        expect([text, size, parts]).toEqual([text, size, text === '' ? [] : expected.map(whole)])
      }
    }
  })

  it('pass a long line on in parts, and are whole again after it', () => {
    const lines = splitLines()
    const long = 'x'.repeat(LONG_LINE)
    const parts = [...lines.add(`a\n${long}`), ...lines.add(long), ...lines.add('y\nb'), ...lines.end()]
    expect(parts.map(({ text, isFirst, isLast }) => [text.length, isFirst, isLast])).toEqual([
      [1, true, true],
      [2 * LONG_LINE, true, false],
      [1, false, true],
      [1, true, true],
    ])
  })
})

describe('an entry', () => {
  it('continues below its event if it is longer than a line of the terminal', () => {
    const show = asText({ hasColor: false, columns: 60 })
    const line = { event: 'started', reason: 'first_start', pid: 7, version: '4.0.0' }
    expect(show(entry(line))).toBe(
      `${TIME}   started           reason=first_start\n${' '.repeat(22)}pid=7  version=4.0.0\n`,
    )
  })

  it('is a line for people: local time, event, text; what is null and a stack trace are left out', () => {
    const show = asText({ hasColor: false })
    const line = { event: 'started', reason: 'first_start', previous_version: null, pid: 7, was: { a: 1 } }
    expect(show(entry(line))).toBe(`${TIME}   started           reason=first_start  pid=7  was={"a":1}\n`)
    const failure = {
      event: 'request_failed',
      path: '/a b',
      why: 'boom\n  twice',
      stack: 'Error: boom\n at x',
    }
    expect(show(entry(failure))).toBe(`${TIME} x request_failed    boom / twice  path="/a b"\n`)
    expect(show(entry({ event: 'record_written_again' }))).toBe(`${TIME} ! record_written_again\n`)
    expect(show(entry({ level: 'error', event: 'odd' }))).toBe(`${TIME} x odd\n`)
    expect(show(whole('FATAL ERROR: heap'))).toBe(`${' '.repeat(TIME.length)} ! FATAL ERROR: heap\n`)
    expect(show(whole('{"at":5,"pid":1}'))).toBe(`${' '.repeat(TIME.length)}                     pid=1\n`)
  })

  it('has a colour if it is a warning or an error, and only then', () => {
    const show = asText({ hasColor: true })
    expect(show(entry({ event: 'start_failed' }))).toContain('\u001b[31mstart_failed')
    expect(show(entry({ event: 'session_refused' }))).toContain('\u001b[33msession_refused')
    expect(show(entry({ event: 'started' }))).not.toMatch(/\u001b\[3\d/)
  })

  it('is what was stored, in a pipe', () => {
    const text = JSON.stringify({ at: AT, event: 'started', odd: '\u009b\u202e', n: 1e3 })
    expect(JSON.parse(asStored(whole(text)))).toEqual(JSON.parse(text))
    expect(asStored(whole('{"n": 12345678901234567890}'))).toBe('{"n": 12345678901234567890}\n')
  })

  it('is an object in JSON, and what is none is an object with its text', () => {
    expect(asJson(entry({ event: 'started' }))).toBe(`{"at":"${AT}","event":"started"}`)
    const deep = `{"a":${'['.repeat(200_000)}${']'.repeat(200_000)}}`
    for (const text of ['', 'x', '42', '"s"', '[1]', 'null', '{"half', '{"a":1} b']) {
      expect(JSON.parse(asJson(whole(text)))).toEqual({ text })
    }
    // Node 26 can read an object of any depth, older ones cannot.
    expect([deep, JSON.stringify({ text: deep })]).toContain(asJson(whole(deep)).trimEnd())
    const long = [
      { text: 'a"\u001b', isFirst: true, isLast: false },
      { text: '\u202e', isFirst: false, isLast: false },
      { text: 'b', isFirst: false, isLast: true },
    ]
    expect(JSON.parse(long.map(asJson).join(''))).toEqual({ text: 'a"\u001b\u202eb' })
  })

  it('cannot act on a terminal, whatever is in it and however it is shown', () => {
    const places = [whole(HOSTILE), entry({ event: HOSTILE, why: HOSTILE, [HOSTILE]: HOSTILE })]
    const parts = [...places, whole(`{"at":"${HOSTILE}`), { text: HOSTILE, isFirst: true, isLast: false }]
    for (const part of parts) {
      for (const show of [asStored, asJson, asText({ hasColor: false })])
        expect(show(part)).not.toMatch(OBEYED)
      expect(asText({ hasColor: true })(part).replaceAll(/\u001b\[(?:2|22|31|33|39)m/g, '')).not.toMatch(
        OBEYED,
      )
    }
    expect(asText({ hasColor: true })(whole('\u001b[31mred'))).toContain('?[31mred')
  })

  it('of any length is one line for people', () => {
    const show = asText({ hasColor: false })
    expect(show(whole('x'.repeat(5_000)))).toMatch(/^ +! x{2000}\.\.\. \(the rest of this line: --json\)\n$/)
    expect(show({ text: 'x'.repeat(5_000), isFirst: false, isLast: true })).toBe('')
  })

  it('has a time if it says one', () => {
    expect(timeOf(JSON.stringify({ at: AT }))?.toISOString()).toBe(AT)
    for (const text of ['', 'x', '{}', '{"at":1}', '{"at":"soon"}', '[]']) expect(timeOf(text)).toBeNull()
  })
})
