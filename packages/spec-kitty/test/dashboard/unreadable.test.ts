import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { openProject } from '../../src/dashboard/project/project.js'
import { emptyProject, laneEvent, prompt, removeProjects, write, writeMission } from '../helpers/projects.js'

afterEach(() => {
  vi.useRealTimers()
  removeProjects()
})

const LOG = 'status.events.jsonl'
const PROMPTS = {
  'tasks/WP01.md': prompt('WP01', 'One', 'lane: done\n'),
  'tasks/WP02.md': prompt('WP02', 'Two'),
}

async function read(project: string) {
  const opened = openProject(project)
  const [mission, now] = [await opened.mission('m'), await opened.now()]
  if (mission === null) throw new Error('There is no mission.')
  return { mission, now }
}

describe('a meta.json with values of the wrong type', () => {
  const APPROVED = { [LOG]: laneEvent(1, 'WP01', 'approved') }
  const path = 'kitty-specs/m/meta.json'

  it.each([
    ['{"baseline_merge_commit":["abc"]}', 'its baseline_merge_commit is not text'],
    ['{"topology":{"kind":"coord"}}', 'its topology is not text'],
    ['{"merged_commit":7,"created_at":"2026-01-01"}', 'its merged_commit is not text'],
  ])('leaves open whether the mission can be merged: %s', async (meta, what) => {
    const project = emptyProject()
    writeMission(project, 'm', { ...APPROVED, 'meta.json': meta })
    const { mission, now } = await read(project)
    expect(mission).toMatchObject({
      problems: [{ path, what }],
      unreadable: [{ path, what }],
      next_command: null,
    })
    expect(now.counts).toMatchObject({ unreadable: 1, ready_to_merge: 0 })
  })

  it('has a problem for each, and what is understood counts', async () => {
    const project = emptyProject()
    const meta = {
      title: 1,
      purpose_tldr: {},
      topology: ['coord'],
      created_at: 123,
      accepted_at: 'yesterday',
      read_at: '',
      merged_at: '2026-02-30',
      updated_at: null,
      baseline_merge_commit: {},
      merged_commit: 'abc',
    }
    writeMission(project, 'm', { ...APPROVED, 'meta.json': JSON.stringify(meta) })
    const { mission } = await read(project)
    expect(mission).toMatchObject({ state: 'merged', merge_commit: 'abc', unreadable: [] })
    expect(mission.problems).toEqual(
      [
        'its title is not text',
        'its purpose_tldr is not text',
        'its created_at is not a time',
        'its accepted_at is not a time',
        'its merged_at is not a time',
        'its baseline_merge_commit is not text',
        'its topology is not text',
      ].map((what) => ({ path, what })),
    )
  })
})

