import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { removeAtOnce } from '../../../familiar/test/helpers/homes.js'
import { gone, healthOn, lineOf, lives, until } from '../helpers/dashboards.js'
import { writeMission } from '../helpers/projects.js'
import { makeDashboardTestEnv, recordIn, type Dashboard, type DashboardTestEnv } from './dashboards.js'

/** A project directory that is moved, removed or replaced while its dashboard runs. */
let place: DashboardTestEnv
let project: string
let moved: string

beforeEach(() => {
  place = makeDashboardTestEnv()
  mkdirSync(join(place.base, 'parent'))
  project = make('parent/project', 'ours')
  moved = join(place.base, 'moved')
})

afterEach(() => place.end())

const TICK_MS = 300
/** Two ticks and the drain, on a busy machine. */
const GONE_MS = 60_000

/** Makes a project with one mission, and returns its path. */
function make(name: string, mission: string): string {
  const path = place.project(name)
  writeMission(path, mission, { 'spec.md': `# Of ${mission}\n`, 'meta.json': '{}' })
  return path
}

describe("a worktree whose .kittify is a link to another project's", () => {
  it('is told whose dashboard holds its lock, and the command that is named stops it', async () => {
    const shown = await place.start(project)
    const worktree = join(place.base, 'worktree')
    mkdirSync(worktree)
    symlinkSync(join(project, '.kittify'), join(worktree, '.kittify'))
    const stop = await place.run(worktree, ['dashboard', '--stop'])
    const status = await place.run(worktree, ['dashboard', '--status'])
    expect(status.stdout).toContain(`its command line names ${project}`)
    expect(stop.stderr).toContain(`its command line names ${project} (`)
    expect(stop.stderr).not.toContain('is not seen from here')
    expect(stop.stderr).toContain(`(cd ${project} && spec-kitty dashboard --stop)\n`)
    expect([stop.status, lives(shown)]).toEqual([1, true])
    const there = await place.run(project, ['dashboard', '--stop'])
    expect([there.status, lives(shown)]).toEqual([0, false])
  })
})

/** What reads the project, of the paths of a dashboard. */
const DATA = [
  '/api/missions',
  '/api/now',
  '/api/missions/ours',
  '/api/missions/theirs',
  '/api/missions/theirs/documents/spec.md',
  '/api/search?q=theirs',
  '/api/charter',
]

async function get(dashboard: Dashboard, path: string) {
  const reply = await fetch(`${dashboard.url}${path}`)
  return { status: reply.status, text: await reply.text() }
}

async function missionsOf(dashboard: Dashboard): Promise<readonly string[]> {
  const { missions } = JSON.parse((await get(dashboard, '/api/missions')).text)
  return missions.map(({ id }: { readonly id: string }) => id)
}

async function expectRefuses(dashboard: Dashboard): Promise<void> {
  for (const path of DATA) {
    const { status, text } = await get(dashboard, path)
    expect([path, status]).toEqual([path, 410])
    expect(JSON.parse(text)).toMatchObject({ error: 'project_gone' })
  }
  expect((await get(dashboard, '/')).status).toBe(200)
  expect((await healthOn(dashboard.port))?.['scope_gone']).toBe(true)
}

/** What the log of every dashboard says of its leaving. */
function leavings(): readonly unknown[] {
  const directory = join(place.env['SPEC_KITTY_HOME'] ?? '', 'daemons', 'dashboards')
  return readdirSync(directory)
    .filter((name) => name.endsWith('.log'))
    .flatMap((name) => readFileSync(join(directory, name), 'utf8').trimEnd().split('\n'))
    .map((line) => JSON.parse(line))
    .filter(({ event }) => event === 'leaving')
    .map(({ reason, rule }) => [reason, rule])
}

/** Everything below a directory; null where there is none. */
function namesIn(directory: string): readonly string[] | null {
  if (!existsSync(directory)) return null
  return readdirSync(directory, { recursive: true }).map(String).toSorted()
}

/** Swaps two directories in three steps, as a person does. */
function swap(one: string, other: string): void {
  renameSync(one, `${one}.tmp`)
  renameSync(other, one)
  renameSync(`${one}.tmp`, other)
}

const WAYS: readonly (readonly [string, () => void])[] = [
  ['moved', () => renameSync(project, moved)],
  ['moved with the directory above it', () => renameSync(join(place.base, 'parent'), moved)],
  ['removed', () => removeAtOnce(project)],
  [
    'removed, and another one is cloned there',
    () => {
      removeAtOnce(project)
      make('parent/project', 'theirs')
    },
  ],
  [
    'moved, and another one is cloned there',
    () => {
      renameSync(project, moved)
      make('parent/project', 'theirs')
    },
  ],
  [
    'moved, and copied back with its record',
    () => {
      renameSync(project, moved)
      cpSync(moved, project, { recursive: true })
    },
  ],
  [
    'moved with the directory above it, and another one is cloned there',
    () => {
      renameSync(join(place.base, 'parent'), moved)
      make('parent/project', 'theirs')
    },
  ],
  ['swapped with another one', () => swap(project, make('other', 'theirs'))],
]

