import { describe, expect, it } from 'vitest'
import type { NowPackage, NowReply, WaitingPackage } from '../../src/dashboard/api.js'
import { oncePerPackage, summariseNow, waitingWord } from '../../src/dashboard/ui/now-words.js'
import { shortAgent } from '../../src/dashboard/ui/agent-names.js'
import { countNeeding, newlyAsked, newlyStalled, newlyWaiting } from '../../src/dashboard/ui/newly-waiting.js'
import { waitingPackage, workingPackage } from './large-project.js'
import { NOTHING_NOW } from './stand-in-server.js'

describe('what happens now', () => {
  const counts = { working: 2, waiting: 1, stalled: 0, ready_to_merge: 1, decisions: 0 }
  const now = (...waiting: Partial<WaitingPackage>[]) =>
    ({ waiting, working: [], counts }) as unknown as NowReply

  const nowOf = (waits: readonly WaitingPackage[], stalled: readonly NowPackage[]): NowReply => ({
    ...NOTHING_NOW,
    waiting: waits,
    stalled,
    counts: { ...NOTHING_NOW.counts, waiting: waits.length, stalled: stalled.length },
  })

  it('is said in one line', () => {
    expect(summariseNow(now())).toBe('1 waits for you, 2 at work, 1 mission to merge')
    expect(waitingWord('review_abandoned')).toBe('Review left')
    expect(waitingWord('toString')).toBe('toString')
  })

  it('says how many of those at work are proven to run', () => {
    const said = (...livenesses: readonly string[]) =>
      summariseNow({
        working: livenesses.map((liveness) => ({ process: { liveness } })),
        counts: { ...counts, waiting: 0, ready_to_merge: 0, working: livenesses.length },
      } as unknown as NowReply)
    expect(said('running', 'running')).toBe('2 at work')
    expect(said('running', 'unknown')).toBe('2 at work (1 proven to run)')
    expect(said('unknown')).toBe('1 at work (none proven to run)')
  })

  it('has each package once', () => {
    const place = (id: string) => ({ mission: { id: 'm', title: 'M' }, id })
    const reply = {
      waiting: [
        { ...place('WP01'), why: 'sent_back' },
        { ...place('WP02'), why: 'sent_back' },
      ],
      working: [place('WP01'), place('WP03')],
      stalled: [place('WP02'), { ...place('WP02'), mission: { id: 'n', title: 'N' } }],
      counts: { working: 2, waiting: 2, stalled: 2, ready_to_merge: 0 },
    } as unknown as NowReply
    expect(oncePerPackage(reply)).toMatchObject({
      working: [{ id: 'WP03' }],
      stalled: [{ mission: { id: 'n' } }],
      counts: { working: 1, waiting: 2, stalled: 1 },
    })
  })

  it('needs the reader once for each package that waits or has stalled', () => {
    const one = waitingPackage('WP01', 'm')
    const [two, other] = [workingPackage('WP02', 'm'), workingPackage('WP02', 'n')]
    const before = nowOf([one], [])
    expect(countNeeding(before)).toBe(1)
    expect(countNeeding(nowOf([one], [two, other]))).toBe(3)
    expect(countNeeding(nowOf([one], [two, one]))).toBe(2)
    expect(newlyStalled(before, nowOf([one], [two, one]))).toEqual([two])
    expect(newlyStalled(nowOf([], [two]), nowOf([], [two, other]))).toEqual([other])
    expect(newlyStalled(nowOf([], [two]), before)).toEqual([])
  })

  it('needs the reader for each open decision, which is news once', () => {
    const decision = {
      mission: { id: 'm', title: 'M' },
      id: 'D1',
      question: 'Which port?',
      asked_at: null,
      document: null,
    }
    const asked: NowReply = {
      ...NOTHING_NOW,
      decisions: [decision],
      counts: { ...NOTHING_NOW.counts, decisions: 1 },
    }
    expect(summariseNow(asked)).toBe('1 waits for you')
    expect(countNeeding(asked)).toBe(1)
    expect(newlyAsked(NOTHING_NOW, asked)).toEqual([decision])
    expect(newlyAsked(asked, asked)).toEqual([])
  })

  it('is news once for each package and reason', () => {
    const one = { id: 'WP01', mission: { id: 'm', title: 'M' }, why: 'blocked' } as const
    expect(newlyWaiting(now(one), now(one))).toEqual([])
    expect(newlyWaiting(now(one), now({ ...one, why: 'for_review' }))).toHaveLength(1)
    expect(newlyWaiting(now(one), now(one, { ...one, id: 'WP02' }))).toHaveLength(1)
  })

  it.each([
    ['badger:large-1:reviewer-x:reviewer', 'badger'],
    ['crane', 'crane'],
    [':x', ':x'],
  ])('names the agent %s shortly', (agent, short) => expect(shortAgent(agent)).toBe(short))
})
