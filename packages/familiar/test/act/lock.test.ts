import { execFileSync, spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { acquireLock, acquireLockUnless, isLockHeld, readLockHolder } from '../../src/act/acquire-lock.js'
import { makeHome, newLockPath } from '../helpers/homes.js'
import { leaveNothing } from '../helpers/leaks.js'
import { startLockProcess } from '../helpers/lock-process.js'
import { watch } from '../helpers/machine.js'
import { needCommand, needRoot, NOBODY } from '../helpers/skip.js'

const holder = { pid: process.pid, startTime: 'boot/1' }

leaveNothing()

function modeOf(path: string): string {
  return (statSync(path).mode & 0o777).toString(8)
}

describe('a lock between processes', () => {
  it('has one holder, and the next one when that releases it', async () => {
    const path = newLockPath()
    const [one, other] = [startLockProcess(path), startLockProcess(path)]
    expect(await one.ask('acquire 0')).toEqual({ held: true })
    expect(await other.ask('acquire 0')).toMatchObject({ code: 'E_LOCK_BUSY', retry: true })
    expect(await one.ask('release')).toEqual({ held: false })
    expect(await other.ask('acquire 0')).toEqual({ held: true })
    expect(await one.ask('acquire 0')).toMatchObject({ code: 'E_LOCK_BUSY' })
  })

  it('ends with a holder that is killed', async () => {
    const path = newLockPath()
    const [one, other] = [startLockProcess(path), startLockProcess(path)]
    await one.ask('acquire 0')
    await one.kill()
    expect(await other.ask('acquire 0')).toEqual({ held: true })
  })

  it('is not kept by a child of the holder', async () => {
    const path = newLockPath()
    const [one, other] = [startLockProcess(path), startLockProcess(path)]
    await one.ask('acquire 0')
    const { child = 0 } = await one.ask('spawn')
    const isAlive = watch(child)
    await one.kill()
    expect(await other.ask('acquire 0')).toEqual({ held: true })
    expect(isAlive()).toBe(true)
    await one.endSpawned()
  })

  it('lets a waiter say after a second who holds it, once, and go on when it is free', async () => {
    const path = newLockPath()
    const [one, other] = [startLockProcess(path), startLockProcess(path)]
    await one.ask('acquire 0')
    const { waiting, ...more }: any = await other.ask('acquire 20000')
    expect(more).toEqual({})
    expect(waiting).toMatch(/, \d+ s at most$/)
    expect(waiting).toContain(`waiting for the lock ${path}, held by process ${one.pid}, `)
    await one.kill()
    expect(await other.next()).toEqual({ held: true })
    expect(readLockHolder(path)?.pid).toBe(other.pid)
  })

  it('gives up after the time it was given, and names the holder', async () => {
    const path = newLockPath()
    const [one, other] = [startLockProcess(path), startLockProcess(path)]
    await one.ask('acquire 0')
    const { code, message, retry } = await other.ask('acquire 200')
    expect([code, retry]).toEqual(['E_LOCK_BUSY', true])
    expect(message).toContain(`held by process ${one.pid}`)
    expect(await one.ask('assert')).toEqual({ held: true })
  })
})

describe('a lock whose file is taken away', () => {
  it.for(['removed', 'replaced'])('is not a lock any more when it was %s', async (what) => {
    const path = newLockPath()
    const [one, other] = [startLockProcess(path), startLockProcess(path)]
    await one.ask('acquire 0')
    expect(await one.ask('assert')).toEqual({ held: true })
    rmSync(path)
    if (what === 'replaced') writeFileSync(path, '')
    expect(await one.ask('assert')).toMatchObject({ code: 'E_LOCK_BUSY' })
    expect(await other.ask('acquire 0')).toEqual({ held: true })
    expect(await other.ask('assert')).toEqual({ held: true })
    expect(await one.ask('assert')).toMatchObject({ code: 'E_LOCK_BUSY' })
  })
})

describe('a lock within one process', () => {
  it('is on the file that is there, also when that was removed while it was waited for', async () => {
    const path = newLockPath()
    const first = await acquireLock(path, { holder })
    const taking = acquireLock(path, { holder })
    rmSync(path)
    const lock = await taking
    expect(() => lock.assertHeld()).not.toThrow()
    lock.release()
    first.release()
  })

  it('is taken once, too', async () => {
    const path = newLockPath()
    const lock = await acquireLock(path, { holder })
    await expect(acquireLock(path, { holder, waitMs: 20 })).rejects.toMatchObject({ code: 'E_LOCK_BUSY' })
    lock.release()
    ;(await acquireLock(path, { holder, waitMs: 0 })).release()
  })

  it('can be released twice, and does not release its successor', async () => {
    const path = newLockPath()
    const first = await acquireLock(path, { holder })
    first.release()
    const second = await acquireLock(path, { holder, waitMs: 0 })
    first.release()
    expect(() => first.assertHeld()).toThrow('released')
    expect(() => second.assertHeld()).not.toThrow()
    await expect(acquireLock(path, { holder, waitMs: 0 })).rejects.toMatchObject({ code: 'E_LOCK_BUSY' })
    second.release()
  })

  it('names its holder in the file, and a longer earlier name leaves nothing behind', async () => {
    const path = newLockPath()
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, 'x'.repeat(5000))
    expect(readLockHolder(path)).toBeNull()
    const lock = await acquireLock(path, { holder })
    expect(readLockHolder(path)).toEqual(holder)
    expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({
      pid: process.pid,
      birth: 'boot/1',
    })
    lock.release()
  })
})

