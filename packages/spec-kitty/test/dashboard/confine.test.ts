import { spawnSync } from 'node:child_process'
import { linkSync, mkdirSync, renameSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { dirname, isAbsolute, join, relative } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isHidden, refusalOf } from '../../src/dashboard/project/confine.js'
import type { Wanted } from '../../src/dashboard/project/directory-watches.js'
import { placesOfMission, placesOfProject } from '../../src/dashboard/project/what-to-watch.js'
import { openProject, type Project } from '../../src/dashboard/project/project.js'
import { emptyProject, laneEvent, prompt, removeProjects, writeMission, write } from '../helpers/projects.js'

/** Thousands of small files, on a disk that others use too. */
const FILES_MS = 120_000

afterAll(removeProjects, FILES_MS)

/** Stands in every file that no reply may show, as its title, its lane and its text. */
const SECRET = '5ec2e7'

const HIDDEN = 'is a link to a hidden file or directory'
const OUT = 'is a link that leads out of the project'

/** Files that would be shown, were they in a mission. */
const SECRETS = {
  'meta.json': JSON.stringify({ title: SECRET }),
  'status.events.jsonl': laneEvent(1, SECRET, SECRET),
  'spec.md': SECRET,
  'tasks/WP01.md': prompt('WP01', SECRET),
  'contracts/secret.md': SECRET,
  'contracts/deeper/secret.md': SECRET,
}

/** What a worktree has of the mission `m`. */
const COPY = 'p/.worktrees/w1/kitty-specs/m'

/** Places in the project `p`, each with all of them. */
const SECRET_PLACES = [
  'p/.env.d',
  'p/.GIT',
  'p/.kittify/daemon',
  'p/.worktrees/w1/.kittify',
  COPY,
  'p/sub/.git',
  'p/sub/.hidden/deeper',
  'p/kitty-specs/.old',
  'p/kitty-specs/m/.drafts',
  'p/kitty-specs/m/contracts/.drafts',
  'p/docs',
  'beside',
]

/** A project with a mission `m`, a neighbour `n`, and secrets. */
function secretive(): { readonly project: string; readonly mission: string } {
  const base = emptyProject()
  for (const place of SECRET_PLACES) {
    for (const [name, text] of Object.entries(SECRETS)) {
      // Of a worktree, the events of logs are shown, and nothing else.
      if (place === COPY && name === 'status.events.jsonl') continue
      write(join(base, place, name), text)
    }
  }
  const project = join(base, 'p')
  write(join(project, '.env'), SECRET)
  writeMission(project, 'n', { 'spec.md': 'neighbour', 'contracts/n.md': 'neighbour' })
  const mission = writeMission(project, 'm', { 'plan.md': 'inside', 'notes/deep/a.md': 'inside' })
  return { project, mission }
}

function link(path: string, target: string): void {
  mkdirSync(dirname(path), { recursive: true })
  symlinkSync(target, path)
}

type Told = { readonly text: string; readonly problems: readonly string[] }

/** Makes a link to a target that is written as seen from the link itself, by way of others in the mission. */
function linkBy(ways: readonly string[], mission: string, name: string, target: string): void {
  const from = dirname(join(mission, name))
  const [way, ...more] = ways
  if (way === undefined) return link(join(mission, name), target)
  link(join(mission, name), relative(from, join(mission, way)))
  const onward = isAbsolute(target) ? target : relative(dirname(join(mission, way)), join(from, target))
  linkBy(more, mission, way, onward)
}

/** Everything that is told of a mission, and every document that a page might ask for. */
async function tellMission(reader: Project, id: string): Promise<Told> {
  const mission = await reader.mission(id)
  const told: unknown[] = [mission]
  const names = mission?.documents.map(({ name }) => name) ?? []
  for (const name of new Set([...names, ...ASKED])) told.push(await reader.document(id, name))
  const problems = mission?.problems ?? []
  return { text: JSON.stringify(told), problems: problems.map(({ path, what }) => `${path}: ${what}`) }
}

