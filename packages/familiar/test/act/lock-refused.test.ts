import { readdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { describe, expect, it } from 'vitest'
import { newLockPath } from '../helpers/homes.js'
import { leaveNothing } from '../helpers/leaks.js'
import { startLockProcess } from '../helpers/lock-process.js'
import { refusingCalls } from '../helpers/refuse-calls.js'

leaveNothing()

describe('a lock that the kernel refuses', () => {
  it.for([
    ['EOPNOTSUPP', 'ENOTSUP'],
    ['ENOSYS', 'ENOSYS'],
    ['ENOLCK', 'ENOLCK'],
    ['EDEADLK', 'EDEADLK'],
    ['EINTR', 'EINTR'],
    ['EINVAL', 'EINVAL'],
    ['EPERM', 'EPERM'],
    ['EIO', 'EIO'],
  ] as const)('with %s is neither free nor busy', async ([errno, said], context) => {
    const path = newLockPath()
    const process = startLockProcess(path, refusingCalls(context, `lock=${errno}`))
    const error = {
      code: 'E_LOCK_UNSUPPORTED',
      message: `cannot lock ${path}: ${said}`,
      hint: expect.stringContaining(`put ${dirname(path)} on a file system with locks`),
      retry: false,
    }
    expect(await process.ask('isHeld')).toEqual({ held: false })
    expect(await process.ask('acquire 60000')).toEqual(error)
    expect(await process.ask('isHeld')).toEqual(error)
    expect(await process.ask('assert')).toEqual({ held: false })
    expect(readdirSync(dirname(path)).toSorted()).toEqual(['.gitignore', 'lifecycle.lock'])
  })

  it('with ENOLCK may have run out', async (context) => {
    const { hint } = await startLockProcess(newLockPath(), refusingCalls(context, 'lock=ENOLCK')).ask(
      'acquire 0',
    )
    expect(hint).toMatch(/, or with locks left$/)
  })

  it.for(['EAGAIN', 'EACCES', 'EBUSY'])('with %s is held by another process', async (errno, context) => {
    const process = startLockProcess(newLockPath(), refusingCalls(context, `lock=${errno}`))
    expect(await process.ask('acquire 100')).toMatchObject({ code: 'E_LOCK_BUSY', retry: true })
    expect(await process.ask('isHeld')).toEqual({ held: true })
  })

  it('is held by the one who got it before', async (context) => {
    const path = newLockPath()
    const [lucky, other] = [
      startLockProcess(path),
      startLockProcess(path, refusingCalls(context, 'lock=ENOLCK')),
    ]
    await lucky.ask('acquire 0')
    expect(await other.ask('acquire 60000')).toMatchObject({ code: 'E_LOCK_UNSUPPORTED' })
    expect(await lucky.ask('assert')).toEqual({ held: true })
    expect(await startLockProcess(path).ask('acquire 0')).toMatchObject({
      code: 'E_LOCK_BUSY',
      message: expect.stringContaining(`held by process ${lucky.pid}`),
    })
  })
})
