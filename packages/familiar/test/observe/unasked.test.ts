import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, it, type TestContext } from 'vitest'
import { findLockHolder } from '../../src/observe/platform/linux-lock-holder.js'
import { linux } from '../../src/observe/platform/linux.js'
import { placeOf } from '../../src/observe/platform/mounts.js'
import { isSameScope } from '../../src/observe/read-records.js'
import { startChild } from '../helpers/children.js'
import { eventually } from '../helpers/eventually.js'
import { makeHome } from '../helpers/homes.js'
import { leaveNothing } from '../helpers/leaks.js'
import { startLockProcess } from '../helpers/lock-process.js'
import { placeOf as placesOf } from '../helpers/processes.js'
import { needCommand, needRoot, skipAloud } from '../helpers/skip.js'

/**
 * A file system of another home may hang, and whoever asks it something then hangs too, for ever. So this process asks it
 * nothing: a file system that tells who asks it is never asked by it.
 */
leaveNothing()

const SERVER = fileURLToPath(new URL('../fixtures/asked-file-system.py', import.meta.url))

let home: string
let foreign: string
let asked: number[]
let end: () => Promise<void>

beforeEach(() => {
  home = makeHome()
  foreign = join(home, 'foreign')
  mkdirSync(foreign)
  asked = []
  end = async () => undefined
})

afterEach(() => end())

/** Mounts the file system, and makes in it what processes need. From then on this process must not ask it. */
async function mountForeign(context: TestContext): Promise<void> {
  needRoot(context)
  needCommand(context, 'python3', ['-c', 'import os, sys; os.execvp(sys.argv[1], sys.argv[1:])'])
  if (process.env['FAMILIAR_PRIVATE_NETWORK'] !== '1') skipAloud(context, 'nothing can be mounted here')
  const server = startChild('python3', [SERVER, foreign], { stdio: ['pipe', 'pipe', 'inherit'] })
  const exited = once(server, 'exit')
  end = async () => {
    server.stdin?.end()
    await exited
    spawnSync('umount', ['--lazy', foreign])
  }
  const isReady = await new Promise<boolean>((resolve) => {
    if (server.stdout === null) throw new Error('a server without stdout')
    createInterface({ input: server.stdout })
      .on('line', (line) => (line === 'ready' ? resolve(true) : asked.push(Number(line))))
      .on('close', () => resolve(false))
  })
  if (!isReady) skipAloud(context, 'FUSE does not work here')
  spawnSync('mkdir', [join(foreign, 'x (deleted)')])
}

/** A request of another process is told after every earlier one of this process. */
async function expectUnasked(): Promise<void> {
  const before = asked.length
  spawnSync('stat', [foreign])
  await eventually(() => expect(asked.length).toBeGreaterThan(before))
  expect(asked.filter((pid) => pid === process.pid)).toEqual([])
}

it('for the holder of a lock, where another process holds one of that name there', async (context) => {
  await mountForeign(context)
  const holder = startLockProcess(join(foreign, 'daemon.lock'))
  expect(await holder.ask('acquire 0')).toMatchObject({ held: true })
  const path = join(home, 'daemon.lock')
  writeFileSync(path, '')
  for (const pids of [[holder.pid], []]) expect(findLockHolder(path, null, pids)).toBeNull()
  await expectUnasked()
  await holder.kill()
})

it('for the root directory of a process', async (context) => {
  await mountForeign(context)
  const script = 'import os, sys, time; os.chroot(sys.argv[1]); print("ready", flush=True); time.sleep(600)'
  const child = startChild('python3', ['-c', script, foreign], { stdio: ['ignore', 'pipe', 'inherit'] })
  if (child.stdout !== null) await once(child.stdout, 'data')
  const view = (await linux.inspect([child.pid ?? 0], AbortSignal.timeout(20_000))).get(child.pid ?? 0)
  const { namespaces } = await linux.host()
  expect(view?.namespaces?.replace(/ root:.*/, '')).toBe(namespaces.replace(/ root:.*/, ''))
  expect(view?.namespaces).not.toBe(namespaces)
  await expectUnasked()
})

it('for the working directory of a process: whether it is gone stays unknown', async (context) => {
  await mountForeign(context)
  const directory = join(foreign, 'x (deleted)')
  const script = 'cd "$1" && echo ready && exec sleep 600'
  const child = startChild('sh', ['-c', script, 'sh', directory], { stdio: ['ignore', 'pipe', 'inherit'] })
  if (child.stdout !== null) await once(child.stdout, 'data')
  const pid = child.pid ?? 0
  expect(placesOf(pid).cwd).toBe(directory)
  const view = (await linux.inspect([pid], AbortSignal.timeout(20_000))).get(pid)
  expect(view).toMatchObject({ workingDirectoryGone: null, workingDirectory: null })
  expect(placeOf(`/proc/${pid}/cwd`)).not.toBe(placeOf(home))
  await expectUnasked()
})

it('for a path that a record names, also behind a link', async (context) => {
  const [link, bound] = [join(home, 'link'), join(home, 'bound')]
  symlinkSync(foreign, link)
  mkdirSync(bound)
  await mountForeign(context)
  for (const path of [foreign, join(foreign, 'home'), link, join(link, 'home')])
    expect(isSameScope(path, home)).toBe(false)
  await expectUnasked()
  expect(spawnSync('mount', ['--bind', home, bound]).status).toBe(0)
  expect(isSameScope(bound, home)).toBe(true)
  spawnSync('umount', ['--lazy', bound])
})
