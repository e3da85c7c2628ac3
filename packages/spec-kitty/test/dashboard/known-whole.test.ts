import { mkdirSync, rmdirSync, symlinkSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { openProject } from '../../src/dashboard/project/project.js'
import {
  emptyProject,
  laneEvent,
  prompt,
  removeProjects,
  write,
  writeMission,
  type Files,
} from '../helpers/projects.js'

afterEach(removeProjects)

const LOG = 'status.events.jsonl'
const PROMPTS = { 'tasks/WP01.md': prompt('WP01', 'One'), 'tasks/WP02.md': prompt('WP02', 'Two') }
const APPROVED = laneEvent(1, 'WP01', 'approved') + laneEvent(2, 'WP02', 'approved')
const BACK = laneEvent(3, 'WP02', 'planned', { reason: 'two of the tests fail' })
const LATER = laneEvent(4, 'WP02', 'approved')
const TORN = `${BACK.slice(0, -10)}\n`
const NOTE = JSON.stringify({
  actor: { tool: 'claude', model: null },
  at: '2026-01-01T00:00:03Z',
  event_id: '01NOTE',
  kind: 'annotation',
  wp_id: 'WP02',
  delta: { subtasks: { T001: 'done', T002: 'open' }, note: 'x' },
})
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

async function expectNotKnown(project: string, state_words = 'not all of its log can be read') {
  const { mission, now } = await read(project)
  expect(mission).toMatchObject({ state: 'unreadable', state_words })
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
    ['the last line is torn before it says that it is an annotation', APPROVED + NOTE.slice(0, 100)],
    [
      'what is torn names an annotation below its first level',
      `${APPROVED}{"wp_id":"WP02","policy_metadata":{"kind":"annotation","agent":"x`,
    ],
    [
      'what is torn only quotes an annotation',
      String.raw`${APPROVED}{"reason":"\"kind\": \"annotation\"","wp`,
    ],
    [
      'a torn annotation has the next line behind it, in a text',
      APPROVED + NOTE.slice(0, -20) + laneEvent(4, 'WP01', 'planned'),
    ],
    [
      'a torn annotation has the next line behind it, as a value',
      APPROVED + NOTE.slice(0, NOTE.indexOf('{"subtasks"')) + laneEvent(4, 'WP01', 'planned'),
    ],
    ['the file has zeros', `${APPROVED}${'\0'.repeat(4096)}`],
    ['a line has no package', APPROVED + laneEvent(3, 'WP02', 'planned', { wp_id: null })],
    ['a line has no lane', APPROVED + laneEvent(3, 'WP02', 'planned', { to_lane: null })],
    ['a line has no time', APPROVED + laneEvent(3, 'WP02', 'planned', { at: 'yesterday' })],
    ['a line has no id', APPROVED + laneEvent(3, 'WP02', 'planned', { event_id: null })],
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

describe('a line with the id of another event', () => {
  const id = (at: number, wp: string) => ({ event_id: JSON.parse(laneEvent(at, wp, 'x')).event_id as string })
  const LOG_OF_TWO = `${laneEvent(1, 'WP02', 'planned')}${laneEvent(2, 'WP01', 'approved')}${laneEvent(3, 'WP02', 'approved')}`

  it.each([
    ['with another lane', laneEvent(3, 'WP02', 'planned')],
    ['with another lane and a later time', laneEvent(9, 'WP02', 'planned', id(1, 'WP02'))],
    [
      'with an earlier time, in the place of the last change',
      laneEvent(0, 'WP02', 'approved', id(3, 'WP02')),
    ],
    ['about another package', laneEvent(9, 'WP01', 'planned', id(1, 'WP02'))],
    [
      'about another package, in the place of the last change',
      laneEvent(0, 'WP01', 'claimed', id(3, 'WP02')),
    ],
    ['about a package that nothing else names', laneEvent(9, 'WP03', 'claimed', id(1, 'WP02'))],
  ])('leaves a lane open, and the log contradicts itself: %s', async (_, line) => {
    const { mission, now } = await read(withLog(LOG_OF_TWO + line))
    expect(mission).toMatchObject({ state: 'unreadable', state_words: 'its log contradicts itself' })
    expect(mission.next_command).toBeNull()
    expect(mission.problems).toEqual(mission.unreadable)
    expect(now).toMatchObject({ ready_to_merge: [], counts: { unreadable: 1 } })
  })

  it.each([
    ['with another reason', laneEvent(3, 'WP02', 'approved', { reason: 'x' })],
    ['with another reason, of an earlier change', laneEvent(1, 'WP02', 'planned', { reason: 'x' })],
    ['with another lane, of an earlier change', laneEvent(1, 'WP02', 'blocked')],
    ['with the same lane at a later time', laneEvent(9, 'WP02', 'approved', id(3, 'WP02'))],
    ['about another package, before its last change', laneEvent(1, 'WP01', 'claimed', id(1, 'WP02'))],
    ['that is an annotation', `${NOTE.replace('01NOTE', id(3, 'WP02').event_id)}\n`],
  ])('is only a problem %s', async (_, line) => {
    const { mission } = await read(withLog(LOG_OF_TWO + line))
    expect(mission).toMatchObject({ state: 'approved', unreadable: [], problems: [{}] })
    expect(mission.problems[0]?.what).toMatch(
      /^line 4 has the event_id of another event, .*, and does not count$/,
    )
  })

  it('is not all that is wrong if a line is torn too', async () => {
    await expectNotKnown(withLog(LOG_OF_TWO + laneEvent(3, 'WP02', 'planned') + TORN))
  })
})

describe('a line that breaks before the lane changes of a package leaves it as it is', () => {
  it.each([
    ['WP10', 'wp10'],
    ['WP1', 'WP01'],
    ['WP10', 'WP-10'],
    ['wp01.1', 'WP01.1'],
  ])('that the log calls %s, and its prompt %s', async (logged, written) => {
    const project = emptyProject()
    const log = `<<<<<<< HEAD\n${laneEvent(1, logged, 'planned')}${laneEvent(2, logged, 'approved')}`
    writeMission(project, 'm', { 'tasks/WP-x.md': prompt(written, 'One'), [LOG]: log })
    const { mission } = await read(project)
    expect(mission).toMatchObject({
      state: 'approved',
      unreadable: [],
      work_packages: [{ id: written, lane: 'approved' }],
    })
  })
})

describe('the merge is advised if', () => {
  it.each([
    ['a later line moves the package that the torn line names', APPROVED + TORN + LATER],
    ['a later line moves the package that the long line names', APPROVED + LONG + LATER],
    ['later lines move all packages', `no JSON\n${APPROVED}`],
    ['only an annotation is broken', `${APPROVED}{"kind":"annotation","wp_id":"WP02","at":7}\n`],
    ['an annotation is torn', `${APPROVED}${NOTE.slice(0, -30)}\n`],
    ['the last line is a torn annotation', APPROVED + NOTE.slice(0, -30)],
    ['an annotation is torn behind its kind', APPROVED + NOTE.slice(0, NOTE.indexOf(',"wp_id"'))],
    ['an annotation is not JSON in the middle', `${APPROVED}${NOTE.replace('"open"', 'NaN NaN')}\n`],
    ['an annotation is too long', `${APPROVED}${NOTE.replace('"x"', `"${'x'.repeat(9 * 1024 * 1024)}"`)}\n`],
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
    [
      'in a log whose lines end with carriage returns',
      APPROVED.replaceAll('\n', '\r'),
      'its log cannot be read',
    ],
  ])('%s', async (_, log, words?: string) => {
    const mission = await expectNotKnown(withLog(log), words)
    expect(mission).toMatchObject({ not_finalised: 0 })
    expect(mission.work_packages[1]).toMatchObject({ lane: null, is_lane_unread: true, next_command: null })
  })
})

it('a done mission with a torn line behind is not finished', async () => {
  const mission = await expectNotKnown(withLog(APPROVED.replaceAll('"approved"', '"done"') + TORN))
  expect(mission.section).toBe('active')
})

describe('what of the prompts was not read leaves the mission open', () => {
  const many = (count: number, name: (at: number) => string) =>
    Object.fromEntries(Array.from({ length: count }, (_, at) => [name(at), 'x']))

  it.each<readonly [string, Files, readonly (readonly [string, string])[]]>([
    ['tasks is a link out of the mission', {}, [['tasks', '../../elsewhere']]],
    ['tasks is a file', { tasks: 'x' }, []],
    ['a folder of a lane is a link', { 'tasks/a.md': 'x' }, [['tasks/planned', '../research']]],
    ['a prompt is a link out', { 'tasks/a.md': 'x' }, [['tasks/WP02.md', '/etc/hostname']]],
    ['there are too many files beside the prompts', many(5100, (at) => `tasks/a${at}.txt`), []],
    ['there are too many prompts', many(1001, (at) => `tasks/WP${at + 100}.md`), []],
  ])('%s', async (_, files, links) => {
    const project = emptyProject()
    const log = laneEvent(1, 'WP01', 'approved')
    const mission = writeMission(project, 'm', { ...files, 'research/r.md': 'x', [LOG]: log })
    mkdirSync(join(project, 'elsewhere'))
    for (const [name, target] of links) symlinkSync(target, join(mission, name))
    const { mission: read_, now } = await read(project)
    expect(read_).toMatchObject({ state: 'unreadable', state_words: 'not all of it can be read' })
    expect([read_.next_command, now.ready_to_merge]).toEqual([null, []])
    expect(now.counts.unreadable).toBeGreaterThan(0)
  })

  it('but a prompt of a package that the log has moved on does not', async () => {
    const project = emptyProject()
    const mission = writeMission(project, 'm', { [LOG]: APPROVED, 'tasks/WP01.md': prompt('WP01', 'One') })
    symlinkSync('/etc/hostname', join(mission, 'tasks', 'WP02.md'))
    expect((await read(project)).mission).toMatchObject({ state: 'approved', unreadable: [] })
  })

  it('and a package whose prompt is a link out is not ready', async () => {
    const project = emptyProject()
    const log = laneEvent(1, 'WP01', 'planned') + laneEvent(2, 'WP02', 'planned')
    const mission = writeMission(project, 'm', { [LOG]: log, 'tasks/WP01.md': prompt('WP01', 'One') })
    symlinkSync('/etc/hostname', join(mission, 'tasks', 'WP02.md'))
    const ready = [{ is_ready: true }, { is_ready: false, next_command: null }]
    expect((await read(project)).mission.work_packages).toMatchObject(ready)
  })

  it('while a thousand other documents take no place of them', async () => {
    const project = emptyProject()
    const files = { ...PROMPTS, ...many(1000, (at) => `research/r${at}.csv`) }
    writeMission(project, 'm', { ...files, 'spec.md': 'x', [LOG]: laneEvent(1, 'WP01', 'approved') })
    const { mission } = await read(project)
    expect(mission).toMatchObject({ state: 'idle', not_finalised: 1, unreadable: [] })
    expect(mission.documents[0]?.name).toBe('spec.md')
    expect(mission.documents.at(-1)?.name).toBe('tasks/WP02.md')
  })

  it('while five thousand other files hide neither log nor prompts', async () => {
    const project = emptyProject()
    writeMission(project, 'm', { ...PROMPTS, ...many(5100, (at) => `a${at}.txt`), [LOG]: APPROVED + BACK })
    const { mission } = await read(project)
    expect(mission.work_packages).toMatchObject([{ lane: 'approved' }, { lane: 'planned' }])
  })
})

describe('a package that has no lane is not finalised, so no merge is advised, if the log', () => {
  const created = { event_type: 'WPCreated', event_id: '7', payload: { wp_id: 'WP03', wp_title: 'Three' } }
  const annotation = { kind: 'annotation', event_id: '7', at: '2026-01-01T00:00:09Z', wp_id: 'WP03' }
  it.each([
    ['creates it', `${JSON.stringify(created)}\n`],
    ['annotates it', `${JSON.stringify({ ...annotation, delta: { agent: 'eve' } })}\n`],
  ])('%s', async (_, line) => {
    const { mission, now } = await read(withLog(APPROVED + line))
    expect(mission).toMatchObject({ state: 'idle', state_words: '1 left', not_finalised: 1 })
    expect(mission.work_packages[2]).toMatchObject({ id: 'WP03', lane: null, next_command: null })
    expect([mission.next_command, now.ready_to_merge]).toEqual([null, []])
  })

  it('has it in genesis', async () => {
    const { mission, now } = await read(withLog(APPROVED + laneEvent(3, 'WP02', 'genesis')))
    expect(mission).toMatchObject({ state: 'idle', state_words: '1 left', next_command: null })
    expect(now.ready_to_merge).toEqual([])
  })

  it('names more packages than are read', async () => {
    const lines = Array.from({ length: 2001 }, (_, at) => laneEvent(at, `WP${at + 1}`, 'approved'))
    await expectNotKnown(withLog(lines.join('')))
  })
})

describe('a worktree of the mission that was not read leaves open where packages stand', () => {
  const copyIn = (project: string, ...below: readonly string[]): string =>
    join(project, '.worktrees', ...below)
  const META = (topology: string, more = {}) => JSON.stringify({ friendly_name: 'm', topology, ...more })

  it.each<readonly [string, (project: string) => void]>([
    ['is a link', (project) => symlinkSync('../elsewhere', copyIn(project, 'm-coord'))],
    [
      'has a link for its missions',
      (project) => {
        mkdirSync(copyIn(project, 'm-coord'))
        symlinkSync('../../elsewhere', copyIn(project, 'm-coord', 'kitty-specs'))
      },
    ],
    [
      'has a link for the mission',
      (project) => {
        mkdirSync(copyIn(project, 'm-coord', 'kitty-specs'), { recursive: true })
        symlinkSync('../../../elsewhere', copyIn(project, 'm-coord', 'kitty-specs', 'm'))
      },
    ],
    [
      'is one of too many',
      (project) => {
        for (let at = 0; at < 100; at += 1) mkdirSync(copyIn(project, `m-a${at}`))
        mkdirSync(copyIn(project, 'm-coord'))
      },
    ],
    [
      'is in a directory that is a link',
      (project) => {
        rmdirSync(copyIn(project))
        symlinkSync('elsewhere', copyIn(project))
      },
    ],
    [
      'is not there, with the topology coord',
      (project) => writeMission(project, 'm', { 'meta.json': META('coord') }),
    ],
    [
      'is not there, with the topology lanes_with_coord',
      (project) => writeMission(project, 'm', { 'meta.json': META('lanes_with_coord') }),
    ],
  ])('%s', async (_, damage) => {
    const project = withLog(APPROVED)
    mkdirSync(join(project, 'elsewhere'))
    mkdirSync(copyIn(project))
    damage(project)
    const { mission, now } = await read(project)
    expect(mission).toMatchObject({ state: 'unreadable', state_words: 'not all of it can be read' })
    expect([mission.next_command, now.ready_to_merge]).toEqual([null, []])
    expect(now.unreadable).toMatchObject([{ mission: { id: 'm' } }])
    expect(mission.problems).toEqual(mission.unreadable)
  })

  it.each<readonly [string, string, string]>([
    ['its mission is merged', META('coord', { baseline_merge_commit: 'abc' }), APPROVED],
    ['its mission is over', META('coord'), APPROVED.replaceAll('"approved"', '"done"')],
    ['its mission has no packages', META('coord'), ''],
    ['its packages are still worked on', META('coord'), APPROVED.replaceAll('"approved"', '"for_review"')],
    ['the log is in the main checkout', META('lanes'), APPROVED],
  ])('but not if it is not there and %s', async (_, meta, log) => {
    const project = emptyProject()
    writeMission(project, 'm', { 'meta.json': meta, [LOG]: log })
    expect((await read(project)).mission).toMatchObject({ problems: [], unreadable: [] })
  })

  it('but not if it was made for another mission', async () => {
    const project = withLog(APPROVED)
    mkdirSync(copyIn(project))
    symlinkSync('nowhere', copyIn(project, 'other-coord'))
    expect((await read(project)).mission).toMatchObject({ state: 'approved', unreadable: [] })
  })
})

describe('Now says that missions could not be read if', () => {
  it.each<readonly [string, (project: string) => void, string]>([
    [
      'kitty-specs is a link out',
      (project) => symlinkSync('/etc', join(project, 'kitty-specs')),
      'kitty-specs',
    ],
    ['kitty-specs is a file', (project) => write(join(project, 'kitty-specs'), 'x'), 'kitty-specs'],
    [
      'a mission is a link out',
      (project) => {
        mkdirSync(join(project, 'kitty-specs'))
        symlinkSync('/etc', join(project, 'kitty-specs', 'm'))
      },
      'kitty-specs/m',
    ],
  ])('%s', async (_, damage, path) => {
    const project = emptyProject()
    damage(project)
    const now = await openProject(project).now()
    expect(now.unreadable).toMatchObject([{ mission: null, problem: { path } }])
    expect(now.counts.unreadable).toBe(1)
  })

  it('not if the project has none yet, or only a folder of old ones', async () => {
    const project = emptyProject()
    expect((await openProject(project).now()).counts.unreadable).toBe(0)
    writeMission(project, 'archive/m', { [LOG]: APPROVED })
    expect((await openProject(project).now()).counts.unreadable).toBe(0)
  })
})
