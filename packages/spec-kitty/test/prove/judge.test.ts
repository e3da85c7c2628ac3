import { describe, expect, it } from 'vitest'
import type { Cast } from '../../../../prove/dist/kill-safety/cast.js'
import type { Doer } from '../../../../prove/dist/kill-safety/doer.js'
import { judge } from '../../../../prove/dist/kill-safety/judge.js'

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
})
