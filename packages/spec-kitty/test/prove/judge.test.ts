import { describe, expect, it } from 'vitest'
import type { Cast } from '../../../../prove/dist/kill-safety/cast.js'
import type { Doer } from '../../../../prove/dist/kill-safety/doer.js'
import { judge } from '../../../../prove/dist/kill-safety/judge.js'
import { STRANGER } from '../../../../prove/dist/kill-safety/truth.js'

const PID = 65
const CAST: Cast = {
  actors: [],
  add: () => {
    throw new Error('the stage is empty')
  },
  look: () => undefined,
  find: () => null,
  idle: [],
  cleaners: [],
}

/** A command that became the program `reader` under a pid, and sent SIGKILL to that pid; null: it did not. */
function doer(name: string, startedAt: number | null, killedAt: number | null): Doer {
  const became = startedAt === null ? [] : [{ at: startedAt, pid: PID, words: 'reader' }]
  const kill = { from: 51, call: 'kill', to: PID, signal: 'SIGKILL', hasArrived: true, isToNobody: false }
  return {
    name,
    asked: { intent: 'start', scope: '/r0', vantage: 'here', port: null },
    startedAt: 0,
    over: null,
    command: null,
    trace: { became, looked: [], sent: killedAt === null ? [] : [{ ...kill, at: killedAt }] },
    before: null,
    after: null,
    isBusy: false,
  }
}

describe('a command that ends what it has started itself', () => {
  it('is right, also if a child of another command had the same pid before', () => {
    const doers = [doer('restart', 200, 250), doer('start', 100, 150)]
    expect(judge(CAST, doers).wrongful).toEqual([])
  })

  it('is wrong once a child of another command has that pid', () => {
    const doers = [doer('restart', 200, null), doer('start', 100, 250)]
    expect(judge(CAST, doers).wrongful).toEqual(['start sent SIGKILL to reader (kill 65)'])
  })

  it.each([
    ['is right if an actor with that pid had ended before its child began', 150, []],
    ['is wrong while that actor lives', null, ['start sent SIGKILL to web (kill 65)']],
  ])('%s', (_, endedByTrialAt, wrongful) => {
    const truths = [{ from: 0, truth: STRANGER }]
    const web = {
      name: 'web',
      kind: 'web',
      plan: null,
      pid: PID,
      ticks: '1',
      bornAt: 0,
      birth: 0,
      port: null,
    }
    const more = { sockets: [], child: null, parent: null, truths, isDisturbed: true, ending: null }
    const cast: Cast = { ...CAST, actors: [{ ...web, ...more, endedByTrialAt }] }
    expect(judge(cast, [doer('start', 200, 250)]).wrongful).toEqual(wrongful)
  })
})
