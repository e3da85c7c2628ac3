import { array, assert, constantFrom, property } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BatchSizes, type FailedBatch } from '../../../src/sync/upload/batch-sizes.js'
import type { WholeFailure } from '../../../src/sync/upload/upload-types.js'

/** The event that is named, and what was said of the last failure. */
interface Told {
  readonly named: string | null
  readonly said: string
}

/** What fails, whether an event is named as the cause, and who waits. */
describe('the cause', () => {
  const PLACES: Readonly<Record<string, number>> = { a: 0, b: 1000, c: 2000 }
  const failure = (whole: WholeFailure, events: number, at: number, place: number): FailedBatch => ({
    whole,
    events,
    firstId: `e-${at}`,
    last: place + at + events - 1,
    error: 'the server answered 500',
  })
  /**
   * `aN@M`: N events of project A from the M-th on fail. `b`: of B. `A3`: the server answers for A up to the third. `A3=`: it
   * answers for this event alone, and does not take it yet.
   */
  const play = (steps: string, whole: WholeFailure = 'status 500', behind = 1): readonly Told[] => {
    const known = new BatchSizes()
    let said = ''
    return steps.split(' ').map((step) => {
      const project = step[0]?.toLowerCase() ?? ''
      const place = PLACES[project] ?? 0
      if (/^[ABC]/.test(step)) {
        const last = place + parseInt(step.slice(1), 10)
        known.heard([last])
        if (!step.endsWith('=')) known.heard([last - 1])
        known.answered(project, last, 0)
        said = ''
      } else {
        const [events = 0, at = 0] = step
          .slice(1)
          .split('@')
          .map((part) => parseInt(part, 10))
        const batch = failure(step.endsWith('!') ? 'cut' : whole, events, at, place)
        said = known.failed(project, batch, behind).error
      }
      const stuck = known.stuck()
      return { named: stuck === null ? null : `${stuck.project}:${stuck.eventId}`, said }
    })
  }
  it.each([
    ['alone from the start', 'a1@1 a1@1 a1@1', null],
    ['alone from the start, another project is answered', 'a1@1 a1@1 a1@1 a1@1 B1 a1@1', 'a:e-1'],
    ['alone from the start, another project is answered twice', 'a1@1 B1 a1@1 B2 a1@1', 'a:e-1'],
    ['the same, and its project alone goes on', 'a1@1 a1@1 B1 a1@1 a1@1 a1@1 a1@1 a1@1 a1@1', 'a:e-1'],
    ['alone from the start, another project was answered before', 'B1 a1@1 a1@1 a1@1 a1@1', null],
    ['alone, after those of its project', 'A1 a1@2 a1@2 a1@2 a1@2', null],
    ['alone, and once it is kept', 'a1@1 A1= a1@1 a1@1 a1@1', null],
    ['alone, and it is kept between', 'a1@1 a1@1 a1@1 A1= a1@1', null],
    ['alone, and kept is an event of another project', 'a1@1 a1@1 a1@1 B1= a1@1', 'a:e-1'],
    ['in a batch, after those before it', 'a4@1 a4@1 a4@1 A2 a2@3 a1@3 a1@3 a1@3', 'e-3?'],
    ['the same, another project is answered', 'a4@1 a4@1 a4@1 A2 a2@3 a1@3 a1@3 B1 a1@3', 'a:e-3'],
    ['everything, from the start', 'a20@1 a20@1 a20@1 a10@1 a5@1 a2@1 a1@1 a1@1 a1@1', null],
    ['everything, after a success', 'a20@1 a20@1 a20@1 A10 a10@11 a5@11 a2@11 a1@11 a1@11 a1@11', 'e-11?'],
    ['everything, in two projects', 'a1@1 b1@1 a1@1 b1@1 a1@1 b1@1', null],
    ['everything, in two projects, after a success', 'C1 a1@1 b1@1 a1@1 b1@1 a1@1 b1@1', null],
    ['an event, then everything', 'a1@1 a1@1 B1 a1@1 b1@2', null],
    ['an event, then everything, again and again', 'a1@1 a1@1 B1 a1@1 b1@2 a1@1 b1@2 a1@1 b1@2', null],
    ['two events in two projects', 'a1@1 a1@1 a1@1 b1@1 b1@1 b1@1 a1@1 C1 a1@1 b1@1', 'a:e-1'],
    ['the same, and the first is answered for', 'a1@1 a1@1 a1@1 b1@1 b1@1 b1@1 C1 a1@1 b1@1 A1', 'b:e-1'],
    ['it is answered for in the end', 'a1@1 a1@1 B1 a1@1 A1', null],
  ] as const)('%s: %s -> %s', (_, steps, expected) => {
    const { named, said } = play(steps).at(-1) ?? {}
    const suspect =
      /to event (\S+) even when it is sent by itself; the cause is the server, or this event$/.exec(
        said ?? '',
      )
    expect(named ?? (suspect === null ? null : `${suspect[1]}?`)).toBe(expected)
  })

  it('may be an event only after others of its batch were answered for: any sequence', () => {
    const step = constantFrom('a1@1', 'a2@1', 'a4@1', 'b1@7', 'B7', 'B7=')
    assert(
      property(array(step, { minLength: 1, maxLength: 30 }), (steps) => {
        expect(play(steps.join(' ')).every(({ said }) => !said.includes('the cause is'))).toBe(true)
      }),
    )
  })

  it('is told with the events that wait behind it, and with no others', () => {
    const steps = 'a1@1 a1@1 B1 a1@1'
    const said = 'the server answers 500 to event e-1 even when it is sent by itself'
    expect(play(steps).at(-1)?.said).toMatch(
      new RegExp(`^${said}; the events of this project behind it wait; it answered for others at [^;]+$`),
    )
    expect(play(steps, 'status 500', 0).at(-1)?.said).toMatch(
      new RegExp(`^${said}; it answered for others at [^;]+$`),
    )
  })

  it('is none of a slow line, or without an answer', () => {
    for (const whole of ['timeout', 'cut'] as const)
      expect(play('a1@1 a1@1 B1 a1@1 a1@1', whole).at(-1)).toEqual({
        named: null,
        said: 'the server answered 500',
      })
  })

  it('is not known of whatever the server answers, unless others were answered: any sequence', () => {
    const step = constantFrom('a1@1', 'a2@1', 'b1@7', 'b3@7')
    assert(
      property(array(step, { minLength: 1, maxLength: 30 }), (steps) => {
        expect(play(steps.join(' ')).every(({ named }) => named === null)).toBe(true)
      }),
    )
  })

  it('is no event after whose first failure alone the server has answered for no other: any sequence', () => {
    const step = constantFrom('a1@1', 'a2@1', 'A1', 'A1=', 'a1@5', 'b1@7', 'B7', 'B7=')
    assert(
      property(array(step, { minLength: 1, maxLength: 40 }), (steps) => {
        play(steps.join(' ')).forEach(({ named }, at) => {
          if (named === null) return
          const own = `${named[0]}1@${named.slice(4)}`
          const rest: readonly string[] = steps.slice(0, at + 1)
          // It is answered for, or another one of its project is tried.
          const begun = rest.findLastIndex(
            (one) => one.toLowerCase().startsWith(own.slice(0, 1)) && one !== own,
          )
          const since = rest.slice(rest.indexOf(own, begun + 1))
          expect(since.some((one) => /^[AB]/.test(one))).toBe(true)
        })
      }),
    )
  })

  it('is never an event that failed less than three times alone, or that was answered for: any sequence', () => {
    const step = constantFrom('a1@1', 'a2@1', 'A1', 'b1@7', 'B7')
    assert(
      property(array(step, { minLength: 1, maxLength: 40 }), (steps) => {
        play(steps.join(' ')).forEach(({ named }, at) => {
          if (named === null) return
          const [project = ''] = named
          const own = steps.slice(0, at + 1).filter((one) => one.toLowerCase().startsWith(project))
          expect(own.slice(-3)).toEqual(Array(3).fill(project === 'a' ? 'a1@1' : 'b1@7'))
        })
      }),
    )
  })
})