/** The same of a project, and of names that are no missions of it. */
async function tell(project: string): Promise<Told> {
  const reader = openProject(project)
  const list = await reader.missions()
  const ids = new Set([...list.missions.map(({ id }) => id), 'x', '.old'])
  const told: Told[] = []
  for (const id of ids) told.push(await tellMission(reader, id))
  return {
    text: JSON.stringify([list, ...told.map(({ text }) => text)]),
    problems: [
      ...list.problems.map(({ path, what }) => `${path}: ${what}`),
      ...told.flatMap(({ problems }) => problems),
    ],
  }
}

const ASKED = [
  'spec.md',
  'plan.md',
  'tasks/WP01.md',
  'contracts/secret.md',
  'contracts/deeper/secret.md',
  'contracts/x.md',
  'contracts/x/secret.md',
  'contracts/x/y/secret.md',
  'contracts/x/.git/spec.md',
  'contracts/.drafts/spec.md',
  'contracts/.drafts/contracts/secret.md',
  'checklists/secret.md',
]

/** The hidden directories in which a charter may be, and the only names in them whose changes are reported. */
const CHARTER_PLACES = new Map([
  ['.kittify', ['charter', 'constitution', 'memory']],
  ['.kittify/charter', ['charter.md']],
  ['.kittify/constitution', ['constitution.md']],
  ['.kittify/memory', ['charter.md', 'constitution.md']],
])

function isOfCharter(project: string, { path, only }: Wanted): boolean {
  const names = CHARTER_PLACES.get(relative(project, path)) ?? []
  return only?.every((name) => names.includes(name)) === true
}

/** Every path that is watched for it, except those of the charter, in which no other name is watched. */
async function watchedFor(project: string): Promise<readonly string[]> {
  const { missions, worktrees, wanted } = await placesOfProject(project)
  const more = await Promise.all(
    [...missions].map(([id, mission]) => placesOfMission(id, mission, worktrees)),
  )
  const places = [...wanted, ...more.flat()].filter((place) => !isOfCharter(project, place))
  return places.map(({ path }) => path)
}

/** Where worktrees, and the copies of missions in them, come and go. */
const WORKTREE_PLACES = /^\.worktrees(\/[^/]+(\/kitty-specs(\/[^/]+)?)?)?$/

function expectConfined(project: string, watched: readonly string[]): void {
  const below = watched.map((path) => relative(project, path)).filter((path) => !WORKTREE_PLACES.test(path))
  expect(below.filter((path) => path.split('/').some((part) => isHidden(part)))).toEqual([])
  expect(below.filter((path) => path !== '' && !path.startsWith('kitty-specs'))).toEqual([])
}

async function expectNothingTold(project: string): Promise<readonly string[]> {
  const { text, problems } = await tell(project)
  expect(text).not.toContain(SECRET)
  expectConfined(project, await watchedFor(project))
  return problems
}