describe('a project that is', () => {
  it.for(WAYS)('%s: its dashboard refuses its data at once', async ([, move]) => {
    const held = await place.startTimed(project, {})
    move()
    await expectRefuses(held)
    expect(lives(held)).toBe(true)
  })

  it.for(WAYS)('%s: two ticks later it is gone, and writes nothing at the path', async ([, move]) => {
    const ours = await place.startTimed(project, { tickMs: TICK_MS })
    move()
    const there = namesIn(project)
    expect(await gone(ours, GONE_MS)).toBe(true)
    expect(leavings()).toEqual([['scope_gone', 'R2']])
    expect(namesIn(project)).toEqual(there)
  })

  it('replaced: the next command starts one for what is there now, beside the old one', async () => {
    const old = await place.startTimed(project, {})
    renameSync(project, moved)
    make('parent/project', 'theirs')
    const { document } = await place.json(project, ['dashboard'])
    expect(document).toMatchObject({ outcome: 'started', start_reason: 'first_start' })
    expect(document.pid).not.toBe(old.pid)
    expect(await missionsOf({ ...old, url: `http://127.0.0.1:${document.port}` })).toEqual(['theirs'])
    await expectRefuses(old)
  })

  it('moved: a clean-up of every project leaves its dashboard alone', async () => {
    const held = await place.startTimed(project, {})
    renameSync(project, moved)
    for (const force of [[], ['--force']]) {
      await place.run(place.base, ['dashboard', '--cleanup-all', '--yes', ...force])
      expect(lives(held)).toBe(true)
    }
  })

  it('moved away and back between two ticks: its dashboard goes on', async () => {
    const ours = await place.startTimed(project, {})
    renameSync(project, moved)
    await expectRefuses(ours)
    renameSync(moved, project)
    expect(await missionsOf(ours)).toEqual(['ours'])
    expect((await healthOn(ours.port))?.['scope_gone']).toBe(false)
    expect((await place.json(project, ['dashboard'])).document).toMatchObject({
      outcome: 'found',
      pid: ours.pid,
    })
  })

  it('moved, with a link to it at its old path: its dashboard stays, and is found both ways', async () => {
    const ours = await place.startTimed(project, { tickMs: TICK_MS })
    renameSync(project, moved)
    symlinkSync(moved, project)
    expect(await gone(ours, 10 * TICK_MS)).toBe(false)
    expect(await missionsOf(ours)).toEqual(['ours'])
    for (const at of [project, moved])
      expect((await place.json(at, ['dashboard'])).document).toMatchObject({
        outcome: 'found',
        pid: ours.pid,
      })
  })

  it('named by a link that is pointed to another one: each keeps its own dashboard', async () => {
    const other = make('other', 'theirs')
    const link = join(place.base, 'link')
    symlinkSync(project, link)
    const first = (await place.json(link, ['dashboard'])).document
    removeAtOnce(link)
    symlinkSync(other, link)
    expect((await place.json(link, ['dashboard', '--status'])).document.state).toBe('none')
    const second = (await place.json(link, ['dashboard'])).document
    expect([first.project, second.project]).toEqual([project, other])
    const ours = { ...first, url: `http://127.0.0.1:${first.port}` }
    expect(await missionsOf(ours)).toEqual(['ours'])
    expect(recordIn(other)?.['pid']).toBe(second.pid)
  })

  it('a worktree that git moves: its dashboard leaves, and the next one shows it at the new path', async () => {
    const git = (...args: readonly string[]) => {
      const { status, stderr } = spawnSync('git', ['-C', project, ...args], { encoding: 'utf8' })
      expect([status, stderr]).toEqual([0, expect.anything()])
    }
    git('init', '-q')
    git('add', 'kitty-specs')
    git('-c', 'user.name=a', '-c', 'user.email=a@b.c', 'commit', '-qm', 'first')
    const tree = join(place.base, 'tree')
    git('worktree', 'add', '-q', tree)
    const ours = await place.startTimed(tree, { tickMs: TICK_MS })
    git('worktree', 'move', tree, moved)
    expect(await gone(ours, GONE_MS)).toBe(true)
    const next = await place.start(moved)
    expect(await missionsOf(next)).toEqual(['ours'])
  })
})

