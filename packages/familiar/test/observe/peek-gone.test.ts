import { mkdirSync, rmdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, describe, expect, it } from 'vitest'
import { isGoneSince, peek } from '../../src/observe/peek.js'
import { makeHome, removeHomes } from '../helpers/homes.js'

afterAll(removeHomes)

const HOUR_S = 3600

/** What a scan reads of a scope: whether it is gone, and since when it has been empty, or what is left above it is unchanged. */
function scan(scope: string) {
  const { gone, unchangedSinceMs, above } = peek({
    scope,
    records: [],
    sharedOwner: null,
    daemonLock: join(scope, 'lock'),
    ownEntries: [],
  })
  // The file system counts parts of a millisecond, which `Date.now` cuts off.
  const now = Date.now() + 1
  const sinceMs = unchangedSinceMs ?? above?.changedMs ?? null
  const isLeftEmpty = above?.isEmpty ?? null
  return { gone, isLeftEmpty, unchangedForSeconds: sinceMs === null ? null : (now - sinceMs) / 1_000 }
}

function makeOld(directory: string, seconds: number): void {
  const then = Date.now() / 1000 - seconds
  utimesSync(directory, then, then)
}

describe('a scope that is gone', () => {
  it('below a directory with something in it says for how long that is unchanged', () => {
    const home = makeHome()
    writeFileSync(join(home, 'other'), '')
    makeOld(home, HOUR_S)
    const { gone, isLeftEmpty, unchangedForSeconds } = scan(join(home, 'project'))
    expect([gone, isLeftEmpty]).toEqual([true, false])
    expect(unchangedForSeconds).toBeGreaterThan(HOUR_S - 1)
  })

  it('below a directory that has long been empty says for how long', () => {
    const home = makeHome()
    makeOld(home, HOUR_S)
    const { gone, isLeftEmpty, unchangedForSeconds } = scan(join(home, 'project'))
    expect([gone, isLeftEmpty]).toEqual([true, true])
    expect(unchangedForSeconds).toBeGreaterThan(HOUR_S - 1)
    expect(unchangedForSeconds).toBeLessThan(HOUR_S + 60)
  })

  it('together with directories above it says for how long what is left is unchanged, and is not known to be gone', () => {
    const home = makeHome()
    makeOld(home, HOUR_S)
    const { gone, isLeftEmpty, unchangedForSeconds } = scan(join(home, 'above', 'project'))
    expect([gone, isLeftEmpty]).toEqual([null, true])
    expect(unchangedForSeconds).toBeGreaterThan(HOUR_S - 1)
  })

  it('because it was removed just now: since then', () => {
    const home = makeHome()
    mkdirSync(join(home, 'project'))
    makeOld(home, HOUR_S)
    rmdirSync(join(home, 'project'))
    const { unchangedForSeconds } = scan(join(home, 'project/'))
    expect(unchangedForSeconds).toBeGreaterThanOrEqual(0)
    expect(unchangedForSeconds).toBeLessThan(60)
  })
})

describe('a scope that is there', () => {
  it('says how long it has itself been empty, if it is', () => {
    const project = join(makeHome(), 'project')
    mkdirSync(project)
    makeOld(project, HOUR_S)
    const { gone, unchangedForSeconds } = scan(project)
    expect(gone).toBe(false)
    expect(unchangedForSeconds).toBeGreaterThan(HOUR_S - 1)
    expect(unchangedForSeconds).toBeLessThan(HOUR_S + 60)
    writeFileSync(join(project, 'file'), '')
    expect(scan(project)).toEqual({ gone: false, isLeftEmpty: null, unchangedForSeconds: null })
  })
})

describe('a scope that holds only what our own daemon makes', () => {
  const since = (scope: string, ownEntries = ['daemons', '.tool']) =>
    peek({ scope, records: [], sharedOwner: null, daemonLock: join(scope, 'lock'), ownEntries }).ownSinceMs

  it('says when it was made, whatever was written into it since', async () => {
    const home = makeHome()
    mkdirSync(join(home, 'daemons'))
    const made = since(home) ?? Number.NaN
    expect(Math.abs(Date.now() - made)).toBeLessThan(60_000)
    await sleep(50)
    writeFileSync(join(home, 'daemons', 'file'), '')
    symlinkSync('nowhere', join(home, '.tool'))
    makeOld(join(home, 'daemons'), -HOUR_S)
    expect(since(home)).toBe(made)
  })

  it('is none that is empty or gone, and no file', () => {
    const home = makeHome()
    writeFileSync(join(home, '.tool'), '')
    mkdirSync(join(home, 'empty'))
    expect(['.tool', 'empty', 'gone', 'gone/deep'].map((name) => since(join(home, name)))).toEqual([
      null,
      null,
      null,
      null,
    ])
    expect([since(home), since(home, ['.tool', 'empty']) === null]).toEqual([null, false])
  })

  it.each(['sync-daemon.log', '.DS_Store', 'daemons.old', Buffer.of(0x66, 0xe9)])(
    'is none that also holds %s',
    (name) => {
      const home = makeHome()
      mkdirSync(join(home, 'daemons'))
      writeFileSync(Buffer.concat([Buffer.from(`${home}/`), Buffer.from(name)]), '')
      expect(since(home)).toBe(null)
    },
  )
})