/** Where a file or a directory of a mission leads, from its own directory, and what is said of it. */
const LEADS: readonly (readonly [string, string, string])[] = [
  ['spec.md', '../../.worktrees/w1/.kittify/spec.md', HIDDEN],
  ['spec.md', '../../.kittify/daemon/spec.md', HIDDEN],
  ['spec.md', '../../.env', HIDDEN],
  ['spec.md', '../../sub/.git/spec.md', HIDDEN],
  ['spec.md', '../../.GIT/spec.md', HIDDEN],
  ['spec.md', '../../sub/.hidden/deeper/spec.md', HIDDEN],
  ['spec.md', '../.old/spec.md', HIDDEN],
  ['spec.md', '.drafts/spec.md', HIDDEN],
  ['spec.md', './notes/../.drafts/./spec.md', HIDDEN],
  ['spec.md', '../../.worktrees/w1/kitty-specs/m/spec.md', HIDDEN],
  ['meta.json', '../../.kittify/daemon/meta.json', HIDDEN],
  ['status.events.jsonl', '../../.kittify/daemon/status.events.jsonl', HIDDEN],
  ['tasks', '../../.worktrees/w1/kitty-specs/m/tasks', HIDDEN],
  ['tasks/WP01.md', '../../../sub/.git/tasks/WP01.md', HIDDEN],
  ['contracts/x.md', '../../../.env', HIDDEN],
  ['contracts/x.md', '.drafts/spec.md', HIDDEN],
  ['contracts/x', '.drafts/contracts', HIDDEN],
  ['checklists', '../../sub/.hidden/deeper/contracts', HIDDEN],
  ['checklists', '.drafts/contracts', HIDDEN],
  // A hidden directory is not passed either, wherever the way ends, and whether it is there is not told.
  ['spec.md', '../../.kittify/../kitty-specs/m/plan.md', HIDDEN],
  ['spec.md', '../../.there-is-none/x', HIDDEN],
  // Into the project, and out of the mission.
  ['spec.md', '../../docs/spec.md', 'is a link that leads out of kitty-specs/m'],
  ['spec.md', '../n/spec.md', 'is a link that leads out of kitty-specs/m'],
  ['meta.json', '../../docs/meta.json', 'is a link that leads out of kitty-specs/m'],
  ['status.events.jsonl', '../../docs/status.events.jsonl', 'is a link that leads out of kitty-specs/m'],
  ['tasks', '../../docs/tasks', 'is a link that leads out of kitty-specs/m'],
  ['checklists', '../../docs/contracts', 'is a link that leads out of kitty-specs/m'],
  ['contracts/x', '../../../docs/contracts', 'is a link that leads out of kitty-specs/m'],
  ['checklists', '../..', 'is a link that leads out of kitty-specs/m'],
  // Out of the project: whether there is something is not told.
  ['spec.md', '../../../beside/spec.md', OUT],
  ['spec.md', '../../../beside/there-is-none', OUT],
  ['checklists', '../../../beside/contracts', OUT],
  ['spec.md', '/etc/passwd', OUT],
  ['spec.md', '/proc/self/environ', OUT],
  ['spec.md', '/proc/self/cwd/there-is-none', OUT],
  ['spec.md', '/dev/zero', OUT],
  ['spec.md', '/', OUT],
]

/** Each in a mission of its own: led to directly, and by links to links. */
const LED = LEADS.flatMap(([name, target, what], at) =>
  [`d${at}`, `l${at}`].map((id): readonly [string, string, string, string] => {
    const own = (text: string): string => text.replace('kitty-specs/m', `kitty-specs/${id}`)
    return [id, name, target.includes('.worktrees') ? target : own(target), own(what)]
  }),
)

