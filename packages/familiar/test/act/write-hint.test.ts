import { expect, it } from 'vitest'
import { writeHint } from '../../src/act/write-hint.js'

it('says for each way in which a write fails what mends that, and names the directory as it is', () => {
  const hints = Object.fromEntries(
    ['ENOSPC', 'EDQUOT', 'EROFS', 'EFBIG', 'EIO', 'EACCES', 'EPERM', null].map((errno) => [
      String(errno),
      writeHint('/a $& DIR', errno),
    ]),
  )
  const permission = 'make /a $& DIR a directory that this user can write to'
  expect(hints).toEqual({
    ENOSPC: 'free space on the disk that holds /a $& DIR',
    EDQUOT: 'free space on the disk that holds /a $& DIR: your quota there is used up',
    EROFS: 'use a directory on a file system that is not read-only, or make that of /a $& DIR writable',
    EFBIG: 'raise the limit of file sizes (ulimit -f)',
    EIO: 'check the disk that holds /a $& DIR: it fails',
    EACCES: permission,
    EPERM: permission,
    null: permission,
  })
})
