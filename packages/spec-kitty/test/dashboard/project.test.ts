import { spawnSync } from 'node:child_process'
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import { times } from '../../../familiar/test/helpers/counts.js'
import { locate } from '../../src/dashboard/project/locate.js'
import { rememberFiles } from '../../src/dashboard/project/remember-files.js'
import { openProject } from '../../src/dashboard/project/project.js'
import {
  emptyProject,
  everyLane,
  HOSTILE_NAMES,
  hostileProject,
  laneEvent,
  LANES,
  malformedProject,
  oneMission,
  prompt,
  removeProjects,
  writeMission,
} from '../helpers/projects.js'
import { swap } from '../helpers/swap.js'

afterEach(removeProjects)

const BUILT = fileURLToPath(new URL('../../dist/dashboard/project/project.js', import.meta.url))

async function missionOf(project: string, id: string) {
  const mission = await openProject(project).mission(id)
  if (mission === null) throw new Error(`no mission ${id}`)
  return mission
}

/** The problems of a mission, each as `path: what`, the path without that of the mission. */
async function problemsOf(project: string, id: string): Promise<readonly string[]> {
  const { problems } = await missionOf(project, id)
  return problems.map(({ path, what }) => `${path.slice(`kitty-specs/${id}/`.length)}: ${what}`)
}

/** How many bytes this process has read since it started. */
function bytesRead(): number {
  return Number(/^rchar: (\d+)$/m.exec(readFileSync('/proc/self/io', 'utf8'))?.[1])
}

/** What the log of these tests says of a lane change besides. */
const NO_MOVE = {
  from: 'planned',
  by: 'ada',
  reason: null,
  verdict: null,
  is_forced: false,
  is_sent_back: false,
  worktree: null,
}

