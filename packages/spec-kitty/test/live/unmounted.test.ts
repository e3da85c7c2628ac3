import { cpSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest'
import { spawnPredecessor } from '../../../../stand-ins/predecessor.mjs'
import { lives, processOf, type Process } from '../helpers/dashboards.js'
import { makeDashboardTestEnv, type DashboardTestEnv } from './dashboards.js'
import { mountAt, NO_MOUNT, type Mounted } from './sync-mount.js'
import { skipAloud } from './sync-root.js'

/**
 * Daemons in use whose home or project was on a file system that is not mounted now, or has another one mounted over it. All are
 * older than the time in which a daemon counts as starting.
 */
let place: DashboardTestEnv
let over: Mounted | null = null
let daemons: Readonly<
  Record<'here' | 'other' | 'early' | 'drive' | 'link' | 'own' | 'removed', Process>
> | null = null

const STARTING_MS = 31_000

beforeAll(async () => {
  place = makeDashboardTestEnv()
  const at = (name: string): string => join(place.base, name)
  // What is below a mount point is older than the daemon, or else it would tell of a removal.
  mkdirSync(at('drive'))
  writeFileSync(join(at('drive'), 'NOT_MOUNTED'), '')
  const roots = [place.env['SPEC_KITTY_HOME'] ?? '', at('other-home')]
  const early = at('early')
  const paths = [...roots, early, at('drive')]
  const mounts = paths.map((path) => mountAt(path))
  const mounted = mounts.filter((one): one is Mounted => one !== null)
  if (mounted.length < paths.length) return
  symlinkSync(place.project('drive/linked'), at('link'))
  const sync = async (port: number, root = '', more = {}): Promise<Process> =>
    processOf(
      (await spawnPredecessor({ family: 'sync', port, root, record: true, owner: false, ...more })).pid,
    )
  const dashboard = (port: number, project: string) => place.predecessor(port, project, { record: true })
  const [own, removed] = [place.project('own'), place.project('removed')]
  const predecessors = {
    here: await sync(9410, roots[0]),
    other: await sync(9411, roots[1]),
    // Only its environment names its home.
    early: await sync(9412, join(early, '.spec-kitty'), { version: '3.1.9' }),
    drive: await dashboard(9250, place.project('drive/project')),
    link: await dashboard(9251, at('link')),
    removed: await dashboard(9252, removed),
  }
  cpSync(join(early, '.spec-kitty'), at('copy'), { recursive: true })
  for (const one of mounted) one.unmount()
  daemons = { ...predecessors, own: await place.start(own) }
  over = mountAt(own)
  place.project('own')
  rmSync(removed, { recursive: true })
  await sleep(STARTING_MS)
})

afterAll(() => {
  over?.unmount()
  return place.end()
})

function givenMounts(context: TestContext) {
  return daemons ?? skipAloud(context, NO_MOUNT)
}

describe('a daemon in use whose home is not mounted, and whose command line does not name it', () => {
  it('lives through stop, restart and start in a home with a copy of its record', async (context) => {
    const { early } = givenMounts(context)
    const project = place.project('any')
    const env = { SPEC_KITTY_HOME: join(place.base, 'copy'), SPEC_KITTY_ENABLE_SAAS_SYNC: '1' }
    const stop = await place.run(project, ['sync', 'stop'], { env })
    expect([stop.status, lives(early)]).toEqual([1, true])
    expect(stop.stderr).toContain('identity_unproven')
    await place.run(project, ['sync', 'restart'], { env })
    await place.run(project, ['sync', 'start'], { env })
    await place.run(project, ['sync', 'stop'], { env })
    expect(lives(early)).toBe(true)
  })

  it('lives through a reset with force in another home', async (context) => {
    const { early } = givenMounts(context)
    const forced = await place.json(place.project('any'), [
      'auth',
      'doctor',
      '--reset',
      '--force',
      '--port',
      '9412',
    ])
    expect([forced.document.reset_result.swept, lives(early)]).toEqual([[], true])
    expect(forced.document.reset_result.skipped).toMatchObject([{ port: 9412, skip_reason: 'pre_marker' }])
  })
})

describe('daemons in use whose home or project is not mounted, or mounted over', () => {
  it('live through a reset, the start of a daemon in that home, and force for those of another home', async (context) => {
    const { here, other } = givenMounts(context)
    const project = place.project('any')
    const { document } = await place.json(project, ['auth', 'doctor', '--reset'])
    expect([document.reset_result.swept, lives(here), lives(other)]).toEqual([[], true, true])
    expect((await place.run(project, ['sync', 'start'])).status).toBe(0)
    expect((await place.run(project, ['sync', 'stop'])).status).toBe(0)
    const again = await place.json(project, ['auth', 'doctor', '--reset'])
    expect([again.document.reset_result.swept, lives(here), lives(other)]).toEqual([[], true, true])
    const forced = await place.json(project, ['auth', 'doctor', '--reset', '--force', '--port', '9411'])
    expect([forced.document.reset_result.swept, lives(here), lives(other)]).toEqual([[], true, true])
  })

  it('live through a clean-up of dashboards, which ends that of a project that was removed', async (context) => {
    const { drive, link, own, removed } = givenMounts(context)
    const { stdout } = await place.run(place.project('any'), ['dashboard', '--cleanup-all', '--yes'])
    const living = [drive, link, own, removed].map(lives)
    expect([stdout, living]).toEqual([stdout, [true, true, true, false]])
    const forced = await place.run(place.project('any'), ['dashboard', '--cleanup-all', '--yes', '--force'])
    expect([forced.stdout, [drive, link, own].map(lives)]).toEqual([forced.stdout, [true, true, true]])
  })
})