describe('a link in a mission', () => {
  let project = ''
  beforeAll(() => {
    project = secretive().project
    for (const [id, name, target] of LED) {
      const mission = writeMission(project, id, { 'plan.md': 'inside', 'notes/deep/a.md': 'inside' })
      if (target.includes('.drafts'))
        for (const [file, text] of Object.entries(SECRETS)) write(join(mission, '.drafts', file), text)
      linkBy(id.startsWith('l') ? ['notes/link', 'notes/deep/link'] : [], mission, name, target)
    }
  }, FILES_MS)

  it.each(LED)('(%s) %s -> %s tells nothing', async (id, name, target, what) => {
    const { text, problems } = await tellMission(openProject(project), id)
    expect(text).not.toContain(SECRET)
    // The links to links are written without what the way needs not pass.
    const isPassed = !id.startsWith('l') || !target.includes('.kittify/..')
    expect(problems).toEqual(isPassed ? [`kitty-specs/${id}/${name}: ${what}`] : [])
    const { missions, worktrees } = await placesOfProject(project)
    const mission = missions.get(id)
    if (mission !== undefined)
      expectConfined(
        project,
        (await placesOfMission(id, mission, worktrees)).map(({ path }) => path),
      )
  })
  it('-> a directory link that leads to hidden places', async () => {
    const { project, mission } = secretive()
    link(join(mission, 'notes/w'), '../../../.worktrees/w1')
    link(join(mission, 'notes/s'), '../../../sub')
    link(join(mission, 'spec.md'), 'notes/w/kitty-specs/m/spec.md')
    link(join(mission, 'contracts/x.md'), '../notes/s/.git/spec.md')
    link(join(mission, 'checklists'), 'notes/s')
    expect(await expectNothingTold(project)).toEqual([
      `kitty-specs/m/spec.md: ${HIDDEN}`,
      `kitty-specs/m/contracts/x.md: ${HIDDEN}`,
      'kitty-specs/m/checklists: is a link that leads out of kitty-specs/m',
    ])
  })

  it('-> a hidden link to what is shown: not passed', async () => {
    const { project, mission } = secretive()
    link(join(project, '.links/plan'), '../kitty-specs/m/plan.md')
    link(join(mission, 'spec.md'), '../../.links/plan')
    expect((await tell(project)).problems).toEqual([`kitty-specs/m/spec.md: ${HIDDEN}`])
  })

  it.each([
    ['plan.md', 'plan.md'],
    ['notes/deep/a.md', 'notes/deep/a.md'],
    ['./notes//deep/../deep/a.md', 'notes/deep/a.md'],
    ['../m/plan.md', 'plan.md'],
    ['../../../p/kitty-specs/m/plan.md', 'plan.md'],
  ])('spec.md -> %s, which is in the mission: is shown', async (target, real) => {
    const { project, mission } = secretive()
    link(join(mission, 'spec.md'), target)
    link(join(mission, 'research.md'), join(mission, target))
    link(join(mission, 'checklists'), 'notes/deep')
    const reader = openProject(project)
    for (const name of ['spec.md', 'research.md', 'checklists/a.md'])
      expect(await reader.document('m', name)).toMatchObject({ text: 'inside', problems: [] })
    expect((await reader.mission('m'))?.problems).toEqual([])
    if (real.includes('/')) expect(await watchedFor(project)).toContain(join(mission, 'notes/deep'))
  })

  it('in a project that is below hidden directories itself is shown', async () => {
    const base = emptyProject()
    const project = join(base, '.worktrees', '.w1')
    const mission = writeMission(project, 'm', { 'plan.md': 'inside', '.draft.md': 'hidden' })
    symlinkSync('plan.md', join(mission, 'spec.md'))
    symlinkSync(join(mission, 'plan.md'), join(mission, 'research.md'))
    symlinkSync('.draft.md', join(mission, 'quickstart.md'))
    const reader = openProject(project)
    for (const name of ['spec.md', 'research.md'])
      expect(await reader.document('m', name)).toMatchObject({ text: 'inside' })
    expect(await reader.document('m', 'quickstart.md')).toMatchObject({ text: null })
  })

  it('without end, in a circle or with a very long way is a problem, soon', async () => {
    const { project, mission } = secretive()
    for (let at = 0; at < 60; at += 1) link(join(mission, `notes/l${at}`), `l${at + 1}`)
    link(join(mission, 'spec.md'), 'notes/l0')
    link(join(mission, 'research.md'), 'research.md/x')
    link(join(mission, 'quickstart.md'), `${'notes/../'.repeat(450)}plan.md`)
    link(join(mission, 'data-model.md'), `notes/${'x'.repeat(300)}`)
    expect((await tell(project)).problems).toEqual([
      'kitty-specs/m/spec.md: is a link that leads in a circle',
      'kitty-specs/m/research.md: is a link that leads in a circle',
      'kitty-specs/m/data-model.md: is a link that leads nowhere',
      'kitty-specs/m/quickstart.md: is a link that leads too far',
    ])
  })
})

