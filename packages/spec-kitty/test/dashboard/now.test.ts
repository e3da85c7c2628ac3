import { afterEach, describe, expect, it } from 'vitest'
import { openProject } from '../../src/dashboard/project/project.js'
import { way, WORKED, writeWays, type Step } from '../helpers/lane-ways.js'
import { emptyProject, laneEvent, prompt, removeProjects, writeMission } from '../helpers/projects.js'

afterEach(removeProjects)

describe('now', () => {
  it('tells who works, what waits and why, and what can be merged, over all missions', async () => {
    const project = emptyProject()
    writeWays(project, 'a', { friendly_name: 'Alpha' }, [
      way('WP01', 10, ...WORKED.slice(0, 3)),
      way('WP02', 20, ...WORKED.slice(0, 4)),
      way('WP03', 30, ['planned'], ['blocked', { reason: 'no disk' }]),
      way('WP04', 40, ...WORKED, ['in_progress', { reason: 'tests miss' }]),
      way('WP05', 50, ...WORKED, ['planned', { reason: 'start over' }]),
      way('WP06', 60, ...WORKED),
      way('WP07', 70, ['planned'], ['in_review', { actor: null }]),
    ])
    writeWays(project, 'b', {}, [
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
      { id: 'WP06', lane: 'in_review' },
      { id: 'WP04', sent_back: 1 },
      {
        id: 'WP01',
        mission: { id: 'a', title: 'Alpha' },
        lane: 'in_progress',
        sent_back: 0,
        lane_since: '2026-01-01T00:00:12.000Z',
      },
    ])
    expect(now.ready_to_merge).toEqual([
      {
        mission: { id: 'b', title: 'b' },
        since: '2026-01-01T00:01:35.000Z',
        command: 'spec-kitty merge --mission b',
      },
    ])
    expect(now.counts).toEqual({
      working: 3,
      waiting: 5,
      stalled: 0,
      ready_to_start: 0,
      ready_to_merge: 1,
      unreadable: 0,
      decisions: 0,
    })
  })

  it('gives the reason why a package waits now, and none of a round before', async () => {
    const review = (at: number, wp: string, reason: string, isTimed = true) => {
      const time = `2026-01-01T00:00:${at}Z`
      const delta = { review: { actor: 'eve', at: isTimed ? time : null, reason } }
      return `${JSON.stringify({ kind: 'annotation', event_id: `R${at}${wp}`, at: time, wp_id: wp, actor: 'eve', delta })}\n`
    }
    const back: Step = ['in_progress', { reason: 'OLD' }]
    const project = emptyProject()
    writeWays(project, 'a', {}, [
      way('WP01', 10, ...WORKED, back, ['for_review']) + review(14, 'WP01', 'OLD'),
      way('WP02', 20, ...WORKED, back, ['for_review'], ['blocked']) + review(24, 'WP02', 'OLD'),
      way('WP03', 30, ...WORKED, ['in_progress']) + review(34, 'WP03', 'said before it was sent back'),
      way('WP04', 40, ...WORKED, back, ['for_review'], ['in_review'], ['in_progress']) +
        review(44, 'WP04', 'OLD'),
      way('WP05', 50, ...WORKED.slice(0, 4)) + review(54, 'WP05', 'said since'),
      way('WP06', 55, ['planned'], ['blocked', { reason: 'no disk' }], ['blocked']),
      way('WP07', 60, ...WORKED, ['in_progress']) + review(34, 'WP07', 'of the only review', false),
      way('WP08', 70, ...WORKED.slice(0, 4)) + review(34, 'WP08', 'OLD', false),
    ])
    const { waiting } = await openProject(project).now()
    expect(waiting.map(({ id, why, reason }) => `${id} ${why}: ${reason}`)).toEqual([
      'WP01 for_review: null',
      'WP02 blocked: null',
      'WP03 sent_back: said before it was sent back',
      'WP04 sent_back: null',
      'WP05 for_review: said since',
      'WP06 blocked: no disk',
      'WP07 sent_back: of the only review',
      'WP08 for_review: null',
    ])
  })

  it('is not told what moved after a review sent it back', async () => {
    const project = emptyProject()
    writeWays(project, 'a', {}, [way('WP01', 10, ...WORKED, ['planned'], ['claimed'])])
    const now = await openProject(project).now()
    expect(now).toMatchObject({ waiting: [], working: [{ id: 'WP01', sent_back: 1 }] })
  })
})

