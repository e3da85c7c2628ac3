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

/** Shapes of files that real projects have, written by several versions of the tool, by agents and by people. */

afterEach(removeProjects)

async function read(files: Files) {
  const project = emptyProject()
  writeMission(project, 'm', files)
  const mission = await openProject(project).mission('m')
  if (mission === null) throw new Error('no mission')
  return mission
}

/** Returns what a prompt says, whose front matter is exactly this. */
async function readPrompt(yaml: string, others: Files = {}) {
  const { work_packages: packages, problems } = await read({
    ...others,
    'tasks/WP01-start.md': `---\n${yaml}---\n\n# Start\n`,
  })
  return { ...packages[0], problems: problems.map(({ what }) => what) }
}

describe('the id of a package', () => {
  it('is written as in its prompt, also where others need it, and without blanks', async () => {
    const { work_packages: packages, flow } = await read({
      'tasks/WP01-a.md': prompt('WP01', 'One'),
      'tasks/WP02-b.md': prompt('WP02', 'Two', 'dependencies: [wp1, WP-03]\n'),
      'status.events.jsonl':
        laneEvent(1, 'wp1', 'in_progress') +
        laneEvent(2, ' WP02 ', 'planned') +
        laneEvent(3, ' wp3 ', 'done'),
    })
    expect(packages).toMatchObject([
      { id: 'WP01', lane: 'in_progress' },
      { id: 'WP02', lane: 'planned', dependencies: ['WP01', 'wp3'], waiting_for: ['WP01'] },
      { id: 'wp3', lane: 'done' },
    ])
    expect(flow.packages.map(({ id }) => id)).toEqual(['WP01', 'WP02', 'wp3'])
  })

  it('of a subtask counts once, also if its text stands behind it', async () => {
    const note = { kind: 'annotation', event_id: 'n', at: '2026-01-01T00:00:00Z', wp_id: 'WP01' }
    const delta = { subtasks: { T001: 'done', 'T002: the form': 'done', t010: 'done' } }
    const { work_packages: packages } = await read({
      'tasks/WP01.md': prompt('WP01', 'One', 'subtasks:\n- T001 - a - b\n- T002\n- T003 (later)\n- T0100\n'),
      'status.events.jsonl': laneEvent(1, 'WP01', 'claimed') + JSON.stringify({ ...note, delta }) + '\n',
    })
    expect(packages[0]).toMatchObject({
      subtasks: ['T001 - a - b', 'T002', 'T003 (later)', 'T0100'],
      subtasks_done: 3,
      subtasks_total: 5,
    })
  })
})