describe('a project', () => {
  it('without missions has none, and no problem', async () => {
    const project = emptyProject()
    expect(await openProject(project).missions()).toEqual({
      project: { name: project.slice(project.lastIndexOf('/') + 1), path: project },
      charter: null,
      missions: [],
      problems: [],
    })
    expect(await openProject(project).mission('001')).toBeNull()
    expect(await openProject(project).document('001', 'spec.md')).toBeNull()
  })

  it.each([
    ['is gone', (project: string) => rmSync(project, { recursive: true }), '.: cannot be read (ENOENT)'],
    [
      'has a file for kitty-specs',
      (project: string) => writeFileSync(join(project, 'kitty-specs'), ''),
      'kitty-specs: is a file where a directory should be',
    ],
    [
      'has kitty-specs elsewhere',
      (project: string) => symlinkSync('/etc', join(project, 'kitty-specs')),
      'kitty-specs: is a link that leads out of the project',
    ],
    [
      'has kitty-specs in a circle',
      (project: string) => symlinkSync('kitty-specs', join(project, 'kitty-specs')),
      'kitty-specs: is a link that leads in a circle',
    ],
  ])('that %s has a problem', async (_, damage, problem) => {
    const project = emptyProject()
    damage(project)
    const { missions, problems } = await openProject(project).missions()
    expect([missions, problems.map(({ path, what }) => `${path}: ${what}`)]).toEqual([[], [problem]])
    expect(await openProject(project).mission('passwd')).toBeNull()
  })

  it('is read whole', async () => {
    const mission = await missionOf(oneMission(), '001-start')
    expect(mission).toMatchObject({
      id: '001-start',
      title: 'Start here',
      progress: (1 + 0.3) / 3,
      counts: { planned: 1, doing: 1, for_review: 0, approved: 0, done: 1 },
      problem_count: 0,
      problems: [],
    })
    expect(mission.documents.map(({ name }) => name)).toEqual([
      'spec.md',
      'plan.md',
      'tasks.md',
      'research.md',
      'data-model.md',
      'quickstart.md',
      'contracts/api.yaml',
      'contracts/events/changed.json',
      'checklists/requirements.md',
      'tasks/WP01-begin.md',
      'tasks/WP02-go-on.md',
      'tasks/WP10-end.md',
      'tasks/README.md',
    ])
    expect(mission.documents[0]).toEqual({ name: 'spec.md', bytes: 7, work_package: null })
    expect(mission.work_packages).toEqual([
      {
        id: 'WP01',
        title: 'Begin',
        lane: 'done',
        lane_source: 'events',
        column: 'done',
        worktree: null,
        dependencies: [],
        subtasks: ['T001', 'T002'],
        subtask_states: [],
        agent: 'ada',
        assignee: null,
        phase: '1',
        model: null,
        role: null,
        profile: null,
        notes: [],
        review: null,
        review_result: null,
        front_matter_review: null,
        document: 'tasks/WP01-begin.md',
        updated_at: '2026-01-01T00:00:02.000Z',
        lane_since: '2026-01-01T00:00:02.000Z',
        history: [
          { ...NO_MOVE, at: '2026-01-01T00:00:01.000Z', to: 'claimed' },
          { ...NO_MOVE, at: '2026-01-01T00:00:02.000Z', to: 'done' },
        ],
        history_omitted: 0,
        sent_back: 0,
        is_lane_unread: false,
        lane_doubt: null,
        is_ready: false,
        waiting_for: [],
        not_ready_because: null,
        reason: null,
        last_event_at: '2026-01-01T00:00:02.000Z',
        subtasks_done: 0,
        subtasks_total: 2,
        next_command: null,
        process: null,
      },
      expect.objectContaining({ id: 'WP02', column: 'doing', dependencies: ['WP01'], assignee: 'ada' }),
      expect.objectContaining({ id: 'WP10', lane: 'planned', column: 'planned' }),
    ])
  })

  it('shows the last changed mission first, by its newest file', async () => {
    const project = emptyProject()
    for (const [id, year] of [
      ['a', 2020],
      ['b', 2022],
      ['c', 2021],
    ] as const) {
      const mission = writeMission(project, id, { 'spec.md': 'old', 'plan.md': 'new' })
      utimesSync(join(mission, 'spec.md'), 0, 0)
      utimesSync(join(mission, 'plan.md'), 0, Date.UTC(year) / 1000)
    }
    writeMission(project, 'd')
    const { missions } = await openProject(project).missions()
    expect(missions.map(({ id, updated_at: at }) => [id, at])).toEqual([
      ['b', '2022-01-01T00:00:00.000Z'],
      ['c', '2021-01-01T00:00:00.000Z'],
      ['a', '2020-01-01T00:00:00.000Z'],
      ['d', null],
    ])
  })

  it('has every lane in its column, and a lane of the future in none', async () => {
    const project = everyLane()
    const { work_packages: packages, counts } = await missionOf(project, '002-lanes')
    expect(packages.map(({ lane }) => lane)).toEqual([...LANES, 'teleported'])
    expect(packages.map(({ column }) => column)).toEqual([
      null,
      'planned',
      'planned',
      'doing',
      'doing',
      'for_review',
      'for_review',
      'approved',
      'done',
      'done',
      null,
    ])
    expect(counts).toEqual({ planned: 2, doing: 2, for_review: 2, approved: 1, done: 2 })
    expect(await problemsOf(project, '002-lanes')).toEqual([
      'status.events.jsonl: line 11 moves WP11 into a lane that this version does not know: teleported',
    ])
  })

  it.each([
    [{ friendly_name: 'a', title: 'b', name: 'c' }, 'a'],
    [{ title: 'b', name: 'c' }, 'b'],
    [{ friendly_name: ' ', name: ' c ' }, 'c'],
    [{ friendly_name: 7, title: null }, '001'],
    [{}, '001'],
  ])('takes the title of %j', async (meta, title) => {
    const project = emptyProject()
    writeMission(project, '001', { 'meta.json': JSON.stringify(meta) })
    expect((await missionOf(project, '001')).title).toBe(title)
  })
})

