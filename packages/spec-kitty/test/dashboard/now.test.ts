import { afterEach, describe, expect, it } from 'vitest'
import { openProject } from '../../src/dashboard/project/project.js'
import { emptyProject, laneEvent, prompt, removeProjects, writeMission } from '../helpers/projects.js'

afterEach(removeProjects)

type Step = readonly [lane: string, fields?: object]

/** The log of a package that went through these lanes, each named as the one before in the next event. */
function way(wp: string, from: number, ...steps: readonly Step[]): string {
  return steps
    .map(([lane, fields], at) =>
      laneEvent(from + at, wp, lane, { from_lane: steps[at - 1]?.[0] ?? 'genesis', ...fields }),
    )
    .join('')
}

const WORKED: readonly Step[] = [['planned'], ['claimed'], ['in_progress'], ['for_review'], ['in_review']]

/** Writes a mission whose packages have these logs. */
function mission(project: string, id: string, meta: object, logs: readonly string[], more = ''): void {
  const prompts = logs.map((_, at) => [
    `tasks/WP0${at + 1}.md`,
    prompt(`WP0${at + 1}`, `Work ${at + 1}`, more),
  ])
  writeMission(project, id, {
    ...Object.fromEntries(prompts),
    'meta.json': JSON.stringify(meta),
    'status.events.jsonl': logs.join(''),
  })
}

describe('now', () => {
  it('tells who works, what waits and why, and what can be merged, over all missions', async () => {
    const project = emptyProject()
    mission(project, 'a', { friendly_name: 'Alpha' }, [
      way('WP01', 10, ...WORKED.slice(0, 3)),
      way('WP02', 20, ...WORKED.slice(0, 4)),
      way('WP03', 30, ['planned'], ['blocked', { reason: 'no disk' }]),
      way('WP04', 40, ...WORKED, ['in_progress', { reason: 'tests miss' }]),
      way('WP05', 50, ...WORKED, ['planned', { reason: 'start over' }]),
      way('WP06', 60, ...WORKED),
      way('WP07', 70, ['planned'], ['in_review', { actor: null }]),
    ])
    mission(project, 'b', {}, [
      way('WP01', 80, ...WORKED, ['approved']),
      way('WP02', 90, ...WORKED, ['approved']),
    ])
    const now = await openProject(project).now()
    const told = now.waiting.map(
      ({ mission: { id }, id: wp, why, reason }) => `${id}/${wp} ${why}: ${reason}`,
    )
    expect(told).toEqual([
      'a/WP02 for_review: null',
      'a/WP03 blocked: no disk',
      'a/WP04 sent_back: tests miss',
      'a/WP05 sent_back: start over',
      'a/WP07 review_abandoned: null',
    ])
    expect(now.working).toMatchObject([
      {
        id: 'WP01',
        mission: { id: 'a', title: 'Alpha' },
        lane: 'in_progress',
        sent_back: 0,
        lane_since: '2026-01-01T00:00:12.000Z',
      },
      { id: 'WP04', sent_back: 1 },
      { id: 'WP06', lane: 'in_review' },
    ])
    expect(now.ready_to_merge).toEqual([
      {
        mission: { id: 'b', title: 'b' },
        since: '2026-01-01T00:01:35.000Z',
        command: 'spec-kitty merge --mission b',
      },
    ])
    expect(now.counts).toEqual({ working: 3, waiting: 5, stalled: 0, ready_to_merge: 1, unreadable: 0 })
  })

  it('is not told what moved after a review sent it back', async () => {
    const project = emptyProject()
    mission(project, 'a', {}, [way('WP01', 10, ...WORKED, ['planned'], ['claimed'])])
    const now = await openProject(project).now()
    expect(now).toMatchObject({ waiting: [], working: [{ id: 'WP01', sent_back: 1 }] })
  })
})

