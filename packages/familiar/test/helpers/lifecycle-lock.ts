import { join } from 'node:path'
import { beforeEach } from 'vitest'
import { acquireLock, type HeldLock } from '../../src/act/acquire-lock.js'
import { makeHome } from './homes.js'

/** Holds a life-cycle lock, a new one for each test of the file. Returns a function that returns the lock of the test. */
export function useLifecycleLock(): () => HeldLock {
  let lock: HeldLock | undefined
  beforeEach(async () => {
    const held = await acquireLock(join(makeHome(), 'lifecycle.lock'), {
      holder: { pid: process.pid, startTime: null },
    })
    lock = held
    return () => held.release()
  })
  return () => {
    if (lock === undefined) throw new Error('no test is running')
    return lock
  }
}