describe('a prompt names its package', () => {
  it.each([
    ['work_package_id: "WP01"\n', 'WP01'],
    ["work_package_id: 'WP-001'\n", 'WP-001'],
    ['id: WP07\n', 'WP07'],
    ['wp: WP08\nid: 7\n', 'WP08'],
    ['id: some-mission\n', 'WP01'],
    ['"work_package_id": "WP09"\n', 'WP09'],
    ['# made by hand\n\nwork_package_id: WP03 # the third\n', 'WP03'],
  ])('%j', async (yaml, id) => {
    expect(await readPrompt(yaml)).toMatchObject({ id, problems: [] })
  })

  it.each([
    ['WP1', 'WP01'],
    ['wp02', 'WP02'],
    ['WP-003', 'WP03'],
  ])('as %s where the log knows it as %s', async (written, logged) => {
    const { work_packages: packages } = await read({
      'tasks/a.md': '',
      'tasks/WP-a.md': prompt(written, 'One'),
      'status.events.jsonl': laneEvent(1, logged, 'approved'),
    })
    expect(packages).toMatchObject([{ id: written, title: 'One', lane: 'approved' }])
  })

  it('by its file, where the log knows only that', async () => {
    const { work_packages: packages } = await read({
      'tasks/WP04-x.md': prompt('login-form', 'Four'),
      'tasks/WP04b-x.md': 'no front matter\n',
      'status.events.jsonl': laneEvent(1, 'WP04', 'done') + laneEvent(2, 'WP04b', 'claimed'),
    })
    expect(packages).toMatchObject([
      { id: 'WP04', title: 'Four', lane: 'done' },
      { id: 'WP04b', lane: 'claimed' },
    ])
  })

  it('and a note that is named like it does not take its place', async () => {
    const { work_packages: packages } = await read({
      'tasks/WP01-api-review.md': '# What the review found\n',
      'tasks/WP01-api.md': prompt('WP01', 'The API', 'agent: badger\n'),
    })
    expect(packages).toMatchObject([{ title: 'The API', agent: 'badger', document: 'tasks/WP01-api.md' }])
  })

  it.each([
    ['neither says an id', '---\ntitle: One\n---\n', '# Notes on WP01\n'],
    ['both say the same id', prompt('WP01', 'One'), prompt('WP01', 'Notes')],
  ])('by exactly its name, if %s', async (_, exact, other) => {
    const { work_packages: packages, problems } = await read({
      'tasks/WP01-notes.md': other,
      'tasks/WP01.md': exact,
      'status.events.jsonl': laneEvent(1, 'WP01', 'planned'),
    })
    expect(packages).toMatchObject([{ title: 'One', document: 'tasks/WP01.md' }])
    expect(problems.map(({ path, what }) => `${path.slice('kitty-specs/m/'.length)} ${what}`)).toContain(
      'tasks/WP01-notes.md has the id of tasks/WP01.md, which is shown instead',
    )
  })

  it.each([
    [
      'with a log',
      ['WP01', 'WP01.1', 'WP01.2-ui', 'WP01-2'].map((id, at) => laneEvent(at, id, 'planned')).join(''),
    ],
    ['without one', ''],
  ])('which may be a part of another one: %s', async (_, log) => {
    const names = ['WP01-2', 'WP01.1', 'WP01.2-ui', 'WP01']
    const prompts = Object.fromEntries(
      names.map((name) => [`tasks/${name}.md`, `---\ntitle: ${name}\n---\n`]),
    )
    const { work_packages: packages } = await read({ ...prompts, 'status.events.jsonl': log })
    const titles = new Map(packages.map(({ id, title }) => [id, title]))
    expect(titles.get('WP01')).toBe('WP01')
    expect(titles.get('WP01.1')).toBe('WP01.1')
    expect(titles.get(log === '' ? 'WP01.2' : 'WP01.2-ui')).toBe('WP01.2-ui')
  })

  it('as one package, however its id is written, also without a log', async () => {
    const { work_packages: packages, problems } = await read({
      'tasks/WP01.md': prompt('WP01', 'One', 'lane: done\n'),
      'tasks/WP1-again.md': prompt('WP1', 'Again', 'lane: planned\n'),
    })
    expect(packages).toMatchObject([{ id: 'WP01', title: 'One', lane: 'done' }])
    expect(problems).toHaveLength(1)
  })
})

describe('a prompt has the title', () => {
  it.each([
    ['title: The form\n', '# Other\n', 'The form'],
    ['work_package_title: The form\n', '# Other\n', 'The form'],
    ['', '# Work Package Prompt: WP01 – The form\n', 'The form'],
    ['', 'Words.\n\n# WP01: The form\n\n# More\n', 'The form'],
    ['', '# WP01 - The form\n', 'The form'],
    ['', '# The form\n', 'The form'],
    ['', '## No title\n', 'WP01-start'],
    ['', '```sh\n# a comment\n```\n\n# The form\n', 'The form'],
    ['', '~~~~\n# a comment\n~~~\n# another\n~~~~\n# The form\n', 'The form'],
    ['', '```\n# a comment\n', 'WP01-start'],
    ['', '# WP01.1: The form\n', 'The form'],
  ])('%j, %j', async (yaml, body, title) => {
    const text = `---\nwork_package_id: WP01\n${yaml}---\n\n${body}`
    const { work_packages: packages } = await read({ 'tasks/WP01-start.md': text })
    expect(packages).toMatchObject([{ title }])
  })
})