describe('a mission in the list', () => {
  const done = way('WP01', 10, ...WORKED, ['approved'], ['done'])
  const approved = way('WP02', 20, ...WORKED, ['approved'])
  it.each([
    ['merged', 'finished', 'merged', { baseline_merge_commit: 'abc' }, [done, approved]],
    ['done', 'finished', 'done', {}, [done]],
    ['approved', 'waiting', 'approved, waiting for merge', {}, [done, approved]],
    ['waiting', 'waiting', '1 waits for you', {}, [done, way('WP02', 20, ...WORKED.slice(0, 4))]],
    ['working', 'active', '1 in work', {}, [done, way('WP02', 20, ...WORKED.slice(0, 3))]],
    [
      'working',
      'active',
      '1 in work',
      { baseline_merge_commit: 'abc' },
      [way('WP01', 20, ...WORKED.slice(0, 3))],
    ],
    [
      'done',
      'finished',
      '1 done, 2 canceled',
      {},
      [done, way('WP02', 20, ['canceled']), way('WP03', 30, ['claimed'], ['canceled'])],
    ],
    ['canceled', 'finished', 'canceled', {}, [way('WP01', 10, ['canceled']), way('WP02', 20, ['genesis'])]],
    ['planned', 'active', 'planned', {}, [way('WP01', 10, ['planned'])]],
    ['planned', 'active', 'planned', {}, [way('WP01', 10, ['planned']), way('WP02', 20, ['canceled'])]],
    ['idle', 'active', '1 left', {}, [done, '']],
    ['idle', 'active', '1 ready', {}, [done, way('WP02', 20, ['planned'])]],
    [
      'idle',
      'active',
      '2 ready',
      {},
      [way('WP01', 10, ['planned'], ['claimed'], ['planned']), way('WP02', 20, ['planned'])],
    ],
    ['idle', 'active', '1 left', {}, [way('WP01', 10, ['teleported'])]],
    ['not_finalised', 'active', 'not finalised', {}, [way('WP01', 10, ['genesis']), '']],
    ['not_finalised', 'active', 'not finalised', {}, ['']],
    ['empty', 'active', 'no work packages yet', {}, []],
  ] as const)('is %s', async (state, section, state_words, meta, logs) => {
    const project = emptyProject()
    mission(project, 'm', { purpose_tldr: 'So that\n it works.', ...meta }, logs)
    const { missions } = await openProject(project).missions()
    expect(missions).toMatchObject([{ state, section, state_words, purpose: 'So that it works.' }])
  })

  it('counts lanes, and names its agents and its next command', async () => {
    const project = emptyProject()
    const claim = { policy_metadata: { agent: 'crane' } }
    mission(
      project,
      'm',
      {},
      [way('WP01', 1, ['planned'], ['claimed', claim]), way('WP02', 5, ['planned'])],
      'agent: ada\n',
    )
    const { missions } = await openProject(project).missions()
    expect(missions).toMatchObject([
      { lanes: { planned: 1, claimed: 1 }, agents: ['ada', 'crane'], merge_commit: null },
    ])
    writeMission(project, 'm', { 'tasks/WP03.md': prompt('WP03', 'Three') })
    expect(await openProject(project).mission('m')).toMatchObject({
      next_command: 'spec-kitty agent mission finalize-tasks --mission m',
    })
  })
})

