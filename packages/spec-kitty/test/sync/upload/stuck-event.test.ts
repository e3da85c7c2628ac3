import { array, assert, constantFrom, property } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BatchSizes, type FailedBatch } from '../../../src/sync/upload/batch-sizes.js'
import type { WholeFailure } from '../../../src/sync/upload/upload-types.js'

/** What fails, whether an event is named as the cause, and who waits. */
describe('the cause', () => {
  const failure = (whole: WholeFailure, events: number, at: number): FailedBatch => ({
    whole,
    events,
    firstId: `e-${at}`,
    last: at + events - 1,
    error: 'the server answered 500',
  })
  /** `aN@M`: N events of project A from the M-th on fail. `b`: of B. `A3`: the server answers for A up to the third. */
  const play = (steps: string, whole: WholeFailure = 'status 500'): readonly (string | null)[] => {
    const known = new BatchSizes()
    return steps.split(' ').map((step) => {
      const project = step[0]?.toLowerCase() ?? ''
      if (/^[AB]/.test(step)) {
        known.heard()
        known.answered(project, Number(step.slice(1)), 0)
      } else {
        const [events = 0, at = 0] = step.slice(1).split('@').map(Number)
        known.failed(project, failure(step.endsWith('!') ? 'cut' : whole, events, parseInt(String(at), 10)))
      }
      const stuck = known.stuck()
      return stuck === null ? null : `${stuck.project}:${stuck.eventId}`
    })
  }
  it.each([
    ['alone from the start', 'a1@1 a1@1 a1@1 a1@1', null],
    ['alone from the start, another project is answered', 'a1@1 a1@1 a1@1 a1@1 B1 a1@1', 'a:e-1'],
    ['the same, and its project alone goes on', 'a1@1 a1@1 B1 a1@1 a1@1 a1@1 a1@1 a1@1 a1@1', 'a:e-1'],
    ['in a batch, after those before it', 'a4@1 a4@1 a4@1 A2 a2@3 a1@3 a1@3 a1@3', 'a:e-3'],
    ['everything, from the start', 'a20@1 a20@1 a20@1 a10@1 a5@1 a2@1 a1@1 a1@1 a1@1', null],
    ['everything, after a success', 'a20@1 a20@1 a20@1 A10 a10@11 a5@11 a2@11 a1@11 a1@11 a1@11 a1@11', null],
    ['everything, in two projects', 'a1@1 b1@1 a1@1 b1@1 a1@1 b1@1', null],
    ['an event, then everything', 'a1@1 a1@1 B1 a1@1 b1@2', null],
    ['two events in two projects', 'a1@1 a1@1 a1@1 b1@1 b1@1 b1@1 B9 a1@1 b1@10 b1@10 b1@10', 'b:e-10'],
    ['it is answered for in the end', 'a1@1 a1@1 B1 a1@1 A1', null],
  ] as const)('%s: %s -> %s', (_, steps, named) => {
    expect(play(steps).at(-1)).toBe(named)
  })

  it('is none of a slow line, or without an answer', () => {
    expect(play('a1@1 a1@1 B1 a1@1 a1@1', 'timeout').at(-1)).toBeNull()
    expect(play('a1@1 a1@1 B1 a1@1 a1@1', 'cut').at(-1)).toBeNull()
  })

  it('is not known of whatever the server answers, unless others were answered: any sequence', () => {
    const step = constantFrom('a1@1', 'a2@1', 'b1@7', 'b3@7')
    assert(
      property(array(step, { minLength: 1, maxLength: 30 }), (steps) => {
        expect(play(steps.join(' ')).every((named) => named === null)).toBe(true)
      }),
    )
  })

  it('is never an event that failed less than three times alone, or that was answered for: any sequence', () => {
    const step = constantFrom('a1@1', 'a2@1', 'A1', 'b1@7', 'B7')
    assert(
      property(array(step, { minLength: 1, maxLength: 40 }), (steps) => {
        play(steps.join(' ')).forEach((named, at) => {
          if (named === null) return
          const [project = ''] = named
          const own = steps.slice(0, at + 1).filter((one) => one.toLowerCase().startsWith(project))
          expect(own.slice(-3)).toEqual(Array(3).fill(project === 'a' ? 'a1@1' : 'b1@7'))
        })
      }),
    )
  })
})
