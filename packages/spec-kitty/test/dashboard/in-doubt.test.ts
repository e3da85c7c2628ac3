import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { openProject } from '../../src/dashboard/project/project.js'
import { way, WORKED, writeWays } from '../helpers/lane-ways.js'
import {
  emptyProject,
  laneEvent,
  prompt,
  removeProjects,
  writeMission,
  write,
  type Files,
} from '../helpers/projects.js'

afterEach(() => {
  vi.useRealTimers()
  removeProjects()
})

const LOG = 'status.events.jsonl'
const LOG_PATH = `kitty-specs/m/${LOG}`
const DAY_MS = 86_400_000
const PROMPTS = { 'tasks/WP01.md': prompt('WP01', 'One'), 'tasks/WP02.md': prompt('WP02', 'Two') }

function inDays(days: number) {
  return { at: new Date(Date.now() + days * DAY_MS).toISOString() }
}

async function read(files: Files, project = emptyProject()) {
  writeMission(project, 'm', files)
  const opened = openProject(project)
  const [mission, now, list] = [await opened.mission('m'), await opened.now(), await opened.missions()]
  if (mission === null) throw new Error('There is no mission.')
  return { opened, mission, now, list, one: (id: string) => mission.work_packages.find((wp) => wp.id === id) }
}

describe('a lane that rests on an event in the future', () => {
  const log = [
    laneEvent(1, 'WP01', 'planned'),
    laneEvent(2, 'WP02', 'planned', inDays(400)),
    laneEvent(3, 'WP02', 'in_progress', inDays(-1)),
  ].join('')

  it('is in doubt: the package is not ready and has no command', async () => {
    const { mission, now, one } = await read({ ...PROMPTS, [LOG]: log })
    const what = 'line 2 is 400 d in the future'
    expect(one('WP02')).toMatchObject({
      lane: 'planned',
      lane_doubt: `${LOG_PATH}: ${what}`,
      is_ready: false,
      next_command: null,
      not_ready_because: 'its lane is in doubt',
    })
    expect(one('WP01')).toMatchObject({ lane_doubt: null, is_ready: true })
    const problem = { path: LOG_PATH, what, in_doubt: ['WP02'] }
    expect(mission).toMatchObject({ problems: [problem], unreadable: [problem], lanes_in_doubt: 1 })
    expect(mission.state_words).toBe('its log has events in the future')
    expect(now.ready_to_start.map(({ id }) => id)).toEqual(['WP01'])
  })

  it('is in doubt, also if its line is not among those that are named', async () => {
    const others = Array.from({ length: 12 }, (_, at) => laneEvent(at, `WP${at + 10}`, 'planned', inDays(9)))
    const last = laneEvent(20, 'WP01', 'planned', inDays(9))
    const { one, mission } = await read({ ...PROMPTS, [LOG]: others.join('') + last })
    expect(one('WP01')).toMatchObject({ lane_doubt: expect.any(String), is_ready: false })
    expect(mission.unreadable).not.toEqual([])
  })

  it('stays in doubt, and is a problem, while the many lines before it come true', async () => {
    const soon = Array.from({ length: 500 }, (_, at) =>
      laneEvent(at, 'WP01', 'planned', { ...inDays(1), event_id: `E${at}` }),
    )
    const log = [...soon, laneEvent(501, 'WP02', 'approved', inDays(400)), laneEvent(502, 'WP01', 'approved')]
    const { opened } = await read({ ...PROMPTS, [LOG]: log.join('') })
    vi.setSystemTime(Date.now() + 2 * DAY_MS)
    const mission = await opened.mission('m')
    expect(mission).toMatchObject({ lanes_in_doubt: 1, unreadable: [{ path: LOG_PATH, in_doubt: ['WP02'] }] })
    expect(mission?.problems).toEqual(mission?.unreadable)
  })

  it('neither makes the mission the newest one, nor is it in its flow', async () => {
    const project = emptyProject()
    writeMission(project, 'newer', { [LOG]: laneEvent(1, 'WP01', 'planned', inDays(0)) })
    const { mission, list } = await read({ ...PROMPTS, [LOG]: log }, project)
    expect(list.missions.map(({ id }) => id)).toEqual(['newer', 'm'])
    const today = new Date().toISOString().slice(0, 10)
    expect(mission.flow.days.length).toBeGreaterThan(0)
    expect(mission.flow.days.filter(({ date }) => date > today)).toEqual([])
    expect(Date.parse(mission.updated_at ?? '')).toBeLessThan(Date.now())
  })

  it('takes no cycle time from a time that has not come', async () => {
    const lines = laneEvent(1, 'WP01', 'in_progress') + laneEvent(2, 'WP01', 'approved', inDays(400))
    const { mission } = await read({ ...PROMPTS, [LOG]: lines })
    expect(mission.flow.packages).toMatchObject([{ finished_at: null, cycle_seconds: null }])
    expect(mission.next_command).toBeNull()
  })

  it('counts once its time has come, without a change of a file', async () => {
    const { opened } = await read({ ...PROMPTS, [LOG]: log })
    vi.setSystemTime(Date.now() + 401 * DAY_MS)
    const mission = await opened.mission('m')
    expect(mission?.work_packages[1]).toMatchObject({ lane: 'planned', lane_doubt: null, is_ready: true })
    expect(mission?.updated_at).toBe(mission?.work_packages[1]?.updated_at)
  })

  it('has no date of meta.json for its last change that has not come', async () => {
    const meta = { created_at: '2026-01-01T00:00:00Z', accepted_at: inDays(400).at }
    const { mission } = await read({ ...PROMPTS, 'meta.json': JSON.stringify(meta) })
    expect(mission.updated_at).toBe('2026-01-01T00:00:00.000Z')
  })

  it('has such a date once it has come, without a change of the file', async () => {
    vi.setSystemTime(Date.now() + 60_000)
    const meta = { created_at: '2026-01-01T00:00:00Z', a_at: inDays(1).at, b_at: inDays(3).at }
    const { opened, mission } = await read({ ...PROMPTS, 'meta.json': JSON.stringify(meta) })
    expect(mission.updated_at).toBe('2026-01-01T00:00:00.000Z')
    vi.setSystemTime(Date.now() + 2 * DAY_MS)
    expect((await opened.mission('m'))?.updated_at).toBe(meta.a_at)
  })
})

