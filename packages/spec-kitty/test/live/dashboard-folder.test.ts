import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { dashboardsOf, lineOf, lives, until } from '../helpers/dashboards.js'
import { makeDashboardTestEnv, recordIn, recordPath, skipAloud, type DashboardTestEnv } from './dashboards.js'

/** What a dashboard keeps in its project, which may come from anywhere and go everywhere: git carries links and files. */
let place: DashboardTestEnv

beforeEach(() => {
  place = makeDashboardTestEnv()
})

afterEach(() => place.end())

/** Everything below a directory with its content: what a write would change. */
function contentOf(directory: string): readonly (readonly [string, string])[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .map((entry) => {
      const path = join(entry.parentPath, entry.name)
      return [path, entry.isFile() ? readFileSync(path, 'latin1') : ''] as const
    })
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
}

/** A project that git brought, with a link in the place of a directory of ours. */
function makeLinked(below: string, target: string): string {
  const project = join(place.base, 'project')
  const link = join(project, below)
  mkdirSync(dirname(link), { recursive: true })
  symlinkSync(target, link)
  return project
}

describe.for(['.kittify', '.kittify/daemon'])('%s as a link', (below) => {
  it('to a directory with files: nothing is written or truncated there, and one line says why', async () => {
    const target = join(place.base, 'target')
    for (const directory of [target, join(target, 'daemon')]) {
      mkdirSync(directory, { recursive: true })
      for (const name of ['daemon.lock', 'lifecycle.lock', 'record.json', '.dashboard', '.dashboard.lock'])
        writeFileSync(join(directory, name), `precious ${name}`)
    }
    const before = contentOf(target)
    const project = makeLinked(below, target)
    const { document, ...first } = await place.json(project, ['dashboard'])
    expect(document.error.code).toBe('E_SCOPE_UNUSABLE')
    for (const { status, stderr } of [
      first,
      await place.run(project, ['dashboard', '--foreground']),
      await place.run(project, ['init']),
    ]) {
      expect([status, lineOf(stderr).length]).toEqual([2, 1])
      expect(stderr).toContain('through a link')
    }
    for (const args of [
      ['dashboard', '--status'],
      ['dashboard', '--stop'],
    ])
      await place.run(project, args)
    expect(contentOf(target)).toEqual(before)
  })

  it('to that of a neighbour: its live dashboard keeps its lock, its record and its life', async () => {
    const neighbour = place.project('neighbour')
    const theirs = await place.start(neighbour)
    const before = contentOf(join(neighbour, '.kittify'))
    const project = makeLinked(below, join(neighbour, below))
    for (const args of [
      ['dashboard'],
      ['dashboard', '--stop'],
      ['dashboard', '--cleanup-all', '--yes', '--force'],
    ]) {
      await place.run(project, args)
      expect(lives(theirs)).toBe(true)
    }
    expect(contentOf(join(neighbour, '.kittify'))).toEqual(before)
    expect((await place.json(neighbour, ['dashboard'])).document).toMatchObject({
      outcome: 'found',
      pid: theirs.pid,
    })
  })
})

describe('git', () => {
  it('stages nothing of ours after init, a dashboard, a stop, and a damaged record', async (context) => {
    if (spawnSync('git', ['--version']).status !== 0) skipAloud(context, 'there is no git here')
    const project = join(place.base, 'project')
    mkdirSync(project)
    const git = (...args: readonly string[]): string => {
      const env = { ...process.env, HOME: place.base, GIT_CONFIG_NOSYSTEM: '1' }
      const ran = spawnSync('git', args, { cwd: project, env, encoding: 'utf8' })
      expect([args, ran.status, ran.stderr]).toEqual([args, 0, ''])
      return ran.stdout
    }
    git('init', '--quiet')
    expect((await place.run(project, ['init'])).status).toBe(0)
    writeFileSync(join(project, 'notes.md'), 'mine\n')
    const staged = (): readonly string[] => {
      git('add', '--all')
      return git('diff', '--cached', '--name-only').trimEnd().split('\n')
    }
    expect(staged()).toEqual(['notes.md'])
    writeFileSync(recordPath(project), '{"half')
    expect(await until(() => recordIn(project)?.['state'] === 'running', 60_000)).toBe(true)
    expect(staged()).toEqual(['notes.md'])
    expect(git('status', '--short', '--untracked-files=all')).toBe('A  notes.md\n')
    await place.run(project, ['dashboard', '--stop'])
    expect(staged()).toEqual(['notes.md'])
  })

  it('clean -x takes the folder away: the next command serves, and one dashboard is left', async () => {
    const project = place.project('project')
    await place.startTimed(project, { tickMs: 300 })
    rmSync(dirname(recordPath(project)), { recursive: true })
    const next = await place.json(project, ['dashboard'])
    expect([next.status, ['found', 'started'].includes(next.document.outcome)]).toEqual([0, true])
    expect(await until(() => dashboardsOf(project).length === 1, 60_000)).toBe(true)
    const found = await place.json(project, ['dashboard'])
    expect([found.status, recordIn(project)?.['pid']]).toEqual([0, dashboardsOf(project)[0]?.pid])
    expect(statSync(recordPath(project)).mode & 0o777).toBe(0o600)
  })
})
