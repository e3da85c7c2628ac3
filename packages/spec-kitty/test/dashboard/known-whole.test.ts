import { utimesSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { openProject } from '../../src/dashboard/project/project.js'
import { emptyProject, laneEvent, prompt, removeProjects, write, writeMission } from '../helpers/projects.js'

afterEach(removeProjects)

const LOG = 'status.events.jsonl'
const PROMPTS = { 'tasks/WP01.md': prompt('WP01', 'One'), 'tasks/WP02.md': prompt('WP02', 'Two') }
const APPROVED = laneEvent(1, 'WP01', 'approved') + laneEvent(2, 'WP02', 'approved')
const BACK = laneEvent(3, 'WP02', 'planned', { reason: 'two of the tests fail' })
const LATER = laneEvent(4, 'WP02', 'approved')
const TORN = `${BACK.slice(0, -10)}\n`
const LONG = laneEvent(3, 'WP02', 'planned', { reason: 'x'.repeat(9 * 1024 * 1024) })

async function read(project: string) {
  const opened = openProject(project)
  const [mission, now] = [await opened.mission('m'), await opened.now()]
  if (mission === null) throw new Error('There is no mission.')
  return { mission, now }
}

function withLog(log: string | Uint8Array, minutesOld = 60) {
  const project = emptyProject()
  const path = join(writeMission(project, 'm', { ...PROMPTS, [LOG]: log }), LOG)
  const time = Date.now() / 1000 - minutesOld * 60
  utimesSync(path, time, time)
  return project
}

async function expectNotKnown(project: string) {
  const { mission, now } = await read(project)
  expect(mission).toMatchObject({ state: 'unreadable', state_words: 'its log cannot be read' })
  expect(mission.next_command).toBeNull()
  expect(mission.unreadable).not.toEqual([])
  expect(now.ready_to_merge).toEqual([])
  expect(now.counts.unreadable).toBeGreaterThan(0)
  return mission
}

describe('no merge is advised, and Now says why, if behind the last lane change of a package', () => {
  it.each([
    ['a line is torn', APPROVED + TORN],
    ['a line is too long', APPROVED + LONG],
    ['the last line is torn', APPROVED + TORN.trimEnd()],
    ['two lines are stuck to one another', APPROVED + BACK.trimEnd() + laneEvent(4, 'WP02', 'blocked')],
    [
      'a torn line has the next one behind it',
      APPROVED + BACK.slice(0, 15) + laneEvent(4, 'WP01', 'approved'),
    ],
    ['the file has zeros', `${APPROVED}${'\0'.repeat(4096)}`],
    ['a line has no package', APPROVED + laneEvent(3, 'WP02', 'planned', { wp_id: null })],
    ['a line has no lane', APPROVED + laneEvent(3, 'WP02', 'planned', { to_lane: null })],
    ['a line has no time', APPROVED + laneEvent(3, 'WP02', 'planned', { at: 'yesterday' })],
    ['a line has no id', APPROVED + laneEvent(3, 'WP02', 'planned', { event_id: null })],
    ['a line has the id of another', APPROVED + laneEvent(2, 'WP02', 'planned')],
    ['a line is about a package that nothing else names', `${APPROVED}{"wp_id":"WP03","to_lane":"pl\n`],
  ])('%s', async (_, log) => {
    await expectNotKnown(withLog(log))
  })

  it('a line of its copy in a worktree is torn', async () => {
    const project = withLog(APPROVED)
    write(join(project, '.worktrees', 'm-coord', 'kitty-specs', 'm', LOG), APPROVED + TORN)
    await expectNotKnown(project)
  })
})

describe('the merge is advised if', () => {
  it.each([
    ['a later line moves the package that the torn line names', APPROVED + TORN + LATER],
    ['a later line moves the package that the long line names', APPROVED + LONG + LATER],
    ['later lines move all packages', `no JSON\n${APPROVED}`],
    ['only an annotation is broken', `${APPROVED}{"kind":"annotation","wp_id":"WP02","at":7}\n`],
    ['a line is another event', `${APPROVED}{"event_type":"MissionClosed","wp_id":null,"to_lane":null}\n`],
    ['a line is twice', APPROVED + APPROVED],
  ])('%s', async (_, log) => {
    const { mission, now } = await read(withLog(log))
    expect(mission).toMatchObject({ state: 'approved', unreadable: [] })
    expect(now.ready_to_merge.map(({ command }) => command)).toEqual(['spec-kitty merge --mission m'])
  })

  it('the last line is just being written', async () => {
    const { mission } = await read(withLog(APPROVED + TORN.trimEnd(), 0))
    expect(mission).toMatchObject({ state: 'approved', problems: [], unreadable: [] })
  })

  it('a worktree goes on behind the line that is torn in both', async () => {
    const project = withLog(APPROVED + TORN)
    write(join(project, '.worktrees', 'm-coord', 'kitty-specs', 'm', LOG), APPROVED + TORN + LATER)
    expect((await read(project)).mission).toMatchObject({ state: 'approved', unreadable: [] })
  })
})

it('an earlier torn line counts also while the last line is being written', async () => {
  await expectNotKnown(withLog(APPROVED + TORN + BACK.slice(0, 20), 0))
})

it('a torn line about one package leaves the others as they are', async () => {
  const project = withLog(laneEvent(1, 'WP01', 'planned') + laneEvent(2, 'WP02', 'planned') + TORN)
  const { mission, now } = await read(project)
  expect(mission.work_packages).toMatchObject([{ is_ready: true }, { is_ready: false, next_command: null }])
  expect(now.ready_to_start.map(({ id }) => id)).toEqual(['WP01'])
})

describe('a package that only the torn last line names has no known lane', () => {
  it.each([
    ['in a log of usual lines', laneEvent(1, 'WP01', 'planned') + TORN.trimEnd()],
    ['in a log whose lines end with carriage returns', APPROVED.replaceAll('\n', '\r')],
  ])('%s', async (_, log) => {
    const mission = await expectNotKnown(withLog(log))
    expect(mission).toMatchObject({ not_finalised: 0 })
    expect(mission.work_packages[1]).toMatchObject({ lane: null, is_lane_unread: true, next_command: null })
  })
})

it('a done mission with a torn line behind is not finished', async () => {
  const mission = await expectNotKnown(withLog(APPROVED.replaceAll('"approved"', '"done"') + TORN))
  expect(mission.section).toBe('active')
})