describe('a lane that an unread line may have changed', () => {
  const two = laneEvent(1, 'WP01', 'planned') + laneEvent(2, 'WP02', 'in_progress')

  it.each([
    ['of every package, by a line that names none', 'x\n', ['WP01', 'WP02']],
    ['of the package that the line names', '{"wp_id":"WP02","to_lane":\n', ['WP02']],
    ['of every package, by the end that is cut off', '{"event_id":"01', ['WP01', 'WP02']],
  ])('is in doubt: %s', async (_, end, ids) => {
    vi.setSystemTime(Date.now() + 60_000)
    const { mission } = await read({ ...PROMPTS, [LOG]: two + end })
    const doubtful = mission.work_packages.filter(({ lane_doubt }) => lane_doubt?.startsWith(LOG_PATH))
    expect(doubtful.map(({ id }) => id)).toEqual(ids)
    expect(mission).toMatchObject({
      lanes_in_doubt: ids.length,
      unreadable: [{ in_doubt: ids }],
      problems: [{ in_doubt: ids }],
      state_words: '1 in work',
    })
  })

  it('is not enough for a package that needs it', async () => {
    const needs = prompt('WP02', 'Two', 'dependencies: [WP01]\n')
    const log = laneEvent(1, 'WP01', 'approved') + laneEvent(2, 'WP02', 'planned')
    const torn = '{"wp_id":"WP01","to_lane":\n'
    const known = await read({ ...PROMPTS, 'tasks/WP02.md': needs, [LOG]: log })
    expect(known.one('WP02')).toMatchObject({ is_ready: true })
    const { one } = await read({ ...PROMPTS, 'tasks/WP02.md': needs, [LOG]: log + torn })
    expect(one('WP02')).toMatchObject({
      lane_doubt: null,
      is_ready: false,
      next_command: null,
      not_ready_because: 'it needs WP01, whose lane is in doubt',
    })
  })

  it.each([
    ['broken lines', (wp: string) => [laneEvent(1, wp, 'planned'), `{"wp_id":"${wp}","to_lane":\n`]],
    ['lines in the future', (wp: string) => [laneEvent(1, wp, 'planned', inDays(9))]],
  ])('is among the problems, however many there are: %s', async (_, linesOf) => {
    const log = Array.from({ length: 30 }, (__, at) => linesOf(`WP${at + 10}`))
    const { mission } = await read({ [LOG]: log.flat().join('') })
    expect(mission.lanes_in_doubt).toBe(30)
    expect(mission.unreadable).toHaveLength(30)
    expect(mission.problems).toEqual(expect.arrayContaining([...mission.unreadable]))
    expect(mission.problem_count).toBe(mission.problems.length)
  })

  it('is told from a log of which nothing was read', async () => {
    const planned = await read({ ...PROMPTS, [LOG]: `${laneEvent(1, 'WP01', 'planned')}x\n` })
    expect(planned.mission.state_words).toBe('not all of its log can be read')
    const nothing = await read({ ...PROMPTS, [LOG]: 'x\n' })
    expect(nothing.mission.state_words).toBe('its log cannot be read')
  })
})