describe('a mission', () => {
  it.each([
    ['../docs', 'is a link that leads out of kitty-specs'],
    ['..', 'is a link that leads out of kitty-specs'],
    ['.', 'is a link to the directory that it stands in'],
    ['../../beside', OUT],
    ['../.worktrees/w1/kitty-specs/m', HIDDEN],
    ['../sub/.hidden/deeper', HIDDEN],
    ['.old', HIDDEN],
    ['m/.drafts', HIDDEN],
  ])('that is a link to %s is none', async (target, what) => {
    const { project } = secretive()
    link(join(project, 'kitty-specs/x'), target)
    expect(await expectNothingTold(project)).toEqual([`kitty-specs/x: ${what}`])
    expect(await openProject(project).mission('x')).toBeNull()
  })

  it('that is a link to another one is that one, and its links end where those of that one do', async () => {
    const { project } = secretive()
    link(join(project, 'kitty-specs/n/research.md'), 'spec.md')
    link(join(project, 'kitty-specs/n/plan.md'), '../m/plan.md')
    link(join(project, 'kitty-specs/x'), 'n')
    expect(await openProject(project).document('x', 'research.md')).toMatchObject({ text: 'neighbour' })
    expect(await expectNothingTold(project)).toEqual([
      'kitty-specs/n/plan.md: is a link that leads out of kitty-specs/n',
      'kitty-specs/x/plan.md: is a link that leads out of kitty-specs/n',
    ])
  })

  it('has any name that does not begin with a dot', async () => {
    const { project } = secretive()
    const names = ['001.2-x', 'x.', 'a..b', 'x.git', '\u00b7x']
    for (const name of names) writeMission(project, name, { 'spec.md': name })
    for (const name of ['...', '..x', '.x', '\u200d.git', '\u200b\u2060.x'])
      writeMission(project, name, SECRETS)
    const { missions } = await openProject(project).missions()
    expect(missions.map(({ id }) => id).toSorted()).toEqual([...names, 'm', 'n'].toSorted())
    for (const id of ['...', '..x', '.x', '\u200d.git', '.', '..', './m', '.old/../m', 'm/.drafts'])
      expect([id, await openProject(project).mission(id)]).toEqual([id, null])
  })
})

describe('kitty-specs', () => {
  it.each([
    ['.worktrees/w1/kitty-specs', HIDDEN],
    ['sub/.hidden', HIDDEN],
    ['.', 'is a link to the directory that it stands in'],
    ['..', OUT],
    ['../beside', OUT],
  ])('that is a link to %s has no missions', async (target, what) => {
    const { project } = secretive()
    rmSync(join(project, 'kitty-specs'), { recursive: true })
    link(join(project, 'kitty-specs'), target)
    expect(await expectNothingTold(project)).toEqual([`kitty-specs: ${what}`])
    const trees = ['.worktrees', '.worktrees/w1/kitty-specs', '.worktrees/w1']
    expect(await watchedFor(project)).toEqual([project, ...trees.map((name) => join(project, name))])
  })

  it('may be a link to another directory of the project', async () => {
    const { project } = secretive()
    renameSync(join(project, 'kitty-specs'), join(project, 'docs/specs'))
    link(join(project, 'kitty-specs'), 'docs/specs')
    expect(await openProject(project).document('m', 'plan.md')).toMatchObject({ text: 'inside' })
    expect(await watchedFor(project)).toContain(join(project, 'docs/specs/m'))
  })
})

/** A device without end, as /dev/zero is. */
function makeZero(path: string): boolean {
  return spawnSync('mknod', [path, 'c', '1', '5']).status === 0
}

const canMakeDevices = makeZero(join(emptyProject(), 'zero'))
if (!canMakeDevices) console.warn('skipped: "a device is not opened": no device may be made here')