describe('a prompt depends on', () => {
  const OTHERS = Object.fromEntries(
    ['WP02', 'WP03', 'WP04', 'WP04.1'].map((id) => [`tasks/${id}-the-form.md`, prompt(id, id)]),
  )

  it.each([
    ['[]', []],
    ['none', []],
    ['N/A', []],
    ['WP02', ['WP02']],
    ['"WP02, WP03"', ['WP02', 'WP03']],
    ['WP02 and wp03', ['WP02', 'WP03']],
    ['WP02-WP04', ['WP02', 'WP03', 'WP04']],
    ['[WP02, "WP03", \'WP04\']', ['WP02', 'WP03', 'WP04']],
    ['[\n  WP02,\n  WP03\n]', ['WP02', 'WP03']],
    ['\n- WP02\n- WP03', ['WP02', 'WP03']],
    ['\n  - WP02 # first\n  - "WP03"', ['WP02', 'WP03']],
    ['\n  - WP02 (the schema)\n  - WP03: the form\n  - WP04 - the rest', ['WP02', 'WP03', 'WP04']],
    ['\n  - id: WP02\n    kind: hard\n  - wp: WP03\n    kind: soft', ['WP02', 'WP03']],
    ['&before [WP02]', ['WP02']],
    ['[wp04.1]', ['WP04.1']],
    ['WP04.1, WP02', ['WP04.1', 'WP02']],
    ['\n  - WP04.1 (the schema)\n  - WP-4.01', ['WP04.1']],
    ['[WP02-the-form, WP03-the-form.md, tasks/WP04-the-form.md]', ['WP02', 'WP03', 'WP04']],
  ])('%j', async (written, dependencies) => {
    const found = await readPrompt(`work_package_id: WP01\ndependencies: ${written}\nlane: planned\n`, OTHERS)
    expect(found).toMatchObject({ dependencies, lane: 'planned', problems: [] })
    expect(await readPrompt(`work_package_id: WP01\ndepends_on: ${written}\n`, OTHERS)).toMatchObject({
      dependencies,
    })
  })

  it.each(['all', 'WP02 or WP03', '{WP02: hard}', '[WP02'])('what is not known, for %j', async (written) => {
    const { dependencies, lane, problems } = await readPrompt(`dependencies: ${written}\nlane: done\n`)
    expect([dependencies, lane]).toEqual([[], 'done'])
    expect(problems).toHaveLength(1)
  })

  it.each<readonly [string, readonly string[], readonly string[]]>([
    ['[3]', [], ['depends on "3", which is not a package']],
    ['3', [], ['depends on "3", which is not a package']],
    ['["WP02 the schema"]', [], ['depends on "WP02 the schema", which is not a package']],
    ['[WP02, "???"]', ['WP02'], ['depends on "???", which is not a package']],
    ['[WP02, see spec, see spec]', ['WP02'], ['depends on "see spec", which is not a package']],
    ['[WP02a-WP02b]', [], ['depends on "WP02a-WP02b", which is not a package']],
    ['[WP77]', ['WP77'], ['depends on WP77, and no such package was found']],
    ['WP02-WP05', ['WP02', 'WP03', 'WP04', 'WP05'], ['depends on WP05, and no such package was found']],
    ['[WP02.1]', ['WP02.1'], ['depends on WP02.1, and no such package was found']],
    ['[WP01]', ['WP01'], ['depends on itself']],
    ['[wp1]', ['WP01'], ['depends on itself']],
  ])('what is no package of the mission is a problem: %s', async (written, dependencies, problems) => {
    const log = ['WP02', 'WP03', 'WP04'].map((id, at) => laneEvent(at, id, 'done')).join('')
    const found = await readPrompt(`work_package_id: WP01\ndependencies: ${written}\n`, {
      ...OTHERS,
      'status.events.jsonl': log + laneEvent(9, 'WP01', 'planned'),
    })
    expect(found).toMatchObject({ dependencies, problems, is_ready: false, next_command: null })
  })

  it('what is no package of the mission, also if only the log says so', async () => {
    const payload = { wp_id: 'WP01', depends_on: ['WP02 (the schema)', 'see spec', 'WP77'] }
    const created = JSON.stringify({ event_type: 'WPCreated', event_id: 'c', payload })
    const { work_packages: packages, problems } = await read({
      'status.events.jsonl': `${created}\n${laneEvent(1, 'WP01', 'planned')}${laneEvent(2, 'WP02', 'done')}`,
    })
    expect(packages[0]).toMatchObject({
      dependencies: ['WP02', 'WP77'],
      waiting_for: ['WP77'],
      is_ready: false,
    })
    expect(problems).toEqual([
      {
        path: 'kitty-specs/m/status.events.jsonl',
        what: 'WP01 depends on "see spec", which is not a package',
      },
      {
        path: 'kitty-specs/m/status.events.jsonl',
        what: 'WP01 depends on WP77, and no such package was found',
      },
    ])
  })

  it('another one that waits for it is a problem, once for all of them, until one of them is begun', async () => {
    const needs = { WP01: 'WP03', WP02: 'WP01', WP03: 'WP02', WP04: 'WP05', WP05: 'WP04', WP06: 'WP01' }
    const files = Object.fromEntries(
      Object.entries(needs).map(([id, need]) => [
        `tasks/${id}.md`,
        prompt(id, id, `dependencies: [${need}]\n`),
      ]),
    )
    const { problems } = await read({
      ...files,
      'status.events.jsonl': Object.keys(needs)
        .map((id, at) => laneEvent(at, id, id === 'WP04' ? 'claimed' : 'planned'))
        .join(''),
    })
    expect(problems).toEqual([
      {
        path: 'kitty-specs/m/tasks/WP01.md',
        what: 'WP01, WP02, WP03 wait for each other, so none of them gets ready',
      },
    ])
  })

  it('a package that is written otherwise there, and is not waited for when it is done', async () => {
    const { work_packages: packages } = await read({
      'tasks/WP01.md': prompt('WP01', 'One'),
      'tasks/WP02.md': prompt('WP02', 'Two'),
      'tasks/WP03.md': prompt('WP03', 'Three', 'dependencies: [WP1, WP02-the-form, wp01]\n'),
      'status.events.jsonl':
        laneEvent(1, 'WP01', 'done') + laneEvent(2, 'WP02', 'claimed') + laneEvent(3, 'WP03', 'planned'),
    })
    expect(packages[2]).toMatchObject({ dependencies: ['WP01', 'WP02'], waiting_for: ['WP02'] })
  })
})