describe('a package', () => {
  it('has its whole history, in the order of the log, and how often it was sent back', async () => {
    const project = emptyProject()
    const lines = way(
      'WP01',
      1,
      ...WORKED,
      ['in_progress', { reason: 'again', force: true }],
      ['in_progress'],
      ['for_review'],
      ['in_review'],
      ['approved', { review_result: { verdict: 'approved', reviewer: 'eve', reference: 'r' } }],
    )
    mission(project, 'm', {}, [lines.split('\n').toReversed().join('\n').trim() + '\n'])
    const read = await openProject(project).mission('m')
    const [one] = read?.work_packages ?? []
    expect(one?.history.map(({ from, to }) => `${from} ${to}`)).toEqual([
      'genesis planned',
      'planned claimed',
      'claimed in_progress',
      'in_progress for_review',
      'for_review in_review',
      'in_review in_progress',
      'in_progress in_progress',
      'in_progress for_review',
      'for_review in_review',
      'in_review approved',
    ])
    expect(one).toMatchObject({ sent_back: 1, lane_since: '2026-01-01T00:00:10.000Z', history_omitted: 0 })
    expect(one?.history[5]).toMatchObject({ by: 'ada', reason: 'again', is_forced: true, verdict: null })
    expect(one?.history.at(-1)).toMatchObject({ verdict: 'approved', is_forced: false })
    expect(read?.flow).toEqual({
      days: [
        {
          date: '2026-01-01',
          planned: 0,
          doing: 0,
          for_review: 0,
          approved: 1,
          done: 0,
          canceled: 0,
          total: 1,
        },
      ],
      packages: [
        {
          id: 'WP01',
          started_at: '2026-01-01T00:00:02.000Z',
          finished_at: '2026-01-01T00:00:10.000Z',
          cycle_seconds: 8,
          sent_back: 1,
        },
      ],
    })
  })

  it('is ready when what it depends on is approved or done, else it says what it waits for', async () => {
    const project = emptyProject()
    const needs = (...ids: readonly string[]) => `dependencies: [${ids.join(', ')}]\n`
    writeMission(project, 'm', {
      'tasks/WP01.md': prompt('WP01', 'One'),
      'tasks/WP02.md': prompt('WP02', 'Two', needs('WP01')),
      'tasks/WP03.md': prompt('WP03', 'Three', needs('WP01', 'WP02', 'WP09')),
      'tasks/WP04.md': prompt('WP04', 'Four', needs('WP03')),
      'status.events.jsonl': [
        laneEvent(1, 'WP01', 'approved'),
        laneEvent(2, 'WP02', 'planned'),
        laneEvent(3, 'WP03', 'planned'),
        laneEvent(4, 'WP04', 'in_progress'),
      ].join(''),
    })
    const mission = await openProject(project).mission('m')
    expect(mission?.work_packages).toMatchObject([
      { is_ready: false, waiting_for: [], next_command: null },
      { is_ready: true, waiting_for: [], next_command: 'spec-kitty agent action implement WP02 --mission m' },
      { is_ready: false, waiting_for: ['WP02', 'WP09'], next_command: null },
      { is_ready: false, waiting_for: [], next_command: null },
    ])
  })

  it('counts the subtasks of its prompt and of the log together', async () => {
    const project = emptyProject()
    const delta = { subtasks: { T001: 'done', T003: 'done', T002: 'open' } }
    const note = {
      kind: 'annotation',
      event_id: 'n',
      at: '2026-01-01T00:00:09Z',
      wp_id: 'WP01',
      actor: 'ada',
      delta,
    }
    mission(
      project,
      'm',
      {},
      [`${laneEvent(1, 'WP01', 'claimed')}${JSON.stringify(note)}\n`],
      'subtasks: [T001, T002]\n',
    )
    const read = await openProject(project).mission('m')
    expect(read?.work_packages).toMatchObject([{ subtasks_done: 2, subtasks_total: 3 }])
  })
})

describe('the flow of a mission', () => {
  it('has how the columns stood at the end of each day on which something moved', async () => {
    const project = emptyProject()
    const day = 86_400
    const lines = [
      laneEvent(0, 'WP01', 'planned'),
      laneEvent(1, 'WP02', 'planned'),
      laneEvent(2, 'WP01', 'claimed'),
      laneEvent(2 * day, 'WP01', 'done'),
      laneEvent(2 * day + 1, 'WP02', 'in_progress'),
      laneEvent(3 * day, 'WP02', 'canceled'),
    ]
    mission(project, 'm', {}, [lines.join(''), ''])
    const read = await openProject(project).mission('m')
    const none = { planned: 0, doing: 0, for_review: 0, approved: 0, done: 0, canceled: 0 }
    expect(read?.flow.days).toEqual([
      { date: '2026-01-01', ...none, planned: 1, doing: 1, total: 2 },
      { date: '2026-01-03', ...none, doing: 1, done: 1, total: 2 },
      { date: '2026-01-04', ...none, done: 2, canceled: 1, total: 2 },
    ])
    expect(read?.flow.packages.map(({ id, cycle_seconds }) => [id, cycle_seconds])).toEqual([
      ['WP01', 2 * day - 2],
      ['WP02', null],
    ])
  })
})
