import { spawnSync } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { writeHint } from '../../src/act/write-hint.js'
import { makeHome, removeHomes } from '../helpers/homes.js'
import { needRoot, NOBODY } from '../helpers/skip.js'

afterAll(removeHomes)

const COMPILED = new URL('../../dist/act/write-hint.js', import.meta.url).href

it('says for each way in which a write fails what mends that, and names the directory as it is', () => {
  const directory = join(makeHome(), 'a $& DIR')
  mkdirSync(directory)
  const hints = Object.fromEntries(
    ['ENOSPC', 'EDQUOT', 'EROFS', 'EFBIG', 'EIO', 'EACCES', 'EPERM', null].map((errno) => [
      String(errno),
      writeHint(directory, errno),
    ]),
  )
  const permission = `make ${directory} a directory that this user can write to`
  expect(hints).toEqual({
    ENOSPC: `free space on the disk that holds ${directory}`,
    EDQUOT: `free space on the disk that holds ${directory}: your quota there is used up`,
    EROFS: `make the file system of ${directory} writable`,
    EFBIG: 'raise the limit of file sizes (ulimit -f)',
    EIO: `check the disk that holds ${directory}: it fails`,
    EACCES: permission,
    EPERM: permission,
    null: permission,
  })
})

it('names the directory that lacks the permission, which exists', (context) => {
  needRoot(context)
  const base = makeHome()
  chmodSync(base, 0o755)
  const [closed, open] = [join(base, 'closed'), join(base, 'open')]
  mkdirSync(join(closed, 'inner'), { recursive: true })
  chmodSync(closed, 0o700)
  mkdirSync(open)
  chownSync(open, NOBODY, NOBODY)
  const hint = (directory: string): string => {
    const program = `import('${COMPILED}').then(({ writeHint }) => console.log(writeHint(${JSON.stringify(directory)}, 'EACCES')))`
    const by = [`--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups', process.execPath, '-e', program]
    return spawnSync('setpriv', by, { encoding: 'utf8' }).stdout.trimEnd()
  }
  const named = (directory: string): string => `make ${directory} a directory that this user can write to`
  expect(hint(join(base, 'new/a/b'))).toBe(named(base))
  expect(hint(join(closed, 'inner'))).toBe(named(closed))
  expect(hint(closed)).toBe(named(closed))
  expect(hint(join(open, 'new'))).toBe(named(join(open, 'new')))
})