describe('a planned package', () => {
  const planned = async (front: string) => {
    const { work_packages: packages } = await read({
      'tasks/WP01.md': prompt('WP01', 'One'),
      'tasks/WP02.md': front.startsWith('!') ? front.slice(1) : prompt('WP02', 'Two', front),
      'status.events.jsonl': laneEvent(1, 'WP01', 'done') + laneEvent(2, 'WP02', 'planned'),
    })
    return packages.find(({ id }) => id === 'WP02')
  }

  it.each(['', 'dependencies: []\n', 'dependencies: WP01-the-schema\n'])(
    'is ready with %j',
    async (front) => {
      expect(await planned(front)).toMatchObject({ is_ready: true, next_command: expect.any(String) })
    },
  )

  it.each([
    'dependencies: "[]"\n',
    'dependencies: [WP01-03]\n',
    'dependencies: [WP01/WP03]\n',
    'dependencies: [WP01.1]\n',
    'dependencies: [WP01@other]\n',
    'requires: [WP01]\n',
    '!<!-- made -->\n---\nwork_package_id: WP02\ndependencies: [WP01]\n---\n',
    '!---\nwork_package_id: WP02\ndependencies: [WP01]\n',
  ])('is not ready with %j', async (front) => {
    expect(await planned(front)).toMatchObject({ lane: 'planned', is_ready: false, next_command: null })
  })
})

describe('a prompt has subtasks', () => {
  it.each([
    ['[T001, T002, T003]', 3],
    ['T001-T003', 3],
    ['T001', 1],
    ['\n  - T001: Set it up\n  - T002: Use it', 2],
    ['\n- id: T001\n  title: Set it up\n- id: T002\n  title: Use it', 2],
  ])('%j', async (written, subtasks_total) => {
    expect(await readPrompt(`subtasks: ${written}\n`)).toMatchObject({ subtasks_total, problems: [] })
  })
})

describe('a prompt names its agent', () => {
  it.each([
    ['agent: badger\n', { agent: 'badger', model: null }],
    ['agent: "badger:large-1:reviewer-x:reviewer"\n', { agent: 'badger:large-1:reviewer-x:reviewer' }],
    ["agent: ''\nassignee: 'heron'\n", { agent: null, assignee: 'heron' }],
    [
      'agent:\n  tool: otter\n  model: large-2\n  profile: careful\n  role: implementer\n',
      { agent: 'otter', model: 'large-2', profile: 'careful', role: 'implementer' },
    ],
    [
      'agent: {tool: otter, model: large-2, role: null}\nmodel: small-1\n',
      { agent: 'otter', model: 'large-2', role: null },
    ],
  ])('%j', async (yaml, facts) => {
    expect(await readPrompt(yaml)).toMatchObject({ ...facts, problems: [] })
  })
})

