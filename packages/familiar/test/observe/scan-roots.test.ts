import { spawnSync } from 'node:child_process'
import { mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { spawnPredecessor } from '../../../../stand-ins/predecessor.mjs'
import { inUseBy, maybeInUseBy } from '../../src/classify/stale-evidence.js'
import { selectPlatform } from '../../src/observe/platform/select.js'
import { scan } from '../helpers/built.js'
import { testFamily } from '../helpers/family.js'
import { makeHome, treeOf } from '../helpers/homes.js'
import { leaveNothing } from '../helpers/leaks.js'
import { portsIn, portsOf } from '../helpers/ports.js'
import { candidateAt, SAFE, verdictAt } from '../helpers/seen.js'
import { withoutReader } from '../helpers/without-reader.js'

const ports = portsOf('observe/scan-roots')
const family = testFamily(ports)
const nextPort = portsIn(ports)
const platform = await selectPlatform()

leaveNothing(ports)

const CROSS_ROOT = ['operator_required', 'cross_root', 'S10']

function start(root: string, options: Partial<Parameters<typeof spawnPredecessor>[0]> = {}) {
  return spawnPredecessor({ family: 'sync', port: nextPort(), root, ...options })
}

/** A home with a root in it, and a link to that root. */
function linkedRoot(): { readonly root: string; readonly link: string } {
  const home = makeHome()
  const [root, link] = [join(home, 'root'), join(home, 'link')]
  mkdirSync(root)
  symlinkSync(root, link)
  return { root, link }
}

describe('a root behind a link is the same root', () => {
  it('when the daemon was started with the link', async () => {
    const { root, link } = linkedRoot()
    const { port } = await start(root, { marker: link })
    expect(verdictAt(await scan(family, root, platform), port)).toEqual(SAFE)
  })

  it('when the scanning root is the link', async () => {
    const { root, link } = linkedRoot()
    const { port } = await start(root)
    expect(verdictAt(await scan(family, link, platform), port)).toEqual(SAFE)
  })

  it('when both have links, and different ones', async () => {
    const { root, link } = linkedRoot()
    const other = join(makeHome(), 'other')
    symlinkSync(link, other)
    const { port } = await start(root, { marker: link, health: { singleton_scope_id: other } })
    expect(verdictAt(await scan(family, other, platform), port)).toEqual(SAFE)
  })

  it('and its record counts through every link: it is in use here, not in another root', async () => {
    const { root, link } = linkedRoot()
    const { port } = await start(root, { marker: link, record: true })
    for (const from of [root, link]) {
      const seen = await scan(family, from, platform)
      expect(verdictAt(seen, port)).toEqual(['never_touch', 'is_recorded_singleton', 'S5'])
      expect(inUseBy(candidateAt(seen, port).observation, seen.context)).toBeNull()
    }
  })

  it('but a link that leads elsewhere meanwhile is not', async () => {
    const { root, link } = linkedRoot()
    const { port } = await start(root, { marker: link })
    rmSync(link)
    symlinkSync(makeHome(), link)
    expect(verdictAt(await scan(family, root, platform), port)).toEqual(CROSS_ROOT)
  })
})

describe('a daemon of another root', () => {
  it('is said to be in use when a record there names it', async () => {
    const [root, other] = [makeHome(), makeHome()]
    const used = await start(other, { record: true })
    const unused = await start(other)
    const seen = await scan(family, root, platform)
    expect([used, unused].map(({ port }) => verdictAt(seen, port))).toEqual([CROSS_ROOT, CROSS_ROOT])
    const users = [used, unused].map(({ port }) => inUseBy(candidateAt(seen, port).observation, seen.context))
    expect(users).toEqual([other, null])
  })

  it('is one whether that root is there or not', async () => {
    const [root, other] = [makeHome(), makeHome()]
    const { port } = await start(join(other, 'gone'), { owner: false })
    const seen = await scan(family, root, platform)
    expect(verdictAt(seen, port)).toEqual(CROSS_ROOT)
    expect(seen.context.scopes.get(join(other, 'gone'))).toMatchObject({ gone: true })
  })

  it('is one also when that root has only moved', async () => {
    const home = makeHome()
    const [root, moved] = [join(home, 'root'), join(home, 'moved')]
    mkdirSync(root)
    const { port } = await start(root)
    renameSync(root, moved)
    expect(verdictAt(await scan(family, moved, platform), port)).toEqual(CROSS_ROOT)
  })

  it('whose record is a FIFO is not waited for', async () => {
    const [root, other] = [makeHome(), makeHome()]
    const { port } = await start(other)
    spawnSync('mkfifo', [join(other, 'sync-daemon')])
    const seen = await scan(family, root, platform)
    expect(verdictAt(seen, port)).toEqual(CROSS_ROOT)
    expect(seen.context.scopes.get(other)?.records).toEqual([
      { state: 'absent' },
      { state: 'unreadable', why: expect.any(String) },
    ])
  })

  it('that says it serves this one is not believed', async () => {
    const [root, other] = [makeHome(), makeHome()]
    const lying = await start(other, { health: { singleton_scope_id: root } })
    const contrary = await start(root, { health: { singleton_scope_id: other } })
    const seen = await scan(family, root, platform)
    expect(verdictAt(seen, lying.port)).toEqual(CROSS_ROOT)
    expect(verdictAt(seen, contrary.port)).toEqual(['operator_required', 'scope_mismatch', 'S13'])
  })

  it('stays one when its root was not read in time: a reason does not change with the load', async () => {
    const [root, other] = [makeHome(), makeHome()]
    const { port } = await start(other)
    const seen = await withoutReader(() => scan(family, root, platform))
    expect(seen.context.scopes.get(other)).toMatchObject({ real: null, gone: null, isLate: true })
    expect(verdictAt(seen, port)).toEqual(CROSS_ROOT)
    expect(maybeInUseBy(candidateAt(seen, port).observation, seen.context)).toBe(other)
  })

  it('is not changed by a scan: its root stays as it was', async () => {
    const [root, other] = [makeHome(), makeHome()]
    await start(other, { record: true })
    const before = treeOf(other)
    await scan(family, root, platform)
    expect(treeOf(other)).toEqual(before)
  })
})