describe('what is malformed is a problem', () => {
  it('in JSON', async () => {
    const project = malformedProject()
    const mission = await missionOf(project, 'json')
    expect([mission.title, mission.work_packages[0]?.lane]).toEqual(['json', 'claimed'])
    expect(await problemsOf(project, 'json')).toEqual([
      'meta.json: is not a JSON object',
      'status.events.jsonl: line 2 is not a JSON object',
      'status.events.jsonl: line 3 is not a JSON object',
      'status.events.jsonl: line 4 has a wp_id that is not a name',
      'status.events.jsonl: line 5 is not a JSON object',
    ])
  })

  it('in front matter', async () => {
    const project = malformedProject()
    const { work_packages: packages } = await missionOf(project, 'front-matter')
    expect(packages.map(({ id }) => id)).toEqual(Array.from({ length: 9 }, (_, at) => `WP0${at + 1}`))
    expect(await problemsOf(project, 'front-matter')).toEqual([
      'tasks/WP01.md: its front matter has no end',
      'tasks/WP02.md: its front matter is not YAML',
      'tasks/WP03.md: its title is not text',
      'tasks/WP04.md: its front matter says "title" twice, and the first one counts',
      'tasks/WP05.md: its work_package_id is not text',
      'tasks/WP05.md: its title is not text',
      'tasks/WP05.md: an item of its subtasks is not text',
      'tasks/WP06.md: its front matter is not a list of names and values',
      'tasks/WP07.md: has no front matter',
      'tasks/WP08.md: has no front matter',
      'tasks/WP09-b.md: has the id of tasks/WP09-a.md, which is shown instead',
    ])
  })

  it('in its places: files for directories, directories for files, FIFOs', async () => {
    expect(await problemsOf(malformedProject(), 'places')).toEqual([
      'tasks: is a file where a directory should be',
      'spec.md: is a directory where a file should be',
      'plan.md: is neither a file nor a directory',
      'contracts: is a file where a directory should be',
      'meta.json: is a directory where a file should be',
      'status.events.jsonl: is neither a file nor a directory',
    ])
  })

  it('a socket, which is not connected to', async () => {
    const project = oneMission()
    const path = join(writeMission(project, 's'), 'spec.md')
    const server = createServer().listen(path)
    await new Promise((resolve) => server.once('listening', resolve))
    expect(await problemsOf(project, 's')).toEqual(['spec.md: is neither a file nor a directory'])
    expect(await openProject(project).document('s', 'spec.md')).toMatchObject({ text: null })
    await new Promise((resolve) => server.close(resolve))
  })

  it('a name that is no UTF-8', async () => {
    const project = emptyProject()
    const tasks = join(writeMission(project, 'm', { 'tasks/WP01.md': prompt('WP01', 'One') }), 'tasks')
    const name = Buffer.concat([Buffer.from(`${tasks}/WP02-gr`), Buffer.from([0xfc]), Buffer.from('n.md')])
    writeFileSync(name, '')
    expect((await missionOf(project, 'm')).work_packages).toHaveLength(1)
    expect(await problemsOf(project, 'm')).toEqual([
      'tasks: has an entry whose name is no UTF-8: WP02-gr\u00fcn.md',
    ])
  })

  it('a tree that is deep, and one with too many documents', async () => {
    const project = emptyProject()
    const mission = writeMission(project, 'm', { [`contracts/${'d/'.repeat(100)}deep.md`]: '' })
    expect(await problemsOf(project, 'm')).toEqual([
      'contracts/d/d/d/d: is deeper than 4 directories and is not shown',
    ])
    mkdirSync(join(mission, 'checklists'))
    for (let at = 0; at < 1005; at += 1) writeFileSync(join(mission, 'checklists', `${at}.md`), '')
    expect((await missionOf(project, 'm')).documents).toHaveLength(1000)
    expect((await problemsOf(project, 'm'))[1]).toBe(
      'checklists: is one of more than 1000 documents, and not everything in it is shown',
    )
  })
})

