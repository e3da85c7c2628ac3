import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { isCoordinationOf } from '../../src/dashboard/project/coordination.js'
import { openProject } from '../../src/dashboard/project/project.js'
import { emptyProject, laneEvent, prompt, removeProjects, write, writeMission } from '../helpers/projects.js'

afterEach(removeProjects)

const ID = '001-login'
const LOG = 'status.events.jsonl'
const META = { topology: 'coord', mission_id: '01KV4567890ABCDEFGHJKMNPQR', slug: 'login' }
const PLANNED = laneEvent(1, 'WP01', 'planned')
const APPROVED = PLANNED + laneEvent(2, 'WP01', 'approved')

/** A coordinated mission that is approved in the main checkout. */
function approved(meta: object = META): string {
  const project = emptyProject()
  writeMission(project, ID, {
    'meta.json': JSON.stringify(meta),
    'tasks/WP01.md': prompt('WP01', 'One'),
    [LOG]: APPROVED,
  })
  return project
}

function writeCopy(project: string, worktree: string, log: string): void {
  write(join(project, '.worktrees', worktree, 'kitty-specs', ID, LOG), log)
}

async function read(project: string) {
  const mission = await openProject(project).mission(ID)
  if (mission === null) throw new Error('There is no mission.')
  return mission
}

describe('the merge of a mission whose coordination worktree is missing is not advised', () => {
  const what =
    'is not there or has no log of the mission, but meta.json says that the log is kept in this worktree'

  it.each<readonly [string, (project: string) => void]>([
    ['', () => {}],
    [
      'although that of another mission has an old copy of its log',
      (project) => writeCopy(project, '002-logout-01KV9999-coord', PLANNED),
    ],
    [
      'although that of another mission of the same name has one',
      (project) => writeCopy(project, 'login-01KV9999-coord', PLANNED),
    ],
    ['although a lane of it has one', (project) => writeCopy(project, '001-login-lane-a', PLANNED)],
    [
      'although the worktree is there, without the log',
      (project) => mkdirSync(join(project, '.worktrees/login-01KV4567-coord'), { recursive: true }),
    ],
  ])('%s', async (_, prepare) => {
    const project = approved()
    prepare(project)
    const mission = await read(project)
    expect(mission).toMatchObject({ state: 'unreadable', next_command: null })
    expect(mission.unreadable).toMatchObject([{ path: '.worktrees/login-01KV4567-coord', what }])
  })

  it.each<readonly [string, object, string]>([
    ['slug', META, 'login-01KV4567-coord'],
    ['mission_slug', { ...META, slug: undefined, mission_slug: 'sign-in' }, 'sign-in-01KV4567-coord'],
    ['directory', { ...META, slug: undefined }, '001-login-01KV4567-coord'],
    ['directory without its number', { ...META, slug: undefined }, 'login-01KV4567-coord'],
    ['slug, which has the id', { ...META, slug: 'login-01KV4567' }, 'login-01KV4567-coord'],
    ['slug and mid8', { topology: 'coord', slug: 'login', mid8: '01KV4567' }, 'login-01KV4567-coord'],
    [
      'branch',
      { topology: 'lanes_with_coord', coordination_branch: 'kitty/mission-other-01KV4567' },
      'other-01KV4567-coord',
    ],
    ['directory, without an id', { topology: 'coord' }, 'login-01KV4567-coord'],
  ])('unless it is there, named after its %s', async (_, meta, worktree) => {
    const project = approved(meta)
    writeCopy(project, worktree, APPROVED)
    expect(await read(project)).toMatchObject({
      state: 'approved',
      unreadable: [],
      next_command: `spec-kitty merge --mission ${ID}`,
    })
  })
})

it('a worktree without a known id is not that of a mission with a longer name', () => {
  const unnamed = { slugs: [], short_id: null, coordination_branch: null }
  expect(isCoordinationOf('login-01KV4567-coord', 'login', unnamed)).toBe(true)
  expect(isCoordinationOf('login-form-coord', 'login', unnamed)).toBe(false)
  expect(isCoordinationOf('login-form-01KV4567-coord', 'login', unnamed)).toBe(false)
})

it('all lanes are in doubt if the coordination worktree, named after the slug, is one of too many', async () => {
  const project = approved({ ...META, slug: 'sign-in' })
  for (let at = 0; at < 100; at += 1) mkdirSync(join(project, '.worktrees', `a${at}`), { recursive: true })
  writeCopy(project, 'sign-in-01KV4567-coord', APPROVED + laneEvent(3, 'WP01', 'planned'))
  expect(await read(project)).toMatchObject({
    state: 'unreadable',
    next_command: null,
    work_packages: [{ next_command: null }],
    unreadable: [{ path: '.worktrees/sign-in-01KV4567-coord' }],
  })
})