describe('a mission whose meta.json cannot be read may be over', () => {
  it.each([
    ['is broken', (path: string) => writeFileSync(path, '<<<<<<< HEAD\n{"discarded_at": ')],
    ['is a directory', (path: string) => mkdirSync(path)],
  ])('so nothing in it is offered, if it %s', async (_, damage) => {
    const project = emptyProject()
    damage(join(writeMission(project, 'm'), 'meta.json'))
    const log = ['planned', 'blocked', 'for_review', 'in_progress'].map((lane, at) =>
      laneEvent(at, `WP0${at + 1}`, lane),
    )
    const { mission, now } = await read({ ...PROMPTS, [LOG]: log.join('') }, project)
    expect(now.ready_to_start).toEqual([])
    expect(mission.next_command).toBeNull()
    expect(mission.work_packages.map(({ next_command: command }) => command)).toEqual([
      null,
      null,
      null,
      null,
    ])
    const [planned, blocked, review] = mission.work_packages
    for (const one of [planned, blocked])
      expect(one).toMatchObject({
        not_ready_because: expect.stringMatching(/^the mission may be over: meta\.json /),
      })
    expect(review).toMatchObject({ not_ready_because: null })
  })
})

describe('a package that cannot be started says why', () => {
  const needs = (...ids: readonly string[]) => `dependencies: [${ids.join(', ')}]\n`
  const states = (...lanes: readonly string[]) =>
    lanes.map((lane, at) => laneEvent(at, `WP0${at + 1}`, lane)).join('')

  it.each([
    ['planned', 'it waits for WP02', needs('WP02'), states('planned', 'in_progress')],
    ['blocked', 'it waits for WP02', needs('WP02'), states('blocked', 'in_progress')],
    ['planned', 'it waits for WP02 (canceled)', needs('WP02'), states('planned', 'canceled')],
    ['planned', 'it waits for WP07 (not found)', needs('WP07'), states('planned', 'done')],
    [
      'planned',
      'what it needs is not known: its dependencies are the text "see the plan", not a list',
      'dependencies: see the plan\n',
      states('planned', 'done'),
    ],
    [
      'planned',
      'what it needs is not known: its requires cannot be read',
      'agent: [a]\nrequires: [WP02]\n',
      states('planned', 'done'),
    ],
    [
      'planned',
      'what it needs is not known: its dependencies are neither a list nor text',
      'assignee: {depend: on}\ndependencies: {a: b}\n',
      states('planned', 'done'),
    ],
    [
      'planned',
      'what it needs is not known: depends on "x y", which is not a package',
      'dependencies: [x y]\n',
      states('planned', 'done'),
    ],
    [
      'blocked',
      'what it needs is not known: its front matter is not YAML',
      'dependencies: [WP02]]\n',
      states('blocked'),
    ],
  ])('%s: %s', async (_, why, more, log) => {
    const { one } = await read({ ...PROMPTS, 'tasks/WP01.md': prompt('WP01', 'One', more), [LOG]: log })
    expect(one('WP01')).toMatchObject({ next_command: null, is_ready: false, not_ready_because: why })
  })

  it('has a command as soon as nothing holds it back, also if it is blocked', async () => {
    const log = states('blocked', 'approved')
    const { one } = await read({
      ...PROMPTS,
      'tasks/WP01.md': prompt('WP01', 'One', needs('WP02')),
      [LOG]: log,
    })
    expect(one('WP01')).toMatchObject({
      next_command: 'spec-kitty agent action implement WP01 --mission m',
      not_ready_because: null,
    })
  })

  it('is a problem if it waits for a canceled package', async () => {
    const files = { ...PROMPTS, 'tasks/WP01.md': prompt('WP01', 'One', needs('WP02')) }
    const waiting = await read({ ...files, [LOG]: states('planned', 'canceled') })
    const what = 'WP01 waits for WP02, which is canceled, so WP01 does not get ready'
    expect(waiting.mission.problems).toEqual([{ path: 'kitty-specs/m/tasks/WP01.md', what }])
    const begun = await read({ ...files, [LOG]: states('in_progress', 'canceled') })
    expect(begun.mission.problems).toEqual([])
  })
})

