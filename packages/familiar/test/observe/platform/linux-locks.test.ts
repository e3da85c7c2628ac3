import {
  copyFileSync,
  linkSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  closeSync,
} from 'node:fs'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { beforeEach, describe, expect, it, type TestContext } from 'vitest'
import { findLockHolder, isLockShown } from '../../../src/observe/platform/linux-lock-holder.js'
import { linux } from '../../../src/observe/platform/linux.js'
import { acquireLock, readLockHolder } from '../../../src/act/acquire-lock.js'
import { answerOf, ask } from '../../helpers/ask-machine.js'
import { startChild } from '../../helpers/children.js'
import { makeHome } from '../../helpers/homes.js'
import { leaveNothing } from '../../helpers/leaks.js'
import { startLockProcess } from '../../helpers/lock-process.js'
import { startTimeOf } from '../../helpers/processes.js'
import { needCommand, needRoot, NOBODY, skipAloud } from '../../helpers/skip.js'

leaveNothing()

let home: string
let path: string

beforeEach(() => {
  home = makeHome()
  path = join(home, 'daemon.lock')
})

/** Starts a process that holds the lock on a file, and is started with this prefix. */
async function holderOf(file = path, prefix: readonly string[] = []) {
  const holder = startLockProcess(file, prefix)
  expect(await holder.ask('acquire 0')).toMatchObject({ held: true })
  return holder
}

