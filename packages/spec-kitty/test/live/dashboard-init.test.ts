import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, type TestContext } from 'vitest'
import { runCli } from '../helpers/cli.js'
import { dashboardsOf, healthOn, lineOf, lives, type Timed } from '../helpers/dashboards.js'
import {
  makeDashboardTestEnv,
  mountAt,
  NO_MOUNT,
  recorded,
  skipAloud,
  unmount,
  type DashboardTestEnv,
} from './dashboards.js'

/** `init`, and projects that this user may not write to. What `init` refuses is in `cli/dashboard-usage` too. */
let place: DashboardTestEnv
const mounts: string[] = []

beforeEach(() => {
  place = makeDashboardTestEnv()
})

afterEach(async () => {
  for (const mount of mounts.splice(0)) unmount(mount)
  await place.end()
})

const NOBODY = 65534
const asNobody = ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups']

function expectRefusal(ran: Timed, ...parts: readonly string[]): void {
  expect([ran.status, ran.stdout, lineOf(ran.stderr).length]).toEqual([2, '', 1])
  for (const part of parts) expect(ran.stderr).toContain(part)
  expect(ran.stderr).not.toContain('internal error')
  expect(dashboardsOf(place.base)).toEqual([])
}

describe('init', () => {
  it('makes this directory a project and starts its dashboard; again it finds it', async () => {
    const here = join(place.base, 'here')
    mkdirSync(here)
    const first = await place.run(here, ['init'])
    const { url, pid } = recorded(here)
    expect([first.status, first.stdout]).toEqual([0, `${url}/\n`])
    expect(first.stderr).toContain('its dashboard runs there now; to stop it: spec-kitty dashboard --stop\n')
    writeFileSync(join(here, '.kittify', 'mine'), 'mine\n')
    const forbidden = { env: { DASHBOARD_NO_DAEMON: '1' } }
    const other = join(place.base, 'other')
    const none = await place.run(here, ['init', other], forbidden)
    const said = '\nno dashboard is used: DASHBOARD_NO_DAEMON is set\n'
    expect([none.status, none.stdout, existsSync(join(other, '.kittify'))]).toEqual([0, '', true])
    expect(none.stderr).toContain(said)
    const asJson = await place.json(here, ['init', other], forbidden)
    expect([asJson.status, asJson.document]).toMatchObject([
      0,
      { outcome: 'skipped', project: other, url: null },
    ])
    const again = await place.json(here, ['init'])
    expect([again.status, again.document]).toMatchObject([0, { outcome: 'found', pid, project: here }])
    expect(readFileSync(join(here, '.kittify', 'mine'), 'utf8')).toBe('mine\n')
  })

  it.each([
    [
      'directories nested in new ones, with spaces, quotes and what a shell would read',
      `a/b/it's "one"  $(x); \`y\` &`,
    ],
    ['a line feed, and letters of others', 'Projekt-ä\n日本'],
    ['a marker of ours', '--spec-kitty-dashboard-project=x'],
  ])('makes %s, and the dashboard knows its name', async (_what, name) => {
    const { status, document } = await place.json(place.base, ['init', `./${name}`])
    const project = join(place.base, name)
    expect([status, document.project]).toEqual([0, project])
    expect(await healthOn(document.port)).toMatchObject({ project_path: project })
    const found = await place.json(project, ['dashboard'])
    expect(found.document).toMatchObject({ outcome: 'found', pid: document.pid })
    const absolute = await place.json('/', ['init', project])
    expect(absolute.document).toMatchObject({ outcome: 'found', pid: document.pid })
    const seen = await place.json('/', ['dashboard', '--cleanup-all', '--yes', '--force'])
    expect(seen.document.candidates).toMatchObject([{ cleanup_class: 'never_touch', rule: 'D5' }])
    expect((await place.json(project, ['dashboard', '--stop'])).document.outcome).toBe('stopped')
  })

  it('in a project makes a project of its own: the nearest one counts', async () => {
    const outer = place.project('outer')
    const { document } = await place.json(outer, ['init', 'inner'])
    expect(document.project).toBe(join(outer, 'inner'))
    const above = await place.json(outer, ['dashboard'])
    expect(above.document).toMatchObject({ outcome: 'started', project: outer })
  })

  it('through a link means the directory itself', async () => {
    const project = place.project('project')
    symlinkSync(project, join(place.base, 'link'))
    const { document } = await place.json(place.base, ['init', 'link'])
    expect(document.project).toBe(realpathSync(project))
  })

  it.each(['.kittify', '.git', '.kittify/deeper'])(
    'is refused in %s, which has the own files of a project, and names the project',
    async (own) => {
      const project = place.project('project')
      mkdirSync(join(project, '.git'))
      const ran = await place.run(project, ['init', own])
      expectRefusal(ran, join(project, own), 'cannot be a project')
      expect(ran.stderr).toContain(` belongs to, ${project} (`)
      expect(existsSync(join(project, own, '.kittify'))).toBe(false)
    },
  )

  it('is refused in one line where a file is in the way, and the file stays', async () => {
    writeFileSync(join(place.base, 'file'), 'mine\n')
    mkdirSync(join(place.base, 'taken'))
    writeFileSync(join(place.base, 'taken', '.kittify'), 'mine\n')
    expectRefusal(await place.run(place.base, ['init', 'file']), join(place.base, 'file'))
    expectRefusal(await place.run(place.base, ['init', 'file/below']), join(place.base, 'file'))
    for (const name of ['file', 'file/below'])
      expect((await place.run(place.base, ['init', name])).stderr).toContain(
        '/file is a file, not a directory',
      )
    expectRefusal(await place.run(place.base, ['init', 'taken']), join(place.base, 'taken', '.kittify'))
    expect(readFileSync(join(place.base, 'taken', '.kittify'), 'utf8')).toBe('mine\n')
  })
})