it('names the line that moves a package into an unknown lane, in the log that has it', async () => {
  const project = emptyProject()
  const log = laneEvent(1, 'WP01', 'planned') + laneEvent(2, 'WP01', 'teleported')
  const copy = join('.worktrees', 'm-lane-a', 'kitty-specs', 'm', LOG)
  write(join(project, copy), log + laneEvent(3, 'WP02', 'beamed'))
  const { mission } = await read({ ...PROMPTS, [LOG]: log }, project)
  const words = 'into a lane that this version does not know'
  expect(mission.problems).toEqual([
    { path: LOG_PATH, what: `line 2 moves WP01 ${words}: teleported` },
    { path: copy, what: `line 3 moves WP02 ${words}: beamed` },
  ])
})

describe('the reason why a package stands where it does', () => {
  it('is that of who blocked it or sent it back, and of nobody else', async () => {
    const project = emptyProject()
    writeWays(project, 'm', {}, [
      way('WP01', 10, ['planned'], ['blocked', { reason: 'no disk' }]),
      way('WP02', 20, ...WORKED, ['in_progress', { reason: 'tests miss' }]),
      way('WP03', 30, ...WORKED, ['planned', { reason: 'start over' }], ['claimed', { reason: 'taken up' }]),
      way('WP04', 40, ['planned', { reason: 'first' }]),
    ])
    const { mission } = await read({}, project)
    expect(mission.work_packages.map(({ reason }) => reason)).toEqual(['no disk', 'tests miss', null, null])
  })
})

describe('who is at work', () => {
  it('is listed by the last sign of life', async () => {
    const note = { kind: 'annotation', event_id: 'N', wp_id: 'WP01', actor: 'eve', delta: { note: 'x' } }
    const log = [
      laneEvent(1, 'WP01', 'in_progress'),
      laneEvent(2, 'WP02', 'in_progress'),
      laneEvent(3, 'WP03', 'in_progress'),
      `${JSON.stringify({ ...note, at: '2026-01-01T00:01:00Z' })}\n`,
    ]
    const { now } = await read({ ...PROMPTS, [LOG]: log.join('') })
    expect(now.working.map(({ id }) => id)).toEqual(['WP01', 'WP03', 'WP02'])
    expect(now.working[0]).toMatchObject({ last_event_at: '2026-01-01T00:01:00.000Z' })
  })

  it('is not listed first for an event in the future', async () => {
    const note = { kind: 'annotation', event_id: 'N', wp_id: 'WP01', actor: 'eve', delta: { note: 'x' } }
    const log = [
      laneEvent(1, 'WP01', 'in_progress'),
      laneEvent(2, 'WP02', 'in_progress'),
      `${JSON.stringify({ ...note, ...inDays(9) })}\n`,
    ]
    const { now } = await read({ ...PROMPTS, [LOG]: log.join('') })
    expect(now.working.map(({ id }) => id)).toEqual(['WP02', 'WP01'])
  })
})