describe('two projects that are swapped', () => {
  it('each dashboard leaves, and then each place has its own', async () => {
    const other = make('other', 'theirs')
    const both = [
      await place.startTimed(project, { tickMs: TICK_MS }),
      await place.startTimed(other, { tickMs: TICK_MS }),
    ]
    swap(project, other)
    for (const dashboard of both) expect(await gone(dashboard, GONE_MS)).toBe(true)
    expect(leavings()).toEqual([
      ['scope_gone', 'R2'],
      ['scope_gone', 'R2'],
    ])
    expect(await missionsOf(await place.start(project))).toEqual(['theirs'])
    expect(await missionsOf(await place.start(other))).toEqual(['ours'])
  })

  it('neither dashboard tells its pages of the other one', async () => {
    const other = make('other', 'theirs')
    const ours = await place.startTimed(project, {})
    const page = await fetch(`${ours.url}/api/events`)
    let told = ''
    const reading = (async () => {
      for await (const part of page.body ?? []) told += Buffer.from(part).toString()
    })().catch(() => undefined)
    expect(await until(() => told.includes('event: changed'), GONE_MS)).toBe(true)
    swap(project, other)
    expect(await until(() => told.includes('event: gone'), GONE_MS)).toBe(true)
    const before = told
    writeMission(project, 'third')
    // The place is checked twice meanwhile.
    await sleep(4_500)
    expect(told.slice(before.length)).not.toContain('event: changed')
    swap(project, other)
    expect(await until(() => told.includes('event: gone\ndata: {"since":null}'), GONE_MS)).toBe(true)
    const after = told.lastIndexOf('event: gone')
    expect(await until(() => told.slice(after).includes('event: changed'), GONE_MS)).toBe(true)
    expect(told).not.toContain('third')
    await page.body?.cancel().catch(() => undefined)
    await place.run(project, ['dashboard', '--stop'])
    await reading
  })
})

describe('where the project is now', () => {
  const TRUTH = (held: Dashboard): string =>
    `it was started for ${held.project}, which was moved here; it exits by itself within about a minute`

  it('every command says that the old one leaves by itself, and ends nothing', async () => {
    const held = await place.startTimed(project, {})
    renameSync(project, moved)
    const status = await place.json(moved, ['dashboard', '--status'])
    expect(status.status).toBe(0)
    expect(status.document).toMatchObject({
      state: 'elsewhere',
      why: TRUTH(held),
      pid: held.pid,
      port: held.port,
      url: null,
      project: moved,
    })
    expect((await place.run(moved, ['dashboard', '--status'])).stdout).toContain(TRUTH(held))
    expect((await place.json(moved, ['dashboard', '--status', '--check'])).status).toBe(1)
    for (const args of [['dashboard'], ['dashboard', '--stop'], ['dashboard', 'restart']]) {
      const { status, stdout, stderr } = await place.run(moved, args)
      expect([args, status, stdout]).toEqual([args, 1, ''])
      expect(lineOf(stderr)).toEqual([
        `spec-kitty: the dashboard (process ${held.pid}, port ${held.port}) is not used and not stopped here: ${TRUTH(held)} (then run this command again)`,
      ])
      const { document } = await place.json(moved, args)
      expect(document).toMatchObject({ ok: false, error: { code: 'E_DAEMON_ELSEWHERE' } })
    }
    const foreground = await place.run(moved, ['dashboard', '--foreground'])
    expect([foreground.status, foreground.stderr]).toEqual([1, expect.stringContaining(TRUTH(held))])
    expect(lives(held)).toBe(true)
  })

  it('says so too if the record was lost on the way', async () => {
    const held = await place.startTimed(project, {})
    renameSync(project, moved)
    removeAtOnce(join(moved, '.kittify', 'daemon', 'record.json'))
    expect((await place.json(moved, ['dashboard', '--status'])).document.why).toBe(TRUTH(held))
    expect((await place.run(moved, ['dashboard', '--stop'])).stderr).toContain(TRUTH(held))
  })

  it('a copy of the project has no dashboard, and gets its own', async () => {
    const held = await place.startTimed(project, {})
    cpSync(project, moved, { recursive: true })
    expect((await place.json(moved, ['dashboard', '--status'])).document.state).toBe('none')
    const next = await place.start(moved)
    expect([next.pid === held.pid, lives(held)]).toEqual([false, true])
  })

  it('the next command starts one as soon as the old one has left', async () => {
    const ours = await place.startTimed(project, { tickMs: TICK_MS })
    renameSync(project, moved)
    expect(await gone(ours, GONE_MS)).toBe(true)
    expect((await place.json(moved, ['dashboard', '--status'])).document.state).toBe('none')
    const next = await place.start(moved)
    expect(await missionsOf(next)).toEqual(['ours'])
  })
})
