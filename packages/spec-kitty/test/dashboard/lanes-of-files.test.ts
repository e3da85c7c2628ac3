import { execFileSync } from 'node:child_process'
import { appendFileSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { openProject } from '../../src/dashboard/project/project.js'
import {
  emptyProject,
  laneEvent,
  prompt,
  removeProjects,
  writeMission,
  type Files,
} from '../helpers/projects.js'

afterEach(removeProjects)

async function read(files: Files) {
  const project = emptyProject()
  writeMission(project, 'm', files)
  const mission = await openProject(project).mission('m')
  if (mission === null) throw new Error('no mission')
  return mission
}

describe('a package without a lane event', () => {
  it('is not finalised: in no column, and its mission is not complete', async () => {
    const mission = await read({
      'tasks/WP01.md': prompt('WP01', 'One'),
      // The log moves packages, so the front matter says nothing of lanes.
      'tasks/WP02.md': prompt('WP02', 'Two', 'lane: planned\n'),
      'status.events.jsonl': laneEvent(1, 'WP01', 'done'),
    })
    expect(mission.work_packages).toMatchObject([
      { id: 'WP01', lane: 'done', lane_source: 'events' },
      { id: 'WP02', lane: null, lane_source: null, column: null, updated_at: null },
    ])
    expect(mission).toMatchObject({
      counts: { planned: 0, doing: 0, for_review: 0, approved: 0, done: 1 },
      not_finalised: 1,
      unknown_lanes: 0,
      progress: 0.5,
      problems: [],
    })
  })

  it('is all that a mission has before it is finalised: it has no progress', async () => {
    expect(
      await read({
        'tasks/WP01.md': prompt('WP01', 'One'),
        'status.events.jsonl': '{"event_type":"MissionCreated","event_id":"1","at":"2026-01-01T00:00:00Z"}\n',
      }),
    ).toMatchObject({ progress: null, not_finalised: 1, work_packages: [{ lane: null }] })
  })
})

describe('an old project', () => {
  it('has the lanes of the front matter, and they are marked', async () => {
    const { work_packages: packages, counts } = await read({
      'tasks/WP01.md': prompt('WP01', 'One', 'lane: done\n'),
      'tasks/WP02.md': prompt('WP02', 'Two', 'lane: "doing"\n'),
      'tasks/WP03.md': prompt('WP03', 'Three', 'lane: for_review\n'),
      'tasks/WP04.md': prompt('WP04', 'Four'),
    })
    expect(packages).toMatchObject([
      { lane: 'done', column: 'done', lane_source: 'front_matter', updated_at: null },
      { lane: 'in_progress', column: 'doing', lane_source: 'front_matter' },
      { lane: 'for_review', column: 'for_review', lane_source: 'front_matter' },
      { lane: null, column: null, lane_source: null },
    ])
    expect(counts).toEqual({ planned: 0, doing: 1, for_review: 1, approved: 0, done: 1 })
  })

  it('has the lanes of the folders, where prompts were moved from one to the next', async () => {
    const files = {
      'tasks/planned/WP01-a.md': prompt('WP01', 'One'),
      'tasks/doing/WP02-b.md': prompt('WP02', 'Two'),
      'tasks/for_review/WP03-c.md': prompt('WP03', 'Three'),
      'tasks/done/WP04-d.md': prompt('WP04', 'Four', 'lane: done\n'),
      'tasks/other/WP05-e.md': prompt('WP05', 'Five'),
    }
    const mission = await read(files)
    expect(mission.work_packages).toMatchObject([
      { id: 'WP01', lane: 'planned', lane_source: 'folder', document: 'tasks/planned/WP01-a.md' },
      { id: 'WP02', lane: 'in_progress', lane_source: 'folder' },
      { id: 'WP03', lane: 'for_review', lane_source: 'folder' },
      { id: 'WP04', lane: 'done', lane_source: 'front_matter' },
    ])
    const project = emptyProject()
    writeMission(project, 'm', files)
    const reader = openProject(project)
    expect(await reader.document('m', 'tasks/done/WP04-d.md')).toMatchObject({ text: '\n# Four\n\nDo it.\n' })
    for (const name of ['tasks/done', 'tasks/done/a/WP01.md', 'tasks/done/README.md'])
      expect([name, await reader.document('m', name)]).toEqual([name, null])
  })

  it('has a problem where the lane is none that is known, and no lane is made up', async () => {
    const mission = await read({ 'tasks/WP01.md': prompt('WP01', 'One', 'lane: teleported\n') })
    expect(mission).toMatchObject({
      work_packages: [{ lane: 'teleported', column: null }],
      counts: { planned: 0 },
      unknown_lanes: 1,
      problems: [
        {
          path: 'kitty-specs/m/tasks/WP01.md',
          what: 'WP01 is in a lane that this version does not know: teleported',
        },
      ],
    })
  })
})

describe('a text where a list should be', () => {
  it.each([
    ['dependencies: "[]"\n', 'its dependencies are the text "[]", not a list'],
    ['dependencies: "[WP01, WP02]"\n', 'its dependencies are the text "[WP01, WP02]", not a list'],
    ['subtasks: T001, T002\n', 'its subtasks are the text "T001, T002", not a list'],
  ])('is a problem, and no dependency: %j', async (more, what) => {
    expect(await read({ 'tasks/WP01.md': prompt('WP01', 'One', more) })).toMatchObject({
      work_packages: [{ dependencies: [], subtasks: [] }],
      problems: [{ path: 'kitty-specs/m/tasks/WP01.md', what }],
    })
  })
})

describe('a line of the log', () => {
  it('may have 8 MiB', async () => {
    const metadata = (length: number): object => ({ policy_metadata: { text: 'x'.repeat(length) } })
    const mission = await read({
      'status.events.jsonl':
        laneEvent(1, 'WP01', 'claimed') +
        laneEvent(2, 'WP01', 'blocked', metadata(311_000)) +
        laneEvent(3, 'WP02', 'approved', metadata(8 * 1024 * 1024 - 1000)),
    })
    expect(mission).toMatchObject({
      work_packages: [{ lane: 'blocked' }, { lane: 'approved' }],
      problems: [],
    })
  })

  it.each([
    ['at its end', (text: string) => `{"a":"${text}","wp_id":"WP03"}`, 'it is about WP03'],
    ['at its beginning', (text: string) => `{"wp_id": "WP03","a":"${text}"}`, 'it is about WP03'],
    ['nowhere', (text: string) => `{"a":"${text}"}`, 'what it is about is not known'],
    [
      'twice, and differently',
      (text: string) => `{"wp_id":"WP03","a":"${text}","wp_id":"WP04"}`,
      'what it is about is not known',
    ],
  ])('that is longer is a problem, which names the package: %s', async (_, lineOf, about) => {
    const project = emptyProject()
    const mission = writeMission(project, 'm', { 'status.events.jsonl': laneEvent(1, 'WP01', 'claimed') })
    const path = join(mission, 'status.events.jsonl')
    appendFileSync(path, `${lineOf('x'.repeat(8 * 1024 * 1024))}\n${laneEvent(2, 'WP01', 'done')}`)
    expect(await openProject(project).mission('m')).toMatchObject({
      work_packages: [{ id: 'WP01', lane: 'done' }],
      problems: [{ what: `line 2 is longer than 8 MiB and was not read: ${about}` }],
    })
  })
})

describe('the last change of a mission', () => {
  const meta = { created_at: '2024-03-01T10:00:00+02:00', accepted_at: '2024-05-06', mission_number: 3 }

  it.each<readonly [string, Files, string | null, string | null]>([
    [
      'is its newest event, also one that moves nothing',
      {
        'meta.json': JSON.stringify({ ...meta, accepted_at: '2030-01-01T00:00:00Z' }),
        'status.events.jsonl':
          '{"event_type":"TasksCompleted","event_id":"x","at":"2026-02-01T00:00:00Z","payload":{}}\n' +
          laneEvent(1, 'WP01', 'done'),
      },
      '2026-02-01T00:00:00.000Z',
      'event',
    ],
    [
      'is the newest date in meta.json',
      { 'meta.json': JSON.stringify(meta) },
      '2024-05-06T00:00:00.000Z',
      'meta',
    ],
    ['is the newest time of its files', { 'meta.json': '{"created_at": 7}' }, null, 'files'],
    ['is unknown where it is empty', {}, null, null],
  ])('%s', async (_, files, at, from) => {
    const mission = await read(files)
    expect(mission.updated_from).toBe(from)
    if (from !== 'files') expect(mission.updated_at).toBe(at)
    else expect(Date.parse(mission.updated_at ?? '')).toBeGreaterThan(Date.now() - 60_000)
  })

  it('keeps its place in the list when git checks out a branch', async () => {
    const project = emptyProject()
    const git = (...args: readonly string[]): void => {
      const env = { ...process.env, HOME: project, GIT_CONFIG_NOSYSTEM: '1' }
      const who = ['-c', 'user.name=ada', '-c', 'user.email=ada@localhost', '-c', 'init.defaultBranch=main']
      execFileSync('git', [...who, ...args], { cwd: project, env, stdio: 'ignore' })
    }
    const ids = ['a', 'b', 'c', 'd']
    for (const [at, id] of ids.entries())
      writeMission(project, id, {
        'spec.md': 'first\n',
        ...(id === 'd'
          ? { 'meta.json': '{"created_at":"2025-01-01T00:00:00Z"}' }
          : { 'status.events.jsonl': laneEvent(10 * at, 'WP01', 'planned') }),
      })
    git('init')
    git('add', 'kitty-specs')
    git('commit', '-m', 'first')
    git('checkout', '-b', 'other')
    writeMission(project, 'a', { 'spec.md': 'second\n' })
    git('commit', '-am', 'second')
    const order = async () => (await openProject(project).missions()).missions.map(({ id }) => id)
    const before = await order()
    for (const branch of ['main', 'other']) {
      git('checkout', branch)
      utimesSync(join(project, 'kitty-specs/d/spec.md'), new Date(), new Date())
      expect(await order()).toEqual(before)
    }
    expect(before).toEqual(['c', 'b', 'a', 'd'])
  })
})