describe('events', () => {
  it('of a package without a file are shown without a document', async () => {
    const project = emptyProject()
    writeMission(project, 'm', { 'status.events.jsonl': laneEvent(1, 'WP07', 'approved') })
    expect((await missionOf(project, 'm')).work_packages).toMatchObject([
      { id: 'WP07', title: 'WP07', lane: 'approved', document: null },
    ])
  })

  it('that are being written are not there yet, and are a problem when they stay so', async () => {
    const project = emptyProject()
    const path = join(
      writeMission(project, 'm', { 'tasks/WP01.md': prompt('WP01', 'One') }),
      'status.events.jsonl',
    )
    const reader = openProject(project)
    const line = laneEvent(1, 'WP01', 'done')
    writeFileSync(path, line.slice(0, 30))
    expect(await reader.mission('m')).toMatchObject({ problems: [], work_packages: [{ lane: null }] })
    utimesSync(path, new Date(), new Date(Date.now() - 60_000))
    expect(await reader.mission('m')).toMatchObject({ problems: [{ what: 'its last line is cut off' }] })
    appendFileSync(path, line.slice(30))
    expect(await reader.mission('m')).toMatchObject({ problems: [], work_packages: [{ lane: 'done' }] })
  })

  it.each([
    ['with CRLF', (text: string) => Buffer.from(text.replaceAll('\n', '\r\n'))],
    ['with a byte order mark', (text: string) => Buffer.from(`\uFEFF${text}`)],
    ['without a last end of line', (text: string) => Buffer.from(text.trimEnd())],
  ])('%s are read', async (_, encode) => {
    const project = emptyProject()
    const text = laneEvent(1, 'WP01', 'claimed') + laneEvent(2, 'WP01', 'done')
    writeMission(project, 'm', { 'status.events.jsonl': encode(text) })
    expect(await missionOf(project, 'm')).toMatchObject({ problems: [], work_packages: [{ lane: 'done' }] })
  })

  it('are read from the end of a file that is too large, and a long line is none', async () => {
    const project = emptyProject()
    const path = join(writeMission(project, 'm'), 'status.events.jsonl')
    writeFileSync(path, laneEvent(1, 'WP01', 'claimed'))
    truncateSync(path, 17 * 1024 * 1024)
    appendFileSync(path, `\n"${'x'.repeat(9_000_000)}"\n${laneEvent(2, 'WP02', 'done')}`)
    const { work_packages: packages } = await missionOf(project, 'm')
    expect(packages.map(({ id, lane }) => [id, lane])).toEqual([['WP02', 'done']])
    expect(await problemsOf(project, 'm')).toEqual([
      'status.events.jsonl: is larger than 16 MiB, and only its end was read',
      'status.events.jsonl: line 1 is longer than 8 MiB and was not read: what it is about is not known',
    ])
  })
})