describe('a file that is none', () => {
  const FILES = ['meta.json', 'status.events.jsonl', 'spec.md', 'tasks/WP01.md', 'contracts/x.md'] as const
  const what = 'is neither a file nor a directory'

  async function expectRefused(project: string): Promise<void> {
    const { text, problems } = await tell(project)
    expect(text).not.toContain(SECRET)
    expect(problems.toSorted()).toEqual(FILES.map((name) => `kitty-specs/m/${name}: ${what}`).toSorted())
  }

  it('but a FIFO is not opened', async () => {
    const { project, mission } = secretive()
    for (const name of FILES) {
      mkdirSync(dirname(join(mission, name)), { recursive: true })
      expect(spawnSync('mkfifo', [join(mission, name)]).status).toBe(0)
    }
    await expectRefused(project)
  })

  it.skipIf(!canMakeDevices)('but a device is not opened', async () => {
    const { project, mission } = secretive()
    for (const name of FILES) {
      mkdirSync(dirname(join(mission, name)), { recursive: true })
      expect(makeZero(join(mission, name))).toBe(true)
    }
    await expectRefused(project)
  })

  it('but a socket is not opened', async () => {
    const { project, mission } = secretive()
    const servers = FILES.map((name) => {
      mkdirSync(dirname(join(mission, name)), { recursive: true })
      return createServer().listen(join(mission, name))
    })
    await Promise.all(servers.map((server) => new Promise((resolve) => server.once('listening', resolve))))
    await expectRefused(project)
    await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  })

  it('but becomes a FIFO again and again never holds a reader up', async () => {
    const { project, mission } = secretive()
    const spec = join(mission, 'spec.md')
    writeFileSync(spec, 'inside')
    spawnSync('mkfifo', [`${spec}.fifo`])
    const reader = openProject(project)
    const shown = new Set<unknown>()
    for (let round = 0; round < 300; round += 1) {
      const reading = reader.document('m', 'spec.md')
      if (round % 3 === 0) await new Promise(setImmediate)
      renameSync(spec, `${spec}.file`)
      renameSync(`${spec}.fifo`, spec)
      shown.add((await reading)?.text)
      renameSync(spec, `${spec}.fifo`)
      renameSync(`${spec}.file`, spec)
    }
    expect([...shown].filter((text) => text !== 'inside' && text !== null && text !== undefined)).toEqual([])
  })

  it('or one of a terabyte is read as far as it is shown', async () => {
    const { project, mission } = secretive()
    for (const name of FILES) {
      write(join(mission, name), name === 'meta.json' ? '{}' : prompt('WP01', 'One'))
      truncateSync(join(mission, name), 2 ** 40)
    }
    const { text } = await tell(project)
    expect(text).toContain(String(2 ** 40))
  })
})

it('a hard link cannot be told from a file of the mission: it is shown', async () => {
  const { project, mission } = secretive()
  linkSync(join(project, '.env'), join(mission, 'spec.md'))
  expect(await openProject(project).document('m', 'spec.md')).toMatchObject({ text: SECRET })
})

const isRoot = process.geteuid?.() === 0
if (!isRoot) console.warn('skipped: "a file of another user": only root may make one')

it.skipIf(!isRoot)('a file of another user is shown: projects are shared', async () => {
  const { project, mission } = secretive()
  expect(spawnSync('chown', ['-R', '65534', mission]).status).toBe(0)
  expect(await openProject(project).document('m', 'plan.md')).toMatchObject({ text: 'inside' })
})

describe('the rule', () => {
  it.each(['.git', '.', '..', '.GIT', '.env', '\u200c.git', '\ufeff.git', '\u00ad.x'])('hides %j', (name) => {
    expect(isHidden(name)).toBe(true)
  })

  it.each(['git', 'a.b', '\uff0egit', '\u2024git', '', ' .x', '-.x'])('does not hide %j', (name) => {
    expect(isHidden(name)).toBe(false)
  })

  it.each([
    ['/p', '/p/kitty-specs/m', '/p/kitty-specs/m/a', null],
    ['/p', '/p/kitty-specs/m', '/p/kitty-specs/m', null],
    ['/p', '/p/kitty-specs/m', '/p/kitty-specs/mm', 'a link that leads out of kitty-specs/m'],
    ['/p', '/p', '/pp/a', 'a link that leads out of the project'],
    ['/p', '/p', '', 'a link that leads out of the project'],
    ['/p', '/p', '(unreachable)/p/a', 'a link that leads out of the project'],
    ['/', '/', '/a', null],
    ['/', '/', '/.a', 'a link to a hidden file or directory'],
    ['/.p/.q', '/.p/.q', '/.p/.q/a', null],
    ['/p', '/p/m', '/p/m/a/.b/c', 'a link to a hidden file or directory'],
  ])('of %s, %s for %s: %s', (base, within, path, what) => {
    expect(refusalOf({ root: base, within }, path)).toBe(what)
  })
})