describe('a lock that is only asked about', () => {
  it('is held or not, is not taken by that, and no file is made', async () => {
    const path = newLockPath()
    expect(await isLockHeld(path)).toBe(false)
    expect(existsSync(dirname(path))).toBe(false)
    const child = startLockProcess(path)
    await child.ask('acquire 0')
    expect([await isLockHeld(path), await isLockHeld(path)]).toEqual([true, true])
    expect(readLockHolder(path)?.pid).toBe(child.pid)
    await child.kill()
    expect([await isLockHeld(path), await isLockHeld(path)]).toEqual([false, false])
  })

  it('need not be waited for when what it is for was found meanwhile', async () => {
    const path = newLockPath()
    const lock = await acquireLock(path, { holder })
    let asked = 0
    const find = async (): Promise<{ found: number } | null> => (++asked < 3 ? null : { found: asked })
    expect(await acquireLockUnless(path, { holder }, find)).toEqual({ found: 3 })
    lock.release()
    const unasked = (): Promise<null> => Promise.reject(new Error('not to be asked'))
    const free = await acquireLockUnless(path, { holder }, unasked)
    expect(free).toHaveProperty('path', path)
    if ('release' in free) free.release()
  })
})

describe('the files of a lock', () => {
  it('are closed to others under any umask', async () => {
    const path = newLockPath()
    const process = startLockProcess(path)
    await process.ask('umask 0')
    expect(await process.ask('acquire 0')).toEqual({ held: true })
    const made = [path, dirname(path), dirname(dirname(path))]
    expect(made.map(modeOf)).toEqual(['600', '700', '700'])
  })

  const unusable: readonly (readonly [string, (home: string) => void])[] = [
    ['a file is where a directory should be', (home) => writeFileSync(join(home, 'daemons'), '')],
    ['a link to itself is', (home) => symlinkSync('daemons', join(home, 'daemons'))],
    [
      'a directory is where the lock should be',
      (home) => mkdirSync(join(home, 'daemons/sync/lifecycle.lock'), { recursive: true }),
    ],
  ]

  it.for(unusable)('cannot be made where %s', async ([, spoil]) => {
    const home = makeHome()
    spoil(home)
    const attempt = acquireLock(join(home, 'daemons', 'sync', 'lifecycle.lock'), { holder })
    await expect(attempt).rejects.toMatchObject({
      code: 'E_SCOPE_UNUSABLE',
      message: expect.stringMatching(/: (E[A-Z]+|it cannot be read \(E[A-Z]+\))$/),
      hint: expect.stringContaining(home),
    })
  })

  it('cannot be made where a link to nowhere is, which is named', async () => {
    const link = join(makeHome(), 'daemons')
    symlinkSync('/nonexistent/place', link)
    const path = join(link, 'sync', 'lifecycle.lock')
    await expect(acquireLock(path, { holder })).rejects.toMatchObject({
      code: 'E_SCOPE_UNUSABLE',
      message: `cannot use the lock ${path}: ${link} is a link to /nonexistent/place, which is not there`,
      hint: 'mount the disk to which the link leads',
    })
  })

  it('are not made where they must be there already', async () => {
    const home = makeHome()
    const path = join(home, 'daemons', 'sync', 'lifecycle.lock')
    const options = { holder, waitMs: 0, mustExist: true }
    await expect(acquireLock(path, options)).rejects.toMatchObject({ code: 'E_SCOPE_UNUSABLE' })
    expect(readdirSync(home)).toEqual([])
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, '')
    const lock = await acquireLock(path, options)
    expect(readdirSync(dirname(path))).toEqual(['lifecycle.lock'])
    lock.release()
  })

  it.for(['a file', 'nothing'])('is not a link to %s: its target stays as it is', async (what) => {
    const [path, victim] = [newLockPath(), join(makeHome(), 'victim')]
    mkdirSync(dirname(path), { recursive: true })
    if (what === 'a file') writeFileSync(victim, 'precious')
    symlinkSync(victim, path)
    const refused = { code: 'E_SCOPE_UNUSABLE', hint: expect.stringContaining('it is a link') }
    await expect(acquireLock(path, { holder, waitMs: 0 })).rejects.toMatchObject(refused)
    await expect(isLockHeld(path)).rejects.toMatchObject(refused)
    expect(existsSync(victim) ? readFileSync(victim, 'utf8') : null).toBe(
      what === 'a file' ? 'precious' : null,
    )
  })

  it.for([
    ['a FIFO', ['mkfifo']],
    ['a device without end', ['mknod', 'c', '1', '5']],
    ['a device that is always full', ['mknod', 'c', '1', '7']],
  ] as const)('is not %s, and nothing waits for that', async ([, [command, ...kind]], context) => {
    if (command === 'mknod') needRoot(context)
    const path = newLockPath()
    mkdirSync(dirname(path), { recursive: true })
    expect(spawnSync(command, [path, ...kind]).status).toBe(0)
    const refused = {
      code: 'E_SCOPE_UNUSABLE',
      message: `cannot use the lock ${path}: it is not a regular file`,
      hint: `a lock must be a regular file of this user: move ${path} away`,
      retry: false,
    }
    const process = startLockProcess(path)
    expect(await process.ask('acquire 0')).toEqual(refused)
    expect(await process.ask('isHeld')).toEqual(refused)
    expect(readLockHolder(path)).toBeNull()
  })

  it('is not a file of another user', async (context) => {
    needRoot(context)
    const path = newLockPath()
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, 'precious')
    chownSync(path, NOBODY, NOBODY)
    const refused = {
      code: 'E_SCOPE_UNUSABLE',
      message: expect.stringContaining(`it belongs to uid ${NOBODY}`),
    }
    await expect(acquireLock(path, { holder, waitMs: 0 })).rejects.toMatchObject(refused)
    await expect(isLockHeld(path)).rejects.toMatchObject(refused)
    expect(readFileSync(path, 'utf8')).toBe('precious')
  })

  it('cannot be made below what the system makes up', async () => {
    const attempt = acquireLock('/proc/familiar/lifecycle.lock', { holder })
    await expect(attempt).rejects.toMatchObject({
      code: 'E_SCOPE_UNUSABLE',
      message: expect.stringMatching(/: E[A-Z]+$/),
    })
  })

  it('cannot be made in a directory that is read-only for this user', async (context) => {
    const obedient = ['--bounding-set=-dac_override', '--inh-caps=-dac_override']
    if (process.geteuid?.() === 0) needCommand(context, 'setpriv', obedient)
    const home = makeHome()
    chmodSync(home, 0o555)
    const path = join(home, 'daemons', 'lifecycle.lock')
    const child = startLockProcess(path, process.geteuid?.() === 0 ? ['setpriv', ...obedient] : [])
    expect(await child.ask('acquire 0')).toMatchObject({ code: 'E_SCOPE_UNUSABLE', retry: false })
    expect(existsSync(dirname(path))).toBe(false)
  })
})

