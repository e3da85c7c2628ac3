import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { describe, expect, it, type TestContext } from 'vitest'
import { newLockPath } from '../helpers/homes.js'
import { leaveNothing } from '../helpers/leaks.js'
import { startLockProcess } from '../helpers/lock-process.js'
import { refusingCalls } from '../helpers/refuse-calls.js'
import { needCommand } from '../helpers/skip.js'

leaveNothing()

const FEW = ['prlimit', '--nofile=64:64']

function few(context: TestContext): readonly string[] {
  needCommand(context, 'prlimit', FEW.slice(1))
  return FEW
}

const LACK = { code: 'E_RESOURCES', retry: true, hint: expect.stringContaining('ulimit -n') }

describe('a process without descriptors gets that error, and learns nothing of the lock', () => {
  it.for([0, 1])('with %s left, before it has loaded what locks', async (left, context) => {
    const path = newLockPath()
    const process = startLockProcess(path, few(context))
    await process.ask(`fill ${left}`)
    expect(await process.ask('acquire 60000')).toMatchObject(LACK)
    expect(await process.ask('assert')).toEqual({ held: false })
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, '')
    expect(await process.ask('isHeld')).toMatchObject(LACK)
    expect(readdirSync(dirname(path)).filter((name) => name !== '.gitignore')).toEqual(['lifecycle.lock'])
  })

  it('when another one holds it, too', async (context) => {
    const path = newLockPath()
    const [process, other] = [startLockProcess(path, few(context)), startLockProcess(path)]
    expect(await process.ask('acquire 0')).toEqual({ held: true })
    await process.ask('release')
    await other.ask('acquire 0')
    await process.ask('fill 0')
    expect(await process.ask('acquire 60000')).toMatchObject(LACK)
    expect(await process.ask('isHeld')).toMatchObject(LACK)
    expect(await other.ask('assert')).toEqual({ held: true })
  })

  it('and gets the lock with one left, once what locks is loaded', async (context) => {
    const process = startLockProcess(newLockPath(), few(context))
    await process.ask('acquire 0')
    await process.ask('release')
    await process.ask('fill 1')
    expect(await process.ask('acquire 0')).toEqual({ held: true })
  })
})

it.for(['ENOMEM', 'ENFILE', 'ENOBUFS'])(
  'a lock call that fails with %s is a lack, too',
  async (errno, context) => {
    const path = newLockPath()
    const process = startLockProcess(path, refusingCalls(context, `lock=${errno}`))
    expect(await process.ask('acquire 60000')).toMatchObject({ code: 'E_RESOURCES', retry: true })
    expect(await process.ask('isHeld')).toMatchObject({ code: 'E_RESOURCES', retry: true })
  },
)
