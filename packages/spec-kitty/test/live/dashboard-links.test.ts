import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { figure } from '../../../familiar/test/helpers/figures.js'
import { write } from '../helpers/projects.js'
import { makeDashboardTestEnv, type Dashboard, type DashboardTestEnv } from './dashboards.js'
import { get, getJson, openEvents } from './pages-wire.js'

/** A project that was cloned with links in it: to the token of another dashboard, to what git and tools keep. */
let place: DashboardTestEnv
let shown: Dashboard
let other: Dashboard

/** What stands in files that no dashboard may show. */
const SECRET = 'a-secret-5ec2e7'

/** Where each link of the mission of that number leads, from its own directory. */
const TARGETS: readonly string[] = [
  '../../.worktrees/w1/.kittify/.dashboard',
  '../../.worktrees/w1/.kittify/daemon/record.json',
  '../../.worktrees/w2/.kittify/.dashboard',
  '../../.worktrees/w2/.kittify/daemon/record.json',
  '../../.kittify/.dashboard',
  '../../.kittify/daemon/record.json',
  '../../.env',
  '../../sub/.git/config',
  '../../sub/.env',
  '../../config/.secrets/key',
  '../../config/key',
]

const DIRECTORIES: readonly string[] = [
  '../../.worktrees/w1/.kittify',
  '../../.worktrees/w2/.kittify/daemon',
  '../../.worktrees/w1',
  '../../.worktrees',
  '../../.kittify',
  '../../sub/.git',
  '../../sub',
  '../../config/.secrets',
  '../..',
  '..',
]

const FILES = [
  'spec.md',
  'plan.md',
  'meta.json',
  'status.events.jsonl',
  'tasks/WP01.md',
  'contracts/x.md',
] as const
const FOLDERS = ['contracts', 'checklists', 'tasks', 'contracts/x'] as const

beforeAll(async () => {
  place = makeDashboardTestEnv()
  const project = place.project('project')
  const worktree = place.project('project/.worktrees/w1')
  for (const name of ['.dashboard', 'daemon/record.json'])
    write(join(project, '.worktrees/w2/.kittify', name), JSON.stringify({ title: SECRET, token: SECRET }))
  for (const name of ['.env', 'sub/.git/config', 'sub/.env', 'config/.secrets/key', 'config/key'])
    write(join(project, name), `name: ${SECRET}\n`)
  TARGETS.forEach((target, at) => {
    for (const name of FILES) link(project, `file-${at}`, name, target)
  })
  DIRECTORIES.forEach((target, at) => {
    for (const name of FOLDERS) {
      if (name === 'contracts/x') link(project, `folder-${at}-x`, name, target)
      else link(project, `folder-${at}`, name, target)
    }
    symlinkSync(target.slice('../'.length) || '.', join(project, 'kitty-specs', `mission-${at}`))
  })
  shown = await place.start(project)
  // As one of an earlier version would run there: a command of this one starts that of the project.
  other = await place.startTimed(worktree, {})
})

afterAll(() => place?.end())

/** In a mission directly, and in another one by way of a second link. */
function link(project: string, mission: string, name: string, target: string): void {
  const up = name.includes('/') ? '../' : ''
  const way = `notes/${name.replace('/', '-')}`
  linkAt(join(project, 'kitty-specs', mission, name), up + target)
  linkAt(join(project, 'kitty-specs', `${mission}-again`, name), up + way)
  linkAt(join(project, 'kitty-specs', `${mission}-again`, way), `../${target}`)
}

function linkAt(path: string, target: string): void {
  mkdirSync(dirname(path), { recursive: true })
  symlinkSync(target, path)
}

const BELOW = ['.dashboard', 'record.json', 'daemon/record.json', 'w1/.kittify/.dashboard', 'config', 'key']

/** Every name that a page, or anybody else, might ask for in a mission. */
const ASKED = [...FILES, ...FOLDERS.flatMap((folder) => BELOW.map((name) => `${folder}/${name}`))]

describe('a committed link', () => {
  it('never brings a token or a secret into any reply', async () => {
    const { port } = shown
    const { missions } = await getJson(port, '/api/missions')
    const ids: string[] = missions.map(({ id }: { id: string }) => id)
    const paths = ['/', '/api/health', '/api/missions', '/api/daemons']
    for (const id of [...ids, ...DIRECTORIES.map((_, at) => `mission-${at}`)]) {
      const { documents = [] } = JSON.parse((await get(port, `/api/missions/${id}`)).text)
      const names: string[] = documents.map(({ name }: { name: string }) => name)
      const all = new Set([...ASKED, ...names])
      paths.push(`/api/missions/${id}`)
      for (const name of all) paths.push(`/api/missions/${id}/documents/${encodeURIComponent(name)}`)
    }
    const secrets = [shown.token, other.token, SECRET]
    const leaks: string[] = []
    for (const path of paths) {
      const { status, text, headers } = await get(port, path)
      if (secrets.some((secret) => (text + JSON.stringify(headers)).includes(secret))) leaks.push(path)
      expect([path, status < 500]).toEqual([path, true])
    }
    expect(leaks).toEqual([])
    // What the test asks for is there: every mission but those that are links themselves.
    expect(ids.length).toBe((TARGETS.length + DIRECTORIES.length * 2) * 2)
    figure(`${paths.length} replies, none with a token`)
  })

  it('brings no change of a hidden file into the events', async () => {
    const stream = await openEvents(shown.port)
    const heard = async (file: string): Promise<unknown> => {
      const next = stream.next(60_000)
      writeFileSync(join(shown.project, file), SECRET)
      return (await next)?.data
    }
    if (stream.events.length === 0) await stream.next(60_000)
    expect(stream.events).toEqual([{ missions: null }])
    for (const name of ['.env', 'sub/.git/config', 'config/key', 'kitty-specs/.hidden', '.worktrees/w2/new'])
      writeFileSync(join(shown.project, name), SECRET)
    // The next that is told is what was done last.
    expect(await heard('kitty-specs/file-0/research.md')).toEqual({ missions: ['file-0'] })
    stream.close()
  })
})