describe('a scope that may be on a drive that was taken out', () => {
  it('is not known to be gone where a link leads to it', () => {
    const home = makeHome()
    symlinkSync(join(home, 'drive', 'project'), join(home, 'link'))
    expect(scan(join(home, 'link')).gone).toBe(null)
    mkdirSync(join(home, 'drive'))
    expect(scan(join(home, 'drive', 'project')).gone).toBe(true)
    expect(scan(join(home, 'link')).gone).toBe(null)
  })

  it.each(['/mnt/no-such-drive', '/media/no-such-drive', '/mnt/no-such-drive/project'])(
    'is not known to be gone as %s',
    (path) => {
      expect(scan(path)).toEqual({ gone: null, isLeftEmpty: null, unchangedForSeconds: null })
    },
  )
})

describe('an installation that is gone since a time', () => {
  const YEAR_MS = 365 * 24 * HOUR_S * 1_000
  const since = (path: string, ms: number) => isGoneSince(path, Date.now() + ms)

  it.each(['it', 'above/it', 'a/b/c/it/'])('is proven as %s, where something else is left', (name) => {
    const home = makeHome()
    mkdirSync(join(home, name), { recursive: true })
    writeFileSync(join(home, 'other'), '')
    expect(since(join(home, name), -YEAR_MS)).toBe(false)
    rmSync(join(home, name.split('/')[0] ?? ''), { recursive: true })
    expect(since(join(home, name), YEAR_MS)).toBe(true)
  })

  it.each(['it', 'above/it'])('is proven as %s, where what is left became empty later', (name) => {
    const home = makeHome()
    expect(since(join(home, name), -YEAR_MS)).toBe(true)
    expect(since(join(home, name), YEAR_MS)).toBe(false)
  })

  it('is not proven on a drive, behind a link that leads nowhere, below a file or in a loop', () => {
    const home = makeHome()
    writeFileSync(join(home, 'file'), '')
    symlinkSync('loop', join(home, 'loop'))
    symlinkSync(join(home, 'drive'), join(home, 'link'))
    const paths = ['file/it', 'loop/it', 'loop/a/it', 'link/it', 'link/a/it'].map((name) => join(home, name))
    for (const path of [...paths, '/mnt/no-drive/it', '/mnt/no-drive/a/it', '/media/no-user/no-drive/a/it'])
      expect([path, since(path, -YEAR_MS)]).toEqual([path, false])
  })
})

describe('a scope of which that is unknown', () => {
  it('says nothing of anything being empty', () => {
    const home = makeHome()
    writeFileSync(join(home, 'file'), '')
    symlinkSync('loop', join(home, 'loop'))
    for (const scope of ['file/project', 'loop', 'loop/project']) {
      expect([scope, scan(join(home, scope))]).toEqual([
        scope,
        { gone: null, isLeftEmpty: null, unchangedForSeconds: null },
      ])
    }
  })
})

/** As a predecessor's dashboard names it: a byte that is not UTF-8 becomes a lone surrogate. */
describe('a scope whose name is not UTF-8', () => {
  const nameOf = (home: string) => Buffer.concat([Buffer.from(`${home}/caf`), Buffer.of(0xe9)])

  it('is there while it is there, and gone when it was removed, no matter what is beside it', () => {
    const home = makeHome()
    mkdirSync(nameOf(home))
    writeFileSync(Buffer.concat([nameOf(home), Buffer.from('/record')]), 'text')
    const scope = `${home}/caf\udce9`
    const request = {
      scope,
      records: [join(scope, 'record')],
      sharedOwner: null,
      daemonLock: `${scope}/lock`,
      ownEntries: [],
    }
    expect(peek(request)).toMatchObject({
      real: scope,
      gone: false,
      records: [{ state: 'text', text: 'text' }],
    })
    rmSync(nameOf(home), { recursive: true })
    mkdirSync(join(home, 'caf\ufffd'))
    expect(peek(request)).toMatchObject({ real: scope, gone: true, records: [{ state: 'absent' }] })
  })

  it('is real also behind a link', () => {
    const home = makeHome()
    mkdirSync(nameOf(home))
    symlinkSync(nameOf(home), join(home, 'link'))
    const request = { records: [], sharedOwner: null, daemonLock: join(home, 'lock'), ownEntries: [] }
    expect(peek({ ...request, scope: join(home, 'link') }).real).toBe(`${home}/caf\udce9`)
  })

  it.each(['a\ud83d', 'a\udc7f', 'a\0b'])('is unknown of %j, which names no file', (name) => {
    const scope = join(makeHome(), name)
    const request = {
      scope,
      records: [join(scope, 'record')],
      sharedOwner: scope,
      daemonLock: scope,
      ownEntries: [],
    }
    expect(peek(request)).toMatchObject({
      real: null,
      gone: null,
      records: [{ state: 'unreadable' }],
      sharedOwnerPresent: null,
      daemonLock: { state: 'unreadable' },
    })
  })
})

it('is missing, whether or not it is proven to be gone', () => {
  const home = makeHome()
  const told = (scope: string): unknown => {
    const lock = join(scope, 'lock')
    const request = { scope, records: [], sharedOwner: null, daemonLock: lock, ownEntries: [] }
    const { gone, isMissing } = peek(request)
    return [gone, isMissing]
  }
  expect(told(home)).toEqual([false, false])
  expect(told(join(home, 'a'))).toEqual([true, true])
  expect(told(join(home, 'a/b'))).toEqual([null, true])
})