/** Starts a process that says a line when it is ready, and does nothing from then on. */
async function startReady(command: string, args: readonly string[]): Promise<number> {
  const child = startChild(command, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  if (child.stdout === null) throw new Error('a process without stdout')
  for await (const line of createInterface({ input: child.stdout })) {
    if (line === 'ready') return child.pid ?? 0
  }
  throw new Error(`${command} has ended`)
}

/** A process with a lock for which 120 of its threads wait, and then one for which none waits. */
const CROWD = `
import fcntl, sys, threading, time
def lock(path):
    file = open(path, 'w')
    fcntl.flock(file, fcntl.LOCK_EX)
    return file
crowded = lock(sys.argv[1])
for _ in range(120):
    threading.Thread(target=lock, args=[sys.argv[1]], daemon=True).start()
while open('/proc/locks').read().count('->') < 120:
    time.sleep(0.01)
small = lock(sys.argv[2])
print('ready', flush=True)
time.sleep(600)
`

describe('the holder of a lock', () => {
  it('is none where the lock is on a file of another file system with the same inode number', async (context) => {
    const mounts = ['one', 'other'].map((name) => join(home, name))
    for (const mount of mounts) mkdirSync(mount)
    const isPrivate = process.env['FAMILIAR_PRIVATE_NETWORK'] === '1'
    const canMount = (at: string): boolean => spawnSync('mount', ['-t', 'tmpfs', 'familiar', at]).status === 0
    try {
      if (!isPrivate || !mounts.every(canMount)) skipAloud(context, 'nothing can be mounted here')
      const [one = '', other = ''] = mounts.map((mount) => join(mount, 'daemon.lock'))
      for (const file of [one, other]) writeFileSync(file, '')
      expect(statSync(one).ino).toBe(statSync(other).ino)
      const holder = await holderOf(one)
      expect([findLockHolder(one, null, []), findLockHolder(other, null, [])]).toEqual([holder.pid, null])
      await holder.kill()
      // The holder is not seen by this name, and the lock of the same number elsewhere is another one.
      renameSync(one, join(home, 'one/held.lock'))
      const hidden = await holderOf(join(home, 'one/held.lock'))
      linkSync(join(home, 'one/held.lock'), one)
      const elsewhere = await holderOf(other)
      expect([findLockHolder(one, null, []), findLockHolder(other, null, [])]).toEqual([
        'unknown',
        elsewhere.pid,
      ])
      for (const each of [hidden, elsewhere]) await each.kill()
    } finally {
      for (const mount of mounts) spawnSync('umount', ['--lazy', mount])
    }
  })

  it('is found among the likely ones, or among all processes', async () => {
    const { pid } = await holderOf()
    for (const pids of [[pid], [process.pid, pid], [process.pid], []]) {
      expect(findLockHolder(path, null, pids)).toBe(pid)
    }
  })

  it('is found behind a lock for which so many processes wait that it fills a page of /proc/locks', async (context) => {
    needCommand(context, 'taskset', ['-c', '0'])
    needCommand(context, 'python3', ['-c', 'import os, sys; os.execvp(sys.argv[1], sys.argv[1:])'])
    // The kernel lists the locks that were taken on one CPU together, the last one first.
    const { pid } = await holderOf(path, ['taskset', '-c', '0'])
    await startReady('taskset', [
      '-c',
      '0',
      'python3',
      '-c',
      CROWD,
      join(home, 'crowded'),
      join(home, 'small'),
    ])
    expect(findLockHolder(path, null, [])).toBe(pid)
  })

  it('is this process where it holds it', async () => {
    const lock = await acquireLock(path, { holder: { pid: process.pid, startTime: null } })
    expect(findLockHolder(path, null, [])).toBe(process.pid)
    lock.release()
    expect(findLockHolder(path, null, [process.pid])).toBeNull()
  })

  it('comes with its start time, as a scan gives it', async () => {
    const { pid } = await holderOf()
    expect(await linux.lockHolder(path, null, [])).toEqual({ pid, startTime: startTimeOf(pid) })
  })

  it.for([
    ['names another process', (text: string) => text.replace(/"pid":\d+/, `"pid":${process.pid}`)],
    ['is what it was before', () => '{"pid":4711,"birth":"boot/1"}'],
    ['is empty', () => ''],
    ['is noise', () => '\0\0'],
  ] as const)('is the process that has the lock, where the text %s', async ([, change]) => {
    const { pid } = await holderOf()
    writeFileSync(path, change(JSON.stringify({ pid, birth: null })))
    const told = { pid: process.pid, startTime: startTimeOf(process.pid) ?? '' }
    for (const hints of [[], [process.pid]]) expect(findLockHolder(path, told, hints)).toBe(pid)
  })

  it('is found by another path to the same file: a hard link with its name, a renamed directory', async () => {
    const { pid } = await holderOf()
    const other = join(home, 'other')
    mkdirSync(other)
    linkSync(path, join(other, 'daemon.lock'))
    expect(findLockHolder(join(other, 'daemon.lock'), null, [pid])).toBe(pid)
    const moved = `${home}-moved`
    renameSync(home, moved)
    try {
      expect(findLockHolder(join(moved, 'daemon.lock'), null, [])).toBe(pid)
    } finally {
      renameSync(moved, home)
    }
  })

  it('is found by a link that was removed and made again, of which the kernel says that it is deleted', async () => {
    const { pid } = await holderOf()
    const kept = join(home, 'kept')
    linkSync(path, kept)
    rmSync(path)
    linkSync(kept, path)
    expect(findLockHolder(path, null, [])).toBe(pid)
  })

  it('is found after the file was renamed, by its new name', async () => {
    const { pid } = await holderOf()
    renameSync(path, join(home, 'renamed.lock'))
    expect(findLockHolder(join(home, 'renamed.lock'), null, [pid])).toBe(pid)
  })

  it('is found through a bind mount, whichever path it has opened', async (context) => {
    needCommand(context, 'unshare', ['--mount', '--propagation', 'private'])
    const alias = makeHome()
    const script = `mount --bind '${home}' '${alias}' && exec "$@"`
    const prefix = ['unshare', '--mount', '--propagation', 'private', 'sh', '-c', script, 'sh']
    const { pid } = await holderOf(join(alias, 'daemon.lock'), prefix)
    for (const hints of [[pid], []]) expect(findLockHolder(path, null, hints)).toBe(pid)
  })
})

describe('no process', () => {
  it('holds the lock of a file that is not there', () => {
    expect(findLockHolder(path, null, [process.pid])).toBeNull()
    expect(findLockHolder(path, { pid: process.pid, startTime: 'any' }, [])).toBeNull()
    expect(findLockHolder(path, 'unknown', [])).toBeNull()
    writeFileSync(path, '')
    expect(findLockHolder(join(path, 'below'), null, [])).toBeNull()
  })

  it('holds one that was released, no matter what the text says', async () => {
    const holder = await holderOf()
    await holder.ask('release')
    expect(readLockHolder(path)?.pid).toBe(holder.pid)
    expect(
      findLockHolder(path, { pid: holder.pid, startTime: startTimeOf(holder.pid) ?? '' }, [holder.pid]),
    ).toBeNull()
  })

  it('holds that of a copy', async () => {
    const { pid } = await holderOf()
    const copy = join(makeHome(), 'daemon.lock')
    copyFileSync(path, copy)
    expect(findLockHolder(copy, { pid, startTime: startTimeOf(pid) ?? '' }, [pid])).toBeNull()
  })

  it('holds that of a file that took the place of a removed or renamed one', async () => {
    const { pid } = await holderOf()
    rmSync(path)
    expect(findLockHolder(path, null, [pid])).toBeNull()
    writeFileSync(path, '')
    expect(findLockHolder(path, null, [pid])).toBeNull()
  })

  it('holds the lock of a file that is only open', async () => {
    writeFileSync(path, '')
    const descriptor = openSync(path, 'r+')
    const pid = await startReady('sh', ['-c', `exec 9<>'${path}'; echo ready; exec sleep 600`])
    expect(findLockHolder(path, null, [pid, process.pid])).toBeNull()
    expect(isLockShown(descriptor)).toBe(false)
    closeSync(descriptor)
  })

  it('holds it with a flock, which is another kind of lock', async (context) => {
    needCommand(context, 'flock', ['/'])
    writeFileSync(path, '')
    const pid = await startReady('flock', ['--no-fork', path, 'sh', '-c', 'echo ready; exec sleep 600'])
    expect(findLockHolder(path, null, [pid])).toBeNull()
  })

  it('holds it with a lock on another file of that name', async () => {
    const other = join(makeHome(), 'daemon.lock')
    const { pid } = await holderOf(other)
    writeFileSync(path, '')
    expect(findLockHolder(path, { pid, startTime: startTimeOf(pid) ?? '' }, [pid])).toBeNull()
  })
})

describe('it is unknown who holds a lock', () => {
  it('by a hard link with another name: that the lock is held is all that is known', async () => {
    const { pid } = await holderOf()
    const link = join(home, 'link.lock')
    linkSync(path, link)
    expect(findLockHolder(link, null, [pid])).toBe('unknown')
  })

  it('where its holder saw that the kernel does not show it', () => {
    writeFileSync(path, '')
    expect(findLockHolder(path, 'unknown', [process.pid])).toBe('unknown')
  })

  it('by another user, who may not read the descriptors of the holder', async (context) => {
    const { pid } = await holderOf()
    const prefix = asNobody(context)
    expect(answerOf(prefix, 'holder', path)).toBe('unknown')
    expect(findLockHolder(path, null, [pid])).toBe(pid)
  })

  it('by one who may not even reach the file', async (context) => {
    const closed = join(home, 'closed')
    await holderOf(join(closed, 'daemon.lock'))
    expect(answerOf(asNobody(context), 'holder', join(closed, 'daemon.lock'))).toBe('unknown')
  })

  it('from another pid namespace, in which the holder is not seen', async (context) => {
    const inner = ['unshare', '--pid', '--fork', '--mount-proc']
    needCommand(context, 'unshare', inner.slice(1))
    await holderOf()
    expect(answerOf(inner, 'holder', path)).toBe('unknown')
  })

  it('that a holder in another time namespace is the recorded one: it has no start time that could be compared', async (context) => {
    const prefix = ['unshare', '--time', '--boottime', '100000']
    needCommand(context, 'unshare', [...prefix.slice(1), '--fork'])
    const { pid } = await holderOf()
    expect(answerOf([...prefix, '--fork'], 'holder', path)).toEqual({ pid, startTime: null })
  })
})

/** What starts a command as another user; skips where that one cannot even read this code. */
function asNobody(context: TestContext): readonly string[] {
  needRoot(context)
  const prefix = ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups']
  needCommand(context, 'setpriv', prefix.slice(1))
  const { answer, stderr } = ask(prefix, 'select')
  if (answer !== 'linux') skipAloud(context, `another user cannot run this code: ${stderr.split('\n')[0]}`)
  return prefix
}

it('shows a lock that this process holds', async () => {
  const lock = await acquireLock(path, { holder: { pid: process.pid, startTime: null } })
  const descriptor = openSync(path, 'r')
  // The lock belongs to the open file that took it, not to another one of the same process.
  expect(isLockShown(descriptor)).toBe(false)
  closeSync(descriptor)
  expect(findLockHolder(path, null, [process.pid])).toBe(process.pid)
  lock.release()
})
