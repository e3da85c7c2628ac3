import { closeSync, openSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { hasOpen, writersOf } from '../../src/sync/queue/lock-holder.js'

it('finds the writers of a database among the locks of the machine', () => {
  const locks = `1: POSIX  ADVISORY  WRITE 11 00:39:700 120 120
2: POSIX  ADVISORY  READ  12 00:39:700 123 123
3: POSIX  ADVISORY  WRITE 13 00:39:700 124 124
4: FLOCK  ADVISORY  WRITE 14 00:39:700 0 EOF
5: POSIX  ADVISORY  WRITE 15 08:01:600 1073741825 1073741825
5: -> POSIX  ADVISORY  WRITE 16 00:39:700 120 120
6: OFDLCK ADVISORY  WRITE -1 00:39:700 120 120
7: POSIX  ADVISORY  WRITE 17 08:01:600 0 EOF
8: POSIX  ADVISORY  WRITE 18 08:01:601 0 EOF
`
  expect(writersOf(locks, { shm: '700', database: '600' })).toEqual([11, 15, 17])
  expect(writersOf(locks, { shm: null, database: null })).toEqual([])
})

it.skipIf(process.platform !== 'linux')('passes over a process of which nothing can be seen', () => {
  const path = fileURLToPath(import.meta.url)
  // No process has this number.
  expect(hasOpen(2 ** 30, path)).toBe(false)
  const descriptor = openSync(path, 'r')
  try {
    expect([hasOpen(process.pid, path), hasOpen(process.pid, `${path}.other`)]).toEqual([true, false])
  } finally {
    closeSync(descriptor)
  }
})
