import { appendFileSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { openProject } from '../../src/dashboard/project/project.js'
import { watchProject } from '../../src/dashboard/project/watch.js'
import { isMadeFor } from '../../src/dashboard/project/worktrees.js'
import { until } from '../helpers/dashboards.js'
import { emptyProject, laneEvent, prompt, removeProjects, write, writeMission } from '../helpers/projects.js'
import { swap } from '../helpers/swap.js'

const endings: (() => void)[] = []
afterEach(() => {
  for (const end of endings.splice(0)) end()
  removeProjects()
})

const ID = '001-login'
const COORD = `${ID}-01KV4567-coord`
const LOG = 'status.events.jsonl'

/** How often a mission is read while its worktree is swapped. */
const SWAPS = 100

/** A mission whose log is two events behind that of its coordination worktree. */
function behind(): { readonly project: string; readonly copy: string } {
  const project = emptyProject()
  const shared = laneEvent(1, 'WP01', 'planned') + laneEvent(2, 'WP02', 'planned')
  writeMission(project, ID, {
    'meta.json': JSON.stringify({ topology: 'coord', mission_id: '01KV4567890ABCDEFGHJKMNPQR' }),
    'tasks/WP01.md': prompt('WP01', 'One'),
    'tasks/WP02.md': prompt('WP02', 'Two'),
    [LOG]: shared,
  })
  const copy = join(copyOf(project, COORD), LOG)
  write(copy, shared + laneEvent(3, 'WP01', 'claimed') + laneEvent(4, 'WP01', 'in_progress'))
  return { project, copy }
}

function copyOf(project: string, worktree: string, id = ID): string {
  return join(project, '.worktrees', worktree, 'kitty-specs', id)
}

async function read(project: string, id = ID) {
  const mission = await openProject(project).mission(id)
  if (mission === null) throw new Error(`no mission ${id}`)
  return mission
}

describe('the log of a mission', () => {
  it('is that of the main checkout and of the worktrees together, and it is said which one adds events', async () => {
    const { project } = behind()
    const mission = await read(project)
    expect(mission.work_packages).toMatchObject([
      { id: 'WP01', lane: 'in_progress', column: 'doing', worktree: COORD },
      { id: 'WP02', lane: 'planned', column: 'planned', worktree: null },
    ])
    expect(mission.worktrees).toEqual([{ name: COORD, events: 2 }])
    expect(mission.updated_at).toBe('2026-01-01T00:00:04.000Z')
    const { missions } = await openProject(project).missions()
    expect(missions).toMatchObject([{ id: ID, counts: { planned: 1, doing: 1 }, problem_count: 0 }])
  })

  it('is read among more worktrees than are read, if they were made for it', async () => {
    const { project } = behind()
    for (let at = 0; at < 120; at += 1) write(join(copyOf(project, `000-other-${at}`), 'spec.md'), '')
    const { work_packages: packages, worktrees, unreadable } = await read(project)
    expect([packages[0]?.lane, worktrees, unreadable]).toEqual([
      'in_progress',
      [{ name: COORD, events: 2 }],
      [],
    ])
    const { missions } = await openProject(project).missions()
    expect(missions).toMatchObject([{ id: ID, counts: { planned: 1, doing: 1 }, unreadable: [] }])
  })

  it('has each event once, in whatever order the copies have them', async () => {
    const { project, copy } = behind()
    const main = join(project, 'kitty-specs', ID, LOG)
    appendFileSync(main, laneEvent(5, 'WP02', 'done'))
    write(
      join(copyOf(project, `${ID}-lane-a`), LOG),
      laneEvent(4, 'WP01', 'in_progress') +
        laneEvent(6, 'WP01', 'for_review') +
        laneEvent(2, 'WP02', 'planned'),
    )
    appendFileSync(copy, laneEvent(5, 'WP02', 'done'))
    const mission = await read(project)
    expect(mission.work_packages).toMatchObject([
      { lane: 'for_review', worktree: `${ID}-lane-a` },
      { lane: 'done', worktree: null },
    ])
    expect(mission.worktrees).toEqual([
      { name: COORD, events: 2 },
      { name: `${ID}-lane-a`, events: 2 },
    ])
  })

  it('counts the events of each worktree that the main checkout does not have, also those of two worktrees', async () => {
    const { project, copy } = behind()
    const [a, b] = ['a', 'b'].map((lane) => join(copyOf(project, `${ID}-lane-${lane}`), LOG))
    const three = [11, 12, 13].map((at) => laneEvent(at, 'WP02', 'claimed')).join('')
    const five = three + laneEvent(14, 'WP02', 'in_progress') + laneEvent(15, 'WP02', 'for_review')
    writeFileSync(copy, '')
    write(a ?? '', three + laneEvent(1, 'WP01', 'planned'))
    write(b ?? '', five + three)
    const counts = async () => (await read(project)).worktrees.map(({ name, events }) => [name, events])
    expect(await counts()).toEqual([
      [`${ID}-lane-a`, 3],
      [`${ID}-lane-b`, 5],
    ])
    renameSync(join(project, 'kitty-specs', ID, LOG), `${copy}.aside`)
    rmSync(copy)
    expect(await counts()).toEqual([
      [`${ID}-lane-a`, 4],
      [`${ID}-lane-b`, 5],
    ])
  })

  it('is complete without a log in the main checkout, and with copies that are behind, equal or cut off', async () => {
    const { project, copy } = behind()
    const main = join(project, 'kitty-specs', ID, LOG)
    renameSync(main, `${main}.aside`)
    expect(await read(project)).toMatchObject({
      worktrees: [{ name: COORD, events: 4 }],
      work_packages: [{ lane: 'in_progress' }, { lane: 'planned' }],
    })
    writeFileSync(main, laneEvent(1, 'WP01', 'planned') + laneEvent(7, 'WP02', 'blocked'))
    for (const text of ['', laneEvent(1, 'WP01', 'planned'), laneEvent(1, 'WP01', 'planned').slice(0, 30)]) {
      writeFileSync(copy, text)
      expect(await read(project)).toMatchObject({ worktrees: [], problems: [] })
    }
  })

  it('says the line of a copy that is broken, as it is counted in that copy', async () => {
    const { project, copy } = behind()
    appendFileSync(copy, 'nonsense\n')
    expect((await read(project)).problems).toMatchObject([
      { path: `.worktrees/${COORD}/kitty-specs/${ID}/${LOG}`, what: 'line 5 is not a JSON object' },
    ])
  })

  it('is told when a copy changes, also in a worktree that comes later', async () => {
    const { project, copy } = behind()
    const told: (readonly string[] | null)[] = []
    const watch = watchProject(project, { onChange: (missions) => told.push(missions) })
    endings.push(() => watch.close())
    const hears = async (what: readonly string[] | null): Promise<void> => {
      const isHeard = (): boolean => told.some((one) => JSON.stringify(one) === JSON.stringify(what))
      expect([what, await until(isHeard, 60_000)]).toEqual([what, true])
      told.length = 0
    }
    await hears(null)
    appendFileSync(copy, laneEvent(9, 'WP01', 'done'))
    await hears([ID])
    const later = join(copyOf(project, `${ID}-lane-b`), LOG)
    write(later, laneEvent(10, 'WP02', 'claimed'))
    await hears(null)
    appendFileSync(later, laneEvent(11, 'WP02', 'done'))
    await hears([ID])
  })
})

describe('a worktree', () => {
  it('shows nothing but the events of logs: none of it is a mission or a document', async () => {
    const { project } = behind()
    const copy = copyOf(project, COORD)
    write(join(copy, 'spec.md'), 'of the worktree')
    write(join(copy, 'tasks/WP09.md'), prompt('WP09', 'of the worktree'))
    write(join(copyOf(project, COORD, '009-other'), 'spec.md'), 'of the worktree')
    const reader = openProject(project)
    const { missions } = await reader.missions()
    expect(missions.map(({ id }) => id)).toEqual([ID])
    expect((await read(project)).documents.map(({ name }) => name)).toEqual([
      'tasks/WP01.md',
      'tasks/WP02.md',
    ])
    for (const id of ['009-other', `../.worktrees/${COORD}/kitty-specs/${ID}`, `.worktrees`])
      expect(await reader.mission(id)).toBeNull()
    expect(await reader.document(ID, 'spec.md')).toBeNull()
    const up = `../../.worktrees/${COORD}/kitty-specs/${ID}/spec.md`
    expect(await reader.document(ID, up)).toBeNull()
    symlinkSync(up, join(project, 'kitty-specs', ID, 'plan.md'))
    expect(await reader.document(ID, 'plan.md')).toMatchObject({ text: null })
  })

  it('that was made for a mission which the main checkout does not have says so', async () => {
    const { project } = behind()
    write(join(copyOf(project, '007-new-01KV9999-coord', '007-new'), LOG), laneEvent(1, 'WP01', 'done'))
    write(join(copyOf(project, '007-new-01KV9999-coord', '003-long-gone'), LOG), laneEvent(1, 'WP01', 'done'))
    expect((await openProject(project).missions()).problems).toEqual([
      {
        path: '.worktrees/007-new-01KV9999-coord/kitty-specs/007-new',
        what: 'is a mission that the main checkout does not have, so it is not shown',
      },
    ])
  })

  it.each([
    ['001-login', '001-login', true],
    ['001-login-lane-a', '001-login', true],
    ['login-01KV4567-coord', '001-login', true],
    ['login', '001-login', true],
    ['001-login', '001-log', false],
    ['feature-login', '001-login', false],
  ])('%s was made for %s: %s', (worktree, mission, isMade) => {
    expect(isMadeFor(worktree, mission)).toBe(isMade)
  })

  it.each<readonly [string, (project: string, outside: string) => void, readonly string[]]>([
    [
      'itself',
      (project, outside) => {
        mkdirSync(join(project, '.worktrees'))
        symlinkSync(outside, join(project, '.worktrees/w'))
      },
      ['.worktrees/w: is a link, and the logs behind it are not read'],
    ],
    [
      'with all others',
      (project, outside) => {
        mkdirSync(join(outside, 'w'))
        renameSync(join(outside, 'kitty-specs'), join(outside, 'w/kitty-specs'))
        symlinkSync(outside, join(project, '.worktrees'))
      },
      ['.worktrees: is a link, and the logs behind it are not read'],
    ],
    [
      'by its missions',
      (project, outside) => {
        mkdirSync(join(project, '.worktrees/w'), { recursive: true })
        symlinkSync(join(outside, 'kitty-specs'), join(project, '.worktrees/w/kitty-specs'))
      },
      [],
    ],
    [
      'by a mission',
      (project, outside) => {
        mkdirSync(join(project, '.worktrees/w/kitty-specs'), { recursive: true })
        symlinkSync(join(outside, 'kitty-specs', ID), copyOf(project, 'w'))
      },
      [],
    ],
    [
      'by a log',
      (project, outside) => {
        mkdirSync(copyOf(project, 'w'), { recursive: true })
        symlinkSync(join(outside, 'kitty-specs', ID, LOG), join(copyOf(project, 'w'), LOG))
      },
      [],
    ],
  ])('that leads elsewhere (%s) is not read', async (_, lead, problems) => {
    const project = emptyProject()
    writeMission(project, ID, { [LOG]: laneEvent(1, 'WP01', 'planned') })
    const outside = emptyProject()
    writeMission(outside, ID, { [LOG]: laneEvent(2, 'WP01', 'done') })
    lead(project, outside)
    const list = await openProject(project).missions()
    expect(list.problems.map(({ path, what }) => `${path}: ${what}`)).toEqual(problems)
    expect(await read(project)).toMatchObject({ work_packages: [{ lane: 'planned' }], worktrees: [] })
  })

  it.each(['.worktrees/w', '.worktrees/w/kitty-specs', `.worktrees/w/kitty-specs/${ID}`])(
    'may be swapped for a link at any moment (%s): nothing behind it is ever read',
    async (place) => {
      const project = emptyProject()
      const outside = emptyProject()
      writeMission(project, ID, { [LOG]: laneEvent(1, 'WP01', 'planned') })
      write(join(copyOf(project, 'w'), LOG), laneEvent(2, 'WP01', 'claimed'))
      write(join(copyOf(outside, 'w'), LOG), laneEvent(3, 'WP01', 'done'))
      // Nothing is swapped yet, so that the copy is known to be read where it stands.
      const lanes = new Set<unknown>((await read(project)).work_packages.map(({ lane }) => lane))
      const swapper = swap([[join(project, place), join(outside, place)]])
      for (let round = 0; round < SWAPS; round += 1) {
        const mission = await openProject(project).mission(ID)
        for (const { lane } of mission?.work_packages ?? []) lanes.add(lane)
      }
      await swapper()
      expect([...lanes].toSorted()).toEqual(['claimed', 'planned'])
    },
  )
})