describe('a lock that this process cannot open for lack of descriptors', () => {
  const limit = (pid: number, descriptors: number): void =>
    void execFileSync('prlimit', ['--pid', String(pid), `--nofile=${descriptors}:`])

  it('is neither free nor held nor unusable, and one that it holds is not lost', async (context) => {
    needCommand(context, 'prlimit', ['--nofile=64'])
    const [path, other] = [newLockPath(), newLockPath()]
    const [holder, child] = [startLockProcess(path), startLockProcess(other)]
    await holder.ask('acquire 0')
    await child.ask('isHeld')
    for (const { pid } of [holder, child]) limit(pid, 3)
    const lacking = { code: 'E_RESOURCES', retry: true }
    expect(await child.ask('acquire 0')).toMatchObject(lacking)
    expect(await holder.ask('isHeld')).toMatchObject(lacking)
    expect(await holder.ask('assert')).toEqual({ held: true })
    for (const { pid } of [holder, child]) limit(pid, 1024)
    expect(await child.ask('acquire 0')).toEqual({ held: true })
    expect(await holder.ask('assert')).toEqual({ held: true })
  })

  it.for([1, 2, 3, 4, 5, 6])(
    'with %i left for the library of locks: it is one or the other',
    async (left, context) => {
      needCommand(context, 'prlimit', ['--nofile=64'])
      const child = startLockProcess(newLockPath())
      await child.ask('umask 77')
      const open = new Set(readdirSync(`/proc/${child.pid}/fd`).map(Number))
      const free = Array.from({ length: 64 }, (_, at) => at).filter((at) => !open.has(at))
      limit(child.pid, free[left] ?? 64)
      const said = await child.ask('acquire 0')
      expect(['E_RESOURCES', undefined]).toContain(said.code)
    },
  )
})