describe('documents', () => {
  it.each([
    ['spec.md', 'markdown', '# Spec\n'],
    ['contracts/api.yaml', 'text', 'openapi: 3.1.0\n'],
    ['contracts/events/changed.json', 'text', '{}\n'],
    ['tasks/WP01-begin.md', 'markdown', '\n# Begin\n\nDo it.\n'],
  ])('%s is shown as %s', async (name, format, text) => {
    expect(await openProject(oneMission()).document('001-start', name)).toMatchObject({
      name,
      format,
      text,
      is_truncated: false,
      problems: [],
    })
  })

  it.each([
    'meta.json',
    'status.events.jsonl',
    'status.json',
    'tasks/notes.txt',
    'tasks/../spec.md',
    'contracts/../spec.md',
    './spec.md',
    '../001-start/spec.md',
    '/etc/passwd',
    'contracts//api.yaml',
    'contracts/events',
    'contracts/',
    'contracts',
    'spec.md/',
    'spec.md\0',
    'contracts/\0',
    `contracts/${'x'.repeat(5000)}`,
    '',
    '.',
    'tasks/WP99.md',
    'contracts/.hidden',
    '__proto__',
  ])('%j is none', async (name) => {
    expect(await openProject(oneMission()).document('001-start', name)).toBeNull()
  })

  it.each(['', '.', '..', '../kitty-specs/001-start', '001-start/', '001-start/tasks', 'x\0', '__proto__'])(
    'of %j there are none: it is no mission',
    async (id) => {
      expect(await openProject(oneMission()).document(id, 'spec.md')).toBeNull()
      expect(await openProject(oneMission()).mission(id)).toBeNull()
    },
  )

  it('that are large are cut, not in the middle of a character', async () => {
    const project = emptyProject()
    writeMission(project, 'm', { 'spec.md': '\u20ac'.repeat(400_000) })
    const document = await openProject(project).document('m', 'spec.md')
    expect(document).toMatchObject({ bytes: 1_200_000, is_truncated: true, problems: [] })
    expect(document?.text).toBe('\u20ac'.repeat(Math.floor((1024 * 1024) / 3)))
  })

  it('that are binary are not shown', async () => {
    const project = emptyProject()
    writeMission(project, 'm', { 'spec.md': Buffer.from([1, 0, 255]) })
    expect(await openProject(project).document('m', 'spec.md')).toMatchObject({
      text: null,
      bytes: 3,
      problems: [{ path: 'kitty-specs/m/spec.md', what: 'is binary' }],
    })
  })
})

/**
 * Each round reads a mission while it is swapped between any two steps: 50 ms on a quiet machine, of which 12 ms are processor
 * time, and much longer where others want the processors too.
 */
const ROUNDS = times(50, 300)
const SWAPS = { timeout: 150_000 }

describe('what is hostile', () => {
  it('in names and texts comes out as it is', async () => {
    const project = hostileProject()
    const reader = openProject(project)
    const { missions, problems } = await reader.missions()
    expect(missions.map(({ id }) => id).toSorted()).toEqual([...HOSTILE_NAMES, 'linked', 'links'].toSorted())
    expect(problems).toEqual([
      { path: 'kitty-specs/outside', what: 'is a link that leads out of the project' },
    ])
    for (const name of HOSTILE_NAMES) {
      expect(await reader.mission(name)).toMatchObject({
        title: '<script>alert(1)</script>',
        work_packages: [
          { id: '__proto__', title: '</title><script>alert(1)</script>', lane: 'done', agent: '\u0007' },
          { id: 'constructor', lane: '__proto__', column: null, document: null },
        ],
      })
      expect(await reader.document(name, 'spec.md')).toMatchObject({ format: 'markdown' })
    }
    expect(Object.keys(Object.prototype)).toEqual([])
  })

  it('in links leads nowhere out of the project', async () => {
    const project = hostileProject()
    expect(await problemsOf(project, 'links')).toEqual([
      'tasks: is a link that leads out of the project',
      'spec.md: is a link that leads out of the project',
      'data-model.md: is a link that leads in a circle',
      'quickstart.md: is a link that leads nowhere',
      'contracts/up: is a link to a directory and is not entered',
      'checklists: is a link that leads out of the project',
    ])
    const reader = openProject(project)
    expect(await reader.document('links', 'research.md')).toMatchObject({ text: 'inside' })
    expect(await reader.document('linked', 'research.md')).toMatchObject({ text: 'inside' })
    for (const name of ['spec.md', 'data-model.md', 'quickstart.md', 'checklists/passwd', 'tasks/WP.md']) {
      expect([name, (await reader.document('links', name))?.text]).toEqual([name, null])
    }
    expect(await reader.document('links', 'contracts/up/plan.md')).toBeNull()
    expect(await reader.mission('outside')).toBeNull()
  })

  it('in links does not lead to what daemons and git keep secret', async () => {
    const project = oneMission()
    for (const secret of ['.git', '.kittify']) {
      mkdirSync(join(project, secret))
      writeFileSync(join(project, secret, 'token'), 'secret')
    }
    const mission = writeMission(project, 'm')
    symlinkSync('../../.kittify/token', join(mission, 'spec.md'))
    symlinkSync('../../.git', join(mission, 'contracts'))
    const reader = openProject(project)
    expect(await reader.document('m', 'spec.md')).toMatchObject({ text: null })
    expect(await reader.document('m', 'contracts/token')).toMatchObject({ text: null })
    expect(await problemsOf(project, 'm')).toEqual([
      'spec.md: is a link to a hidden file or directory',
      'contracts: is a link to a hidden file or directory',
    ])
  })

  it.each<readonly [string, (project: string) => string]>([
    ['another project', () => emptyProject()],
    ['a hidden directory of the project', (project) => join(project, '.worktrees/w1')],
    ['another directory of the project', (project) => join(project, 'docs')],
  ])(
    'may be swapped for a link to %s at any moment: nothing of it is ever shown',
    SWAPS,
    async (_, elsewhere) => {
      const project = emptyProject()
      const outside = elsewhere(project)
      writeMission(outside, 'm', {
        'contracts/a.md': 'outside',
        'contracts/outside.md': 'outside',
        'tasks/WP01.md': prompt('WP01', 'outside'),
        'tasks/WP02.md': prompt('WP02', 'outside'),
      })
      const mission = writeMission(project, 'm', {
        'contracts/a.md': 'inside',
        'tasks/WP01.md': prompt('WP01', 'inside'),
      })
      const swapper = swap(
        ['contracts', 'tasks'].map((name) => [join(mission, name), join(outside, 'kitty-specs/m', name)]),
      )
      const shown = new Set<unknown>()
      for (let round = 0; round < ROUNDS; round += 1) {
        const reader = openProject(project)
        shown.add((await reader.document('m', 'contracts/a.md'))?.text)
        const read = await reader.mission('m')
        for (const { title } of read?.work_packages ?? []) shown.add(title)
        for (const { name } of read?.documents ?? []) shown.add(name)
      }
      await swapper()
      expect([...shown]).toContain('inside')
      expect([...shown]).not.toContain('outside')
      expect([...shown]).not.toContain('contracts/outside.md')
      expect([...shown]).not.toContain('tasks/WP02.md')
    },
  )
})

