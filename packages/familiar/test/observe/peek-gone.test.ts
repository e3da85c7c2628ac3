import { mkdirSync, rmdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, describe, expect, it } from 'vitest'
import { peek } from '../../src/observe/peek.js'
import { makeHome, removeHomes } from '../helpers/homes.js'

afterAll(removeHomes)

const HOUR_S = 3600

/** What a scan reads of a scope: whether it is gone, and since when it, or what was above it, has been empty. */
function scan(scope: string) {
  const { gone, unchangedSinceMs } = peek({
    scope,
    records: [],
    sharedOwner: null,
    daemonLock: join(scope, 'lock'),
  })
  return {
    gone,
    unchangedForSeconds: unchangedSinceMs === null ? null : (Date.now() - unchangedSinceMs) / 1_000,
  }
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
    const { gone, unchangedForSeconds } = scan(join(home, 'project'))
    expect(gone).toBe(true)
    expect(unchangedForSeconds).toBeGreaterThan(HOUR_S - 1)
  })

  it('below a directory that has long been empty says for how long', () => {
    const home = makeHome()
    makeOld(home, HOUR_S)
    const { gone, unchangedForSeconds } = scan(join(home, 'project'))
    expect(gone).toBe(true)
    expect(unchangedForSeconds).toBeGreaterThan(HOUR_S - 1)
    expect(unchangedForSeconds).toBeLessThan(HOUR_S + 60)
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
    expect(scan(project)).toEqual({ gone: false, unchangedForSeconds: null })
  })
})

describe('the oldest entry of a scope', () => {
  const oldest = (scope: string) =>
    peek({ scope, records: [], sharedOwner: null, daemonLock: join(scope, 'lock') }).oldestEntryMs

  it('counts from when it was made, whatever was written into it since, and whatever came after it', async () => {
    const home = makeHome()
    mkdirSync(join(home, 'first'))
    const made = oldest(home) ?? Number.NaN
    expect(Math.abs(Date.now() - made)).toBeLessThan(60_000)
    await sleep(50)
    writeFileSync(join(home, 'first', 'file'), '')
    symlinkSync('nowhere', join(home, 'link'))
    makeOld(join(home, 'first'), -HOUR_S)
    expect(oldest(home)).toBe(made)
  })

  it('is not told of an empty directory, of one that is gone, of a file, and of more than a few entries', () => {
    const home = makeHome()
    expect(['', 'gone', 'gone/deep'].map((name) => oldest(join(home, name)))).toEqual([null, null, null])
    for (let i = 0; i < 16; i += 1) writeFileSync(join(home, `entry-${i}`), '')
    expect(oldest(home)).not.toBe(null)
    expect(oldest(join(home, 'entry-1'))).toBe(null)
    writeFileSync(join(home, 'one-more'), '')
    expect(oldest(home)).toBe(null)
  })

  it('may have a name that is not UTF-8', () => {
    const home = makeHome()
    writeFileSync(Buffer.concat([Buffer.from(`${home}/caf`), Buffer.of(0xe9)]), '')
    expect(oldest(home)).not.toBe(null)
  })
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
      expect(scan(path).gone).toBe(null)
    },
  )
})

describe('a scope of which that is unknown', () => {
  it('says nothing of anything being empty', () => {
    const home = makeHome()
    writeFileSync(join(home, 'file'), '')
    symlinkSync('loop', join(home, 'loop'))
    for (const scope of ['no/parent', 'file/project', 'loop', 'loop/project']) {
      expect([scope, scan(join(home, scope))]).toEqual([scope, { gone: null, unchangedForSeconds: null }])
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
    const request = { records: [], sharedOwner: null, daemonLock: join(home, 'lock') }
    expect(peek({ ...request, scope: join(home, 'link') }).real).toBe(`${home}/caf\udce9`)
  })

  it.each(['a\ud83d', 'a\udc7f', 'a\0b'])('is unknown of %j, which names no file', (name) => {
    const scope = join(makeHome(), name)
    const request = {
      scope,
      records: [join(scope, 'record')],
      sharedOwner: scope,
      daemonLock: scope,
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
