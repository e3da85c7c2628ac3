import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { openProject } from '../../src/dashboard/project/project.js'
import { NEVER_VOUCHED } from '../../src/dashboard/project/vouching.js'
import { emptyProject, laneEvent, prompt, removeProjects, write, writeMission } from '../helpers/projects.js'

afterEach(removeProjects)

const LOG = 'status.events.jsonl'
const NEST = 5000
const DEEP = `${'['.repeat(NEST)}${']'.repeat(NEST)}`
const DEEP_OBJECT = `${'{"a":'.repeat(NEST)}1${'}'.repeat(NEST)}`

/** A line with one value that is written as it is. */
function lineWith(name: string, value: string, fields: object): string {
  const event = { actor: 'ada', at: '2026-01-01T00:00:09Z', event_id: 'DEEP', wp_id: 'WP01', ...fields }
  return `${JSON.stringify({ ...event, [name]: '@' }).replace('"@"', value)}\n`
}

const ANNOTATION = { kind: 'annotation', delta: {} }
const MOVE = { from_lane: 'planned', to_lane: 'claimed' }

describe('a line that is nested too deep', () => {
  it.each([
    ['an annotation', lineWith('delta', `{"x":${DEEP}}`, ANNOTATION)],
    ['its actor', lineWith('actor', DEEP_OBJECT, ANNOTATION)],
    ['a lane change', lineWith('policy_metadata', `{"agent":${DEEP}}`, MOVE)],
    ['its evidence', lineWith('evidence', DEEP_OBJECT, MOVE)],
    ['another event', lineWith('payload', DEEP, { event_type: 'WPCreated' })],
  ])('is a problem of its mission, and the others are shown: %s', async (_, line) => {
    const project = emptyProject()
    writeMission(project, 'deep', { [LOG]: laneEvent(1, 'WP01', 'planned') + line })
    writeMission(project, 'other', {
      'tasks/WP01.md': prompt('WP01', 'One'),
      [LOG]: laneEvent(1, 'WP01', 'planned'),
    })
    const opened = openProject(project)
    const problem = { path: `kitty-specs/deep/${LOG}`, what: 'line 2 is nested more than 64 levels deep' }
    expect((await opened.mission('deep'))?.problems).toMatchObject([problem])
    expect((await opened.missions()).missions.map(({ id }) => id)).toContain('other')
    expect((await opened.now()).ready_to_start.map(({ mission }) => mission.id)).toContain('other')
    const found = await opened.search('WP01', new AbortController().signal)
    expect(found.results.map(({ mission }) => mission.id)).toContain('other')
  })

  it('does not hide that an annotation of the usual depth counts', async () => {
    const project = emptyProject()
    const line = lineWith('delta', `{"agent":"eve","x":${'['.repeat(50)}${']'.repeat(50)}}`, ANNOTATION)
    writeMission(project, 'm', { [LOG]: laneEvent(1, 'WP01', 'planned') + line })
    const mission = await openProject(project).mission('m')
    expect(mission).toMatchObject({ problem_count: 0, work_packages: [{ agent: 'eve' }] })
  })
})

describe('an annotation with the event_id of another one', () => {
  it.each([
    ['a short one', 'no'],
    ['a long one', 'no '.repeat(400)],
    ['one with many brackets in its text', '[{'.repeat(100)],
  ])('is the same event if only its keys are in another order: %s', async (_, reason) => {
    const project = emptyProject()
    const line = (delta: string) => lineWith('delta', delta, ANNOTATION)
    const first = laneEvent(1, 'WP01', 'planned')
    const log = first + line(`{"agent":"eve","review":{"actor":"b","reason":"${reason}"}}`)
    writeMission(project, 'm', { [LOG]: log })
    const copy = first + line(`{"review":{"reason":"${reason}","actor":"b"},"agent":"eve"}`)
    const inWorktree = join(project, '.worktrees', 'm-coord', 'kitty-specs', 'm', LOG)
    write(inWorktree, copy)
    expect(await openProject(project).mission('m')).toMatchObject({ problems: [], worktrees: [] })
    write(inWorktree, copy.replace('"b"', '"c"'))
    const [problem] = (await openProject(project).mission('m'))?.problems ?? []
    expect(problem?.what).toBe('line 2 has the event_id of another event, DEEP, and does not count')
  })
})

it('a mission that cannot be read by a mistake of the dashboard is listed as such, with the others', async () => {
  const project = emptyProject()
  for (const id of ['bad', 'good']) writeMission(project, id, { [LOG]: laneEvent(1, 'WP01', 'approved') })
  const ofMission = (id: string): string | null => {
    if (id === 'bad') throw new RangeError('Maximum call stack size exceeded')
    return null
  }
  const opened = openProject(project, { vouching: { ...NEVER_VOUCHED, ofMission } })
  const { missions } = await opened.missions()
  const what = 'cannot be shown, by a mistake of the dashboard: Maximum call stack size exceeded'
  const problem = { path: 'kitty-specs/bad', what }
  expect(missions.find(({ id }) => id === 'good')).toMatchObject({ state: 'approved' })
  expect(missions.find(({ id }) => id === 'bad')).toMatchObject({
    state: 'unreadable',
    unreadable: [problem],
  })
  const now = await opened.now()
  expect(now.ready_to_merge.map(({ mission }) => mission.id)).toEqual(['good'])
  expect(now.unreadable).toEqual([{ mission: { id: 'bad', title: 'bad' }, problem }])
  expect(await opened.mission('bad')).toMatchObject({ problems: [problem], next_command: null })
  const found = await opened.search('WP01', new AbortController().signal)
  expect(found.results.map(({ mission }) => mission.id)).toEqual(['good'])
})