describe('front matter', () => {
  it.each([
    ['CRLF', '---\r\nwork_package_id: WP01\r\nlane: done\r\n---\r\n'],
    ['a byte order mark', '\uFEFF---\nwork_package_id: WP01\nlane: done\n---\n'],
    ['an empty line before it', '\n---\nwork_package_id: WP01\nlane: done\n---\n'],
    ['tabs', '---\nwork_package_id:\tWP01\nlane:\tdone\t\n---\n'],
    ['blanks behind its end', '---  \nwork_package_id: WP01\nlane: "done"  # moved\n---  \n'],
    ['a folded text', '---\nwork_package_id: WP01\ntitle: >-\n  Long\n  title\nlane: done\n---\n'],
    [
      'a long history',
      `---\nlane: done\nhistory:\n${'- lane: doing\n  action: "a, b! c? [d]"\n'.repeat(900)}---\n`,
    ],
    ['a missing quote in what is not shown', '---\nlane: done\nhistory:\n- action: say "no": again"\n---\n'],
  ])('with %s is read', async (_, text) => {
    const { work_packages: packages, problems } = await read({ 'tasks/WP01.md': text })
    expect(packages).toMatchObject([{ id: 'WP01', lane: 'done' }])
    expect(problems).toEqual([])
  })

  it('with a mistake in one value is read but for that', async () => {
    const yaml = 'title: Step 2: the form\nlane: for_review\nagent: badger\nassignee: "heron" here\n'
    expect(await readPrompt(yaml)).toMatchObject({
      title: 'Step 2: the form',
      lane: 'for_review',
      agent: 'badger',
      assignee: null,
      problems: ['its front matter is not YAML'],
    })
  })
})

describe('front matter with emphasis in the title', () => {
  it('is read but for that', async () => {
    expect(await readPrompt('title: *Now* the form\nlane: for_review\nagent: badger\n')).toMatchObject({
      title: 'Start',
      lane: 'for_review',
      agent: 'badger',
      problems: ['its front matter is not YAML'],
    })
  })
})

describe('a lane', () => {
  it.each([
    ['doing', 'in_progress'],
    ['cancelled', 'canceled'],
    ['Done', 'done'],
    [' for_review ', 'for_review'],
    ['for-review', 'for_review'],
    ['In progress', 'in_progress'],
  ])('that is written %j is %s, in a prompt and in the log', async (written, lane) => {
    expect(await readPrompt(`lane: ${JSON.stringify(written)}\n`)).toMatchObject({ lane, problems: [] })
    const events = laneEvent(1, 'WP01', written) + laneEvent(2, 'WP01', 'blocked', { from_lane: written })
    const { work_packages: packages, problems } = await read({ 'status.events.jsonl': events })
    expect(packages).toMatchObject([{ history: [{ to: lane }, { from: lane }] }])
    expect(problems).toEqual([])
  })

  it('is that of the folder, also where the front matter still names the last one', async () => {
    const { work_packages: packages, problems } = await read({
      'tasks/done/WP01.md': prompt('WP01', 'One', 'lane: planned\n'),
      'tasks/planned/phase-1-start/WP02.md': prompt('WP02', 'Two', 'lane: planned\n'),
      'tasks/doing/phase-2/part-a/WP03.md': prompt('WP03', 'Three'),
    })
    expect(packages).toMatchObject([
      { id: 'WP01', lane: 'done', lane_source: 'folder' },
      { id: 'WP02', lane: 'planned', lane_source: 'front_matter' },
      { id: 'WP03', lane: 'in_progress', document: 'tasks/doing/phase-2/part-a/WP03.md' },
    ])
    expect(problems).toMatchObject([{ path: 'kitty-specs/m/tasks/done/WP01.md' }])
  })

  it('of a prompt in the folders of two lanes makes it not ready', async () => {
    const { work_packages: packages, problems } = await read({
      'tasks/planned/WP01.md': prompt('WP01', 'One'),
      'tasks/done/WP01.md': prompt('WP01', 'One'),
      'tasks/planned/WP02.md': prompt('WP02', 'Two'),
    })
    expect(packages).toMatchObject([
      { id: 'WP01', is_ready: false },
      { id: 'WP02', is_ready: true },
    ])
    expect(problems).toHaveLength(1)
  })

  it.each(['approved', 'in_progress', 'Done', 'in review'])(
    'has no folder %j: it is a problem',
    async (name) => {
      const { work_packages: packages, problems } = await read({
        [`tasks/${name}/WP01.md`]: prompt('WP01', 'One'),
        'tasks/blocked/notes.md': 'no prompt\n',
        'tasks/WP02/WP02-notes.md': 'of a package\n',
      })
      const what =
        'has prompts, but is none of the folders planned, doing, for_review, done: they are not packages'
      expect([packages, problems]).toEqual([[], [{ path: `kitty-specs/m/tasks/${name}`, what }]])
    },
  )
})