describe('a mission whose log cannot be read', () => {
  it.each([
    [
      'is a directory',
      (mission: string) => mkdirSync(join(mission, LOG)),
      'is a directory where a file should be',
    ],
    [
      'has no line that is JSON',
      (mission: string) => write(join(mission, LOG), 'x\ny\n'),
      'line 1 is not a JSON object',
    ],
    [
      'has a line that is not JSON, beside those of other packages',
      (mission: string) => write(join(mission, LOG), `${laneEvent(1, 'WP09', 'done')}x\n`),
      'line 2 is not a JSON object',
    ],
  ])('has unknown lanes and no command, and Now says so, if it %s', async (_, damage, what) => {
    const project = emptyProject()
    damage(writeMission(project, 'm', PROMPTS))
    const { mission, now } = await read(project)
    const problem = { path: `kitty-specs/m/${LOG}`, what }
    expect(mission).toMatchObject({
      state: 'unreadable',
      state_words: what.startsWith('line 2') ? 'not all of its log can be read' : 'its log cannot be read',
      section: 'active',
      not_finalised: 0,
      unread_lanes: 2,
      unreadable: [problem],
      next_command: null,
    })
    const unread = { lane: null, column: null, is_lane_unread: true, is_ready: false, next_command: null }
    expect(mission.work_packages.slice(0, 2)).toMatchObject([unread, unread])
    expect(now.unreadable).toMatchObject([{ mission: { id: 'm', title: 'm' }, problem }])
    expect(now.counts).toMatchObject({ unreadable: 1 })
  })

  it('shows the lanes that a worktree tells, and advises nothing by them', async () => {
    const project = emptyProject()
    mkdirSync(join(writeMission(project, 'm', PROMPTS), LOG))
    write(join(project, '.worktrees', 'm-coord', 'kitty-specs', 'm', LOG), laneEvent(1, 'WP01', 'planned'))
    const { mission } = await read(project)
    expect(mission.work_packages).toMatchObject([
      { lane: 'planned', is_lane_unread: false, is_ready: false, next_command: null },
      { lane: null, is_lane_unread: true },
    ])
  })

  it('leaves open where a package stands that no later line moves', async () => {
    const project = emptyProject()
    const lines = [laneEvent(1, 'WP01', 'planned'), 'x\n', laneEvent(2, 'WP02', 'planned')]
    writeMission(project, 'm', { ...PROMPTS, [LOG]: lines.join('') })
    const { mission, now } = await read(project)
    expect(mission).toMatchObject({ state: 'unreadable', problem_count: 1, unread_lanes: 0 })
    expect(mission.work_packages).toMatchObject([
      { lane: 'planned', is_ready: false, next_command: null },
      { lane: 'planned', is_ready: true },
    ])
    expect(now.counts).toMatchObject({ unreadable: 1, ready_to_start: 1 })
  })

  it('is as before if a later line moves every package', async () => {
    const project = emptyProject()
    const lines = [
      laneEvent(1, 'WP01', 'planned'),
      'x\n',
      laneEvent(2, 'WP02', 'planned'),
      laneEvent(3, 'WP01', 'planned'),
    ]
    writeMission(project, 'm', { ...PROMPTS, [LOG]: lines.join('') })
    const { mission, now } = await read(project)
    expect(mission).toMatchObject({ state: 'planned', unreadable: [], problem_count: 1 })
    expect(mission.work_packages).toMatchObject([{ is_ready: true }, { is_ready: true }])
    expect(now.unreadable).toEqual([])
  })

  it('is not finalised if its log is whole and does not name its packages', async () => {
    const project = emptyProject()
    writeMission(project, 'm', { ...PROMPTS, [LOG]: laneEvent(1, 'WP09', 'genesis') })
    const { mission } = await read(project)
    expect(mission).toMatchObject({ not_finalised: 2, unread_lanes: 0, unreadable: [] })
    expect(mission.next_command).toContain('finalize-tasks')
  })
})

describe('a mission whose meta.json cannot be read', () => {
  it.each([
    [
      'is broken',
      (mission: string) => writeFileSync(join(mission, 'meta.json'), '{"baseline_merge_commit": '),
    ],
    ['is a directory', (mission: string) => mkdirSync(join(mission, 'meta.json'))],
  ])('may be merged, so its merge is not advised, if it %s', async (_, damage) => {
    const project = emptyProject()
    damage(writeMission(project, 'm', { [LOG]: laneEvent(1, 'WP01', 'approved') }))
    const { mission, now } = await read(project)
    expect(mission).toMatchObject({
      state: 'approved',
      state_words: 'approved, meta.json cannot be read',
      next_command: null,
    })
    expect(now).toMatchObject({
      ready_to_merge: [],
      unreadable: [{ problem: { path: 'kitty-specs/m/meta.json' } }],
    })
  })
})

describe('a time in the future', () => {
  const at = (ms: number) => new Date(Date.now() + ms).toISOString()
  const HOUR_MS = 3_600_000

  it.each([
    ['a clock that is a little fast', HOUR_MS / 30, null],
    ['hours', 10 * HOUR_MS, '10 h'],
    ['days', 72 * HOUR_MS, '3 d'],
  ])('is a problem, and no longer one when it has come: %s', async (_, ahead, words) => {
    const project = emptyProject()
    const lines = [laneEvent(1, 'WP01', 'planned'), laneEvent(2, 'WP01', 'claimed', { at: at(ahead) })]
    writeMission(project, 'm', { [LOG]: lines.join('') })
    const opened = openProject(project)
    const problem = { path: `kitty-specs/m/${LOG}`, what: `line 2 is ${words} in the future` }
    expect((await opened.mission('m'))?.problems).toMatchObject(words === null ? [] : [problem])
    vi.setSystemTime(Date.now() + ahead)
    expect((await opened.mission('m'))?.problems).toEqual([])
  })

  it('is found in a log that grows', async () => {
    const project = emptyProject()
    const mission = writeMission(project, 'm', { [LOG]: laneEvent(1, 'WP01', 'planned') })
    const opened = openProject(project)
    expect((await opened.mission('m'))?.problem_count).toBe(0)
    appendFileSync(join(mission, LOG), laneEvent(2, 'WP01', 'claimed', { at: at(10 * HOUR_MS) }))
    expect((await opened.mission('m'))?.problem_count).toBe(1)
  })
})