describe('what is remembered', () => {
  it('is never old, however quick the change', async () => {
    const project = emptyProject()
    const path = join(writeMission(project, 'm'), 'tasks')
    mkdirSync(path)
    const reader = openProject(project)
    for (let round = 100; round < 400; round += 1) {
      writeFileSync(join(path, 'WP01.md'), prompt('WP01', `Round ${round}`))
      expect((await reader.mission('m'))?.work_packages[0]?.title).toBe(`Round ${round}`)
    }
  })

  it('is read again only while its times may hide a second change', async () => {
    const directory = writeMission(emptyProject(), 'm', { 'spec.md': '' })
    const memory = rememberFiles()
    let reads = 0
    const read = async () => ({ value: (reads += 1), is_kept: true })
    const ask = async () => {
      const found = await locate({ path: directory, root: directory, within: directory }, 'spec.md')
      return found.kind === 'file' ? memory.recall('spec.md', [found], read) : null
    }
    expect(await ask()).toBe(1)
    await sleep(2100)
    expect([await ask(), await ask()]).toEqual([2, 2])
    memory.forgetUnused()
    expect(await ask()).toBe(2)
    memory.forgetUnused()
    memory.forgetUnused()
    expect(await ask()).toBe(3)
  })

  it.skipIf(process.platform !== 'linux')(
    'is read once for the list and a board that are requested together',
    async () => {
      const project = emptyProject()
      const [missions, bytes] = [6, 800_000]
      for (let at = 0; at < missions; at += 1)
        writeMission(project, `m${at}`, {
          'tasks/WP01.md': prompt('WP01', 'One'),
          'status.events.jsonl': laneEvent(1, 'WP01', 'in_progress', { reason: 'r'.repeat(bytes) }),
        })
      await sleep(2100)
      const reader = openProject(project)
      const before = bytesRead()
      const ids = Array.from({ length: missions }, (_, at) => `m${at}`)
      await Promise.all([reader.now(), reader.missions(), ...ids.map((id) => reader.mission(id))])
      await reader.missions()
      expect((bytesRead() - before) / (missions * bytes)).toBeLessThan(1.5)
    },
  )

  it('is not what a link led to before', async () => {
    const project = emptyProject()
    const mission = writeMission(project, 'm', { 'tasks/WP01.md': '', 'contracts/a': '', 'contracts/b': '' })
    const link = join(mission, 'tasks/WP01.md')
    const reader = openProject(project)
    for (const name of ['a', 'b', 'a']) {
      writeFileSync(join(mission, 'contracts', name), prompt('WP01', name))
      utimesSync(join(mission, 'contracts', name), 0, 0)
      rmSync(link)
      symlinkSync(`../contracts/${name}`, link)
      expect((await reader.mission('m'))?.work_packages[0]?.title).toBe(name)
    }
  })

  it('ends with its mission', async () => {
    const project = oneMission()
    const reader = openProject(project)
    await reader.missions()
    rmSync(join(project, 'kitty-specs', '001-start'), { recursive: true })
    expect((await reader.missions()).missions).toEqual([])
    expect(await reader.mission('001-start')).toBeNull()
  })
})