/** Some checkouts lie where only their owner may go. */
function needNobody(context: TestContext): void {
  if (runCli(['--version'], { prefix: asNobody }).status !== 0)
    skipAloud(context, 'another user cannot run node or read the sources here, or this is not root')
}

/** Everything below a directory that belongs to root. */
function ofRoot(directory: string): readonly string[] {
  const names = readdirSync(directory, { recursive: true, encoding: 'utf8' })
  return names.filter((name) => statSync(join(directory, name)).uid === 0)
}

describe("another user's project", () => {
  it('is only looked at by root: nothing of root is left in it', async (context) => {
    needNobody(context)
    const project = place.project('theirs')
    spawnSync('chown', ['-R', `${NOBODY}:${NOBODY}`, project, place.home])
    expectRefusal(await place.run(project, ['dashboard']), 'belongs to nobody, you are root')
    expectRefusal(await place.run(project, ['init']), 'belongs to nobody, you are root')
    expect((await place.run(project, ['dashboard', '--status'])).status).toBe(0)
    const foreground = await place.run(project, ['dashboard', '--foreground'])
    expectRefusal(foreground, 'belongs to nobody, you are root')
    expect([ofRoot(project), ofRoot(place.home)]).toEqual([[], []])
    const theirs = await place.start(project, { prefix: asNobody })
    const stop = await place.run(project, ['dashboard', '--stop'])
    expect([stop.status, lives(theirs)]).toEqual([2, true])
    const clean = await place.json(place.base, ['dashboard', '--cleanup-all', '--yes', '--force'], {
      env: { SPEC_KITTY_HOME: join(place.base, 'roots-own') },
    })
    expect([clean.document.swept, lives(theirs)]).toEqual([[], true])
    expect([ofRoot(project), ofRoot(place.home)]).toEqual([[], []])
    expect((await place.run(project, ['dashboard', '--stop'], { prefix: asNobody })).status).toBe(0)
  })

  it('is refused to a user who may not write there', async (context) => {
    needNobody(context)
    const project = place.project('closed')
    chmodSync(project, 0o755)
    chownSync(place.home, NOBODY, NOBODY)
    chownSync(join(place.home, '.spec-kitty'), NOBODY, NOBODY)
    expectRefusal(await place.run(project, ['dashboard'], { prefix: asNobody }), project)
    expect(readdirSync(join(project, '.kittify'))).toEqual([])
    const init = await place.run(place.base, ['init', 'nowhere'], { prefix: asNobody })
    expectRefusal(init, 'EACCES')
  })
})

describe('a file system that is read-only', () => {
  it('under the project refuses a start in one line; nothing runs, --status and --stop work', async (context) => {
    const mount = join(place.base, 'mount')
    if (!mountAt(mount)) skipAloud(context, NO_MOUNT)
    mounts.push(mount)
    mkdirSync(join(mount, '.kittify'))
    spawnSync('mount', ['-o', 'remount,ro', mount])
    expectRefusal(await place.run(mount, ['dashboard']), 'EROFS')
    expectRefusal(await place.run(mount, ['dashboard', '--foreground']), 'EROFS')
    for (const mode of ['--status', '--stop'])
      expect([mode, (await place.run(mount, ['dashboard', mode])).status]).toEqual([mode, 0])
  })

  it('under the home costs the log and the token file, which the start says, and nothing else', async (context) => {
    const mount = join(place.base, 'read-only-home')
    if (!mountAt(mount)) skipAloud(context, NO_MOUNT)
    mounts.push(mount)
    spawnSync('mount', ['-o', 'remount,ro', mount])
    const env = { HOME: mount, SPEC_KITTY_HOME: join(mount, '.spec-kitty') }
    const project = place.project('project')
    const { stderr, document: started } = await place.json(project, ['dashboard'], { env })
    expect(stderr).toMatch(
      /^spec-kitty: it has no log, and only a command that sees its whole process can stop it, [^\n]+ read-only file system \(F-021\)\n$/,
    )
    expect(await healthOn(started.port)).toMatchObject({ status: 'ok' })
    const found = await place.json(project, ['dashboard'], { env })
    expect([found.stderr, found.document]).toMatchObject(['', { outcome: 'found' }])
    const stopped = await place.json(project, ['dashboard', '--stop'], { env })
    expect([stopped.status, stopped.document]).toMatchObject([
      0,
      { pid: started.pid, cleanup_path: 'terminate' },
    ])
    expect(existsSync(env.SPEC_KITTY_HOME)).toBe(false)
  })
})