describe('what can be started', () => {
  const needs = (...ids: readonly string[]) => `dependencies: [${ids.join(', ')}]\n`
  const ready = async (project: string) => {
    const { ready_to_start: list, counts } = await openProject(project).now()
    return {
      list: list.map(({ mission: { id }, id: wp, unblocks }) => `${id}/${wp} ${unblocks}`),
      count: counts.ready_to_start,
    }
  }

  it('begins with that for which most others wait, directly or through others, even in a ring', async () => {
    const project = emptyProject()
    writeMission(project, 'a', {
      'tasks/WP01.md': prompt('WP01', 'One'),
      'tasks/WP02.md': prompt('WP02', 'Two'),
      'tasks/WP03.md': prompt('WP03', 'Three', needs('WP02', 'WP05')),
      'tasks/WP04.md': prompt('WP04', 'Four', needs('WP03')),
      'tasks/WP05.md': prompt('WP05', 'Five', needs('WP04')),
      'status.events.jsonl': ['WP01', 'WP02', 'WP03', 'WP04', 'WP05']
        .map((wp, at) => laneEvent(at, wp, 'planned'))
        .join(''),
    })
    writeWays(project, 'b', {}, [way('WP01', 50, ['planned'])])
    expect(await ready(project)).toEqual({ list: ['a/WP02 3', 'b/WP01 0', 'a/WP01 0'], count: 3 })
  })

  it('leaves out what is merged, sent back or from front matter, and lists 50', async () => {
    const project = emptyProject()
    writeWays(project, 'merged', { baseline_merge_commit: 'abc' }, [way('WP01', 1, ['planned'])])
    writeWays(project, 'back', {}, [way('WP01', 1, ...WORKED, ['planned'])])
    writeMission(project, 'old', { 'tasks/WP01.md': prompt('WP01', 'One', 'lane: planned\n') })
    expect(await ready(project)).toEqual({ list: [], count: 0 })
    const many = Array.from({ length: 60 }, (_, at) => `WP${at + 1}`)
    writeMission(project, 'many', {
      ...Object.fromEntries(many.map((id) => [`tasks/${id}.md`, prompt(id, id)])),
      'status.events.jsonl': many.map((id, at) => laneEvent(at, id, 'planned')).join(''),
    })
    const { list, count } = await ready(project)
    expect([list.length, count]).toEqual([50, 60])
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
    writeWays(project, 'm', {}, [lines.split('\n').toReversed().join('\n').trim() + '\n'])
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

  it('is not ready without a prompt, unless the log says at its creation what it depends on', async () => {
    const project = emptyProject()
    const created = (id: string, payload: object) =>
      `${JSON.stringify({ event_type: 'WPCreated', event_id: id, payload: { wp_id: id, ...payload } })}\n`
    writeMission(project, 'm', {
      'status.events.jsonl': [
        created('WP02', { depends_on: [] }),
        created('WP03', {}),
        created('WP04', { depends_on: 'see the plan' }),
        created('WP05', { depends_on: [7] }),
        ...['WP01', 'WP02', 'WP03', 'WP04', 'WP05'].map((id, at) => laneEvent(at, id, 'planned')),
      ].join(''),
    })
    const opened = openProject(project)
    const packages = (await opened.mission('m'))?.work_packages ?? []
    expect(packages.map(({ is_ready }) => is_ready)).toEqual([false, true, true, false, false])
    expect(packages.map(({ next_command }) => next_command !== null)).toEqual([
      false,
      true,
      true,
      false,
      false,
    ])
  })

  it.each(['baseline_merge_commit', 'discarded_at'])(
    'has nothing to do in a mission with %s, whatever its lane is',
    async (name) => {
      const project = emptyProject()
      writeWays(project, 'm', { [name]: '2026-01-02' }, [
        way('WP01', 1, ['planned']),
        way('WP02', 10, ['blocked']),
        way('WP03', 20, ...WORKED.slice(0, 4)),
        '',
      ])
      const mission = await openProject(project).mission('m')
      expect(mission?.work_packages).toMatchObject(
        Array.from({ length: 4 }, () => ({ is_ready: false, next_command: null })),
      )
    },
  )

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
    writeWays(
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
    writeWays(project, 'm', {}, [lines.join(''), ''])
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
