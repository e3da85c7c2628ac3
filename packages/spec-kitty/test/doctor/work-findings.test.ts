import { expect, it } from 'vitest'
import { workFindings } from '../../src/doctor/work-findings.js'
import type { WhyReason } from '../../src/sync/why-nothing-leaves.js'
import type { WorkView } from '../../src/sync/work-view.js'

const VIEW = {
  isDaemonRunning: true,
  queue: { queued: 1, oldestAt: new Date(0).toISOString(), deadLetters: 0, held: [] },
  queueProblem: null,
  maxQueueSize: 2,
  why: null,
  settings: { problems: [] },
  homeProblem: null,
} as unknown as WorkView

function idsOf(changes: Partial<WorkView>, now = 0): readonly string[] {
  return workFindings({ ...VIEW, ...changes }, null, now).map(({ id }) => id)
}

function because(reason: WhyReason): Partial<WorkView> {
  return { why: { reason, sentence: 'so it is', command: 'spec-kitty sync status', isAll: true } }
}

it('says in the words of the status that nothing leaves although it should', () => {
  for (const reason of ['session_refused', 'other_server', 'insecure_server', 'backing_off'] as const) {
    const [found] = workFindings({ ...VIEW, ...because(reason) }, null, 0)
    expect(found).toMatchObject({ id: 'F-018', severity: 'warn', summary: 'nothing leaves: so it is' })
  }
})

it('says nothing of a sync that nobody turned on, and nothing twice', () => {
  for (const reason of ['hosted_sync_disabled', 'no_consent', 'no_session', 'queue_unusable'] as const) {
    expect(idsOf(because(reason))).toEqual([])
  }
  expect(idsOf(because('session_refused'), 48 * 3_600_000)).toEqual(['F-009'])
})

it('says that the queue is full', () => {
  expect(idsOf({ maxQueueSize: 1 })).toEqual(['F-019'])
  const [found] = workFindings({ ...VIEW, maxQueueSize: 1 }, null, 0)
  expect(found?.summary).toBe('the queue is full: 1 of 1 event waits')
})

it('says that nothing can be written to the home, unless a daemon runs; it is a problem only with hosted sync', () => {
  const homeProblem = '/home/ann is on a read-only file system'
  expect(idsOf({ homeProblem })).toEqual([])
  for (const [value, severity] of [
    [true, 'warn'],
    [false, 'info'],
  ] as const) {
    const settings = {
      problems: [],
      get: () => ({ state: 'right', value }),
    } as unknown as WorkView['settings']
    const [found] = workFindings({ ...VIEW, isDaemonRunning: false, settings, homeProblem }, null, 0)
    expect(found).toMatchObject({ id: 'F-021', severity, summary: homeProblem })
  }
})

it('says that the server rejected events, and where they are shown', () => {
  const queue = { ...VIEW.queue, queued: 0, oldestAt: null, deadLetters: 2, held: [] }
  const [found] = workFindings({ ...VIEW, queue }, null, 0)
  expect(found).toMatchObject({
    id: 'F-020',
    severity: 'warn',
    summary: '2 events were rejected by the server',
    remediation: { commands: ['spec-kitty sync queue --dead'], safe: true },
  })
})
