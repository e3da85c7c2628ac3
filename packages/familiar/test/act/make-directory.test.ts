import { existsSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeEach, expect, it } from 'vitest'
import { makeDirectory } from '../../src/act/safe-file.js'
import { makeHome, removeHomes } from '../helpers/homes.js'

afterAll(removeHomes)

let base: string

beforeEach(() => {
  base = makeHome()
})

const modeOf = (path: string): number => statSync(path).mode & 0o777

it('makes every missing parent with the mode, and says whether the directory was missing', () => {
  const path = join(base, 'a/b/c')
  expect([makeDirectory(path), makeDirectory(path)]).toEqual([true, false])
  expect(['a', 'a/b', 'a/b/c'].map((name) => modeOf(join(base, name)))).toEqual([0o700, 0o700, 0o700])
  const before = process.umask(0o022)
  try {
    expect(makeDirectory(join(base, 'd/e'), 0o777)).toBe(true)
  } finally {
    process.umask(before)
  }
  expect([modeOf(join(base, 'd')), modeOf(join(base, 'd/e'))]).toEqual([0o755, 0o755])
})

it('ends with an error where nothing can be made', () => {
  writeFileSync(join(base, 'file'), '')
  symlinkSync(join(base, 'nowhere'), join(base, 'link'))
  expect(() => makeDirectory(join(base, 'file/a/b'))).toThrow(/ENOTDIR/)
  expect(() => makeDirectory(join(base, 'link/a/b'))).toThrow(/ENOENT/)
  rmSync(join(base, 'file'))
})

it.runIf(existsSync('/proc/self'))(
  'ends below /proc, where the system reports a missing parent for ever',
  () => {
    for (const path of ['/proc/x', '/proc/x/y/z']) expect(() => makeDirectory(path)).toThrow(/ENOENT|EACCES/)
  },
)
