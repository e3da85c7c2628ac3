import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { makeHome, removeHomes } from '../../../familiar/test/helpers/homes.js'
import { diskProblem, lackOf, type Space } from '../../src/sync/queue/disk-problem.js'
import { queueFailure } from '../../src/sync/queue/queue-errors.js'

afterAll(removeHomes)

/** A healthy disk: 4 KiB a block. */
const SPACE: Space = { bsize: 4096, blocks: 1000, bfree: 100, bavail: 50, files: 1000, ffree: 10 }

it.each<[what: string, changes: Partial<Space>, forRoot: boolean, forUser: boolean]>([
  ['with room', {}, false, false],
  ['with room for root only', { bavail: 0 }, false, true],
  ['without a free block', { bfree: 0, bavail: 0 }, true, true],
  ['with just enough', { bfree: 16, bavail: 16 }, false, false],
  ['with a block less', { bfree: 15, bavail: 15 }, true, true],
  ['without an inode', { ffree: 0 }, true, true],
  ['that counts no inodes', { files: 0, ffree: 0 }, false, false],
  ['that counts no blocks', { blocks: 0, bfree: 0, bavail: 0 }, false, false],
])('a disk %s', (_, changes, forRoot, forUser) => {
  const space = { ...SPACE, ...changes }
  expect([lackOf(space, true) !== null, lackOf(space, false) !== null]).toEqual([forRoot, forUser])
})

it('is nothing on a disk with room, also for a home that is still to be made', () => {
  const home = makeHome()
  expect([diskProblem(home), diskProblem(join(home, 'a/b'))]).toEqual([null, null])
})

it('a queue that cannot be used says what mends that, by what the system or SQLite met', () => {
  const path = join(makeHome(), 'queue.db')
  const failure = (properties: object): unknown =>
    queueFailure(Object.assign(new Error('it failed'), properties), path)
  const write = { syscall: 'write' }
  const [full, quota, mode] = ['ENOSPC', 'EDQUOT', 'EACCES'].map((code) => failure({ ...write, code }))
  expect(full).toMatchObject({ hint: expect.stringMatching(/^free space on the disk that holds \S+$/) })
  expect(quota).toMatchObject({ hint: expect.stringContaining('your quota there is used up') })
  expect(mode).toMatchObject({
    hint: expect.stringMatching(/^make \S+ a directory that this user can write to$/),
  })
  expect(failure({ errcode: 13 })).toMatchObject({
    message: `the queue ${path} cannot be used: the disk is full`,
    hint: expect.stringMatching(/^free space on the disk /),
  })
  expect(failure({ errcode: 10 })).toMatchObject({
    hint: expect.stringMatching(/^check the disk that holds /),
  })
})