/** Root without its right to read everything. */
const OBEDIENT = [
  '--bounding-set=-dac_override,-dac_read_search',
  '--inh-caps=-dac_override,-dac_read_search',
]
const isRoot = process.geteuid?.() === 0
const canObey = !isRoot || spawnSync('setpriv', [...OBEDIENT, 'true']).status === 0
if (!canObey) console.warn('skipped: "what may not be read": setpriv cannot take rights from root here')

describe.skipIf(!canObey)('what may not be read', () => {
  const READ = `
    const { openProject } = await import(process.argv[1])
    const project = openProject(process.argv[2])
    const mission = await project.mission('001-start')
    const document = await project.document('001-start', 'spec.md')
    console.log(JSON.stringify({ list: await project.missions(), mission, document }))`

  function readObediently(project: string) {
    const command = [process.execPath, '--input-type=module', '--eval', READ, BUILT, project]
    const [first = '', ...rest] = isRoot ? ['setpriv', ...OBEDIENT, ...command] : command
    const { stdout, stderr } = spawnSync(first, rest, { encoding: 'utf8' })
    expect(stderr).toBe('')
    return JSON.parse(stdout)
  }

  it('of files and directories of a mission is a problem', () => {
    const project = oneMission()
    const mission = join(project, 'kitty-specs/001-start')
    const closed = ['spec.md', 'meta.json', 'status.events.jsonl', 'tasks/WP01-begin.md', 'contracts']
    for (const name of closed) chmodSync(join(mission, name), 0)
    const { mission: read, document } = readObediently(project)
    const what = 'may not be read by this user'
    expect(
      read.problems.map(({ path }: { path: string }) => path.slice('kitty-specs/001-start/'.length)),
    ).toEqual(['contracts', 'meta.json', 'status.events.jsonl', 'tasks/WP01-begin.md'])
    expect(new Set(read.problems.map((problem: { what: string }) => problem.what))).toEqual(new Set([what]))
    expect(document).toMatchObject({
      text: null,
      problems: [{ path: 'kitty-specs/001-start/spec.md', what }],
    })
  })

  it('of the project is a problem of the list', () => {
    const project = oneMission()
    for (const [path, where] of [
      [join(project, 'kitty-specs/001-start'), null],
      [join(project, 'kitty-specs'), 'kitty-specs'],
    ] as const) {
      chmodSync(path, 0)
      const { list } = readObediently(project)
      expect(list.missions.length).toBe(where === null ? 1 : 0)
      if (where !== null)
        expect(list.problems).toEqual([{ path: where, what: 'may not be read by this user' }])
      else expect(list.missions[0].problem_count).toBe(1)
    }
  })
})
