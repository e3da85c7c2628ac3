import { mkdirSync, rmdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { peek } from '../../src/observe/peek.js'
import { makeHome, removeHomes } from '../helpers/homes.js'

afterAll(removeHomes)

const HOUR_S = 3600

/** What a look reads of a scope: whether it is gone, and for how long what is above it has been empty. */
function look(scope: string) {
  const { gone, emptyForSeconds } = peek({
    scope,
    records: [],
    sharedOwner: null,
    daemonLock: join(scope, 'lock'),
  })
  return { gone, emptyForSeconds }
}

function makeOld(directory: string, seconds: number): void {
  const then = Date.now() / 1000 - seconds
  utimesSync(directory, then, then)
}

describe('a scope that is gone', () => {
  it('below a directory with something in it says nothing of that being empty', () => {
    const home = makeHome()
    writeFileSync(join(home, 'other'), '')
    makeOld(home, HOUR_S)
    expect(look(join(home, 'project'))).toEqual({ gone: true, emptyForSeconds: null })
  })

  it('below a directory that has long been empty says for how long', () => {
    const home = makeHome()
    makeOld(home, HOUR_S)
    const { gone, emptyForSeconds } = look(join(home, 'project'))
    expect(gone).toBe(true)
    expect(emptyForSeconds).toBeGreaterThan(HOUR_S - 1)
    expect(emptyForSeconds).toBeLessThan(HOUR_S + 60)
  })

  it('because it was removed just now: since then', () => {
    const home = makeHome()
    mkdirSync(join(home, 'project'))
    makeOld(home, HOUR_S)
    rmdirSync(join(home, 'project'))
    const { emptyForSeconds } = look(join(home, 'project/'))
    expect(emptyForSeconds).toBeGreaterThanOrEqual(0)
    expect(emptyForSeconds).toBeLessThan(60)
  })

  it('below a directory that was emptied in the future is empty since now', () => {
    const home = makeHome()
    makeOld(home, -HOUR_S)
    expect(look(join(home, 'project'))).toEqual({ gone: true, emptyForSeconds: 0 })
  })
})

describe('a scope that is there, or of which that cannot be told', () => {
  it('does not say how long what is above it has been empty', () => {
    const home = makeHome()
    mkdirSync(join(home, 'project'))
    writeFileSync(join(home, 'file'), '')
    symlinkSync('loop', join(home, 'loop'))
    expect(look(join(home, 'project'))).toEqual({ gone: false, emptyForSeconds: null })
    expect(look(join(home, 'no', 'parent'))).toEqual({ gone: null, emptyForSeconds: null })
    expect(look(join(home, 'file', 'project'))).toEqual({ gone: null, emptyForSeconds: null })
    expect(look(join(home, 'loop'))).toEqual({ gone: null, emptyForSeconds: null })
    expect(look(join(home, 'loop', 'project'))).toEqual({ gone: null, emptyForSeconds: null })
  })
})
