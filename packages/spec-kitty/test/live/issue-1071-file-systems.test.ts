import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { spawnHostile } from '../../../../stand-ins/hostile.mjs'
import { stopAll } from '../../../../stand-ins/predecessor.mjs'
import { figure } from '../../../familiar/test/helpers/figures.js'
import { seeded } from '../../../familiar/test/helpers/random.js'
import { deadOf, makeHome, type Home, type Innocent } from '../helpers/herd-home.js'
import { disturb, expectOneDaemon } from '../helpers/herd-same-home.js'
import { startTicksOf } from '../helpers/machine.js'
import { KINDS, makeFileSystem, type FileSystem, type Kind } from './file-systems.js'
import { lives, makeRoot, skipAloud, type SyncRoot } from './sync-root.js'
import { startPredecessor, startStale } from './version-stale.js'

/**
 * #1071 once more, with the home on each file system: a kernel shows locks, devices and inodes of files on overlay and
 * btrfs in other numbers than `stat` does. One daemon a home, and it is known by its lock, on every one of them.
 */
const HERD = { spawners: 4, times: 3 }

describe.each(KINDS)('a home on %s', (kind) => {
  let base: string
  let disk: FileSystem
  let root: SyncRoot
  let home: Home
  const innocents: Innocent[] = []

  beforeAll(async () => {
    base = realpathSync(mkdtempSync(join(tmpdir(), 'familiar-disk-')))
    disk = makeFileSystem(kind, base)
    root = makeRoot()
    if (disk.missing !== null) return
    if (kind === 'btrfs') run('btrfs', ['subvolume', 'create', join(disk.path, 'home')])
    home = makeHome(root.beside(join(disk.path, 'home', '.spec-kitty')))
    const { pid } = await spawnHostile('sleep', 0)
    innocents.push({ pid, ticks: startTicksOf(pid) ?? 'gone' })
  })

  afterAll(async () => {
    await stopAll()
    await root.end()
    disk.remove()
    rmSync(base, { recursive: true })
  })

  beforeEach((context) => {
    if (disk.missing !== null) skipAloud(context, `no home on ${kind}: ${disk.missing}`)
  })

  it('has one daemon between several spawners', { timeout: 120_000 }, async () => {
    const { seed } = seeded('live/issue-1071-file-systems')
    figure(`${kind}: ${await disturb(home, { ...HERD, seed }, innocents)}`)
    const daemon = await expectOneDaemon(home, innocents)
    for (const flags of [[], ['--force'], ['--force', '--port', String(daemon.port)]]) {
      const { document } = home.root.json(['auth', 'doctor', '--reset', ...flags])
      expect(document.candidates).toMatchObject([{ pid: daemon.pid, rule: 'S5' }])
      expect(document.reset_result).toMatchObject({ swept: [], failed: [] })
    }
    expect([lives(daemon), deadOf(innocents)]).toEqual([true, []])
    expect(home.root.json(['sync', 'stop']).document).toMatchObject({ outcome: 'stopped', pid: daemon.pid })
    expect(lives(daemon)).toBe(false)
  })

  it('knows an older daemon by its lock, and replaces it', async () => {
    const stale = await startStale(home.root)
    const { document } = home.root.json(['sync', 'start'])
    expect(document).toMatchObject({ outcome: 'started', start_reason: 'version_mismatch' })
    expect(lives(stale)).toBe(false)
    await expectOneDaemon(home, innocents)
  })

  it('is not taken for its copy, and its copy not for it', async () => {
    const daemon = await expectOneDaemon(home, innocents)
    const copy = home.root.beside(join(disk.path, 'copied', '.spec-kitty'))
    copyHome(kind, dirname(home.root.path), dirname(copy.path))
    for (const flags of [[], ['--force']]) {
      expect(copy.json(['auth', 'doctor', '--reset', ...flags]).document.reset_result.swept).toEqual([])
    }
    expect(copy.json(['sync', 'stop']).document).toMatchObject({ outcome: 'none' })
    const own = copy.start()
    expect([lives(daemon), own.pid === daemon.pid]).toEqual([true, false])
    expect(copy.json(['sync', 'stop']).document).toMatchObject({ outcome: 'stopped', pid: own.pid })
    expect([lives(daemon), lives(own)]).toEqual([true, false])
    await expectOneDaemon(home, innocents)
  })

  it("takes the place of the predecessor's recorded daemon", async () => {
    const old = home.root.beside(join(disk.path, 'old', '.spec-kitty'))
    const oldHome = makeHome(old)
    const predecessor = await startPredecessor(old.path, 9430)
    const ends = await Promise.all(
      Array.from({ length: HERD.spawners }, () => oldHome.run(['sync', 'start'])),
    )
    const [daemon, ...more] = new Set(ends.map((end) => end.daemon))
    expect([ends.map(({ status }) => status), more]).toEqual([ends.map(() => 0), []])
    expect([old.remember()?.pid, lives(predecessor)]).toEqual([daemon, false])
    expect(existsSync(join(old.path, 'sync-daemon'))).toBe(false)
    await expectOneDaemon(oldHome, innocents)
  })
})

/** A snapshot has the inode numbers of its original: only the device tells the two apart. */
function copyHome(kind: Kind, from: string, to: string): void {
  if (kind === 'btrfs') run('btrfs', ['subvolume', 'snapshot', from, to])
  else run('cp', ['-a', from, to])
}

function run(command: string, args: readonly string[]): void {
  expect(spawnSync(command, args).status).toBe(0)
}
