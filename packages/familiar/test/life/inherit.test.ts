import { describe, expect, it } from 'vitest'
import { acquireLock, isLockHeld } from '../../dist/act/acquire-lock.js'
import { daemonFamily } from '../fixtures/processes/daemon-family.mjs'
import { killChild, startChild } from '../helpers/children.js'
import {
  crash,
  fixture,
  leaveNoDaemons,
  logOf,
  recordIn,
  startDaemonIn,
  starterOf,
} from '../helpers/daemons.js'
import { eventually } from '../helpers/eventually.js'
import { newRoot } from '../helpers/homes.js'
import { isAlive, startTicksOf, watch } from '../helpers/machine.js'
import { textOf } from '../helpers/output.js'
import { portsOf } from '../helpers/ports.js'
import { daemonsOf, descriptorsOf, placeOf } from '../helpers/processes.js'
import { needCommand } from '../helpers/skip.js'

const ports = portsOf('life/inherit')
const filesOf = daemonFamily(ports).files

leaveNoDaemons(ports)

/** Runs a starter with its output on a pipe, and more descriptors on it. Returns what came out, once the pipe ended. */
async function startOnPipe(root: string, redirections: string, limit: string) {
  const script = `(readlink /proc/self/fd/1; exec ${redirections}; ${limit} exec "$0" "$@") | cat`
  const command = [process.execPath, ...starterOf(root, ports)]
  const child = startChild('bash', ['-c', script, ...command], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [pipe = '', said = ''] = (await textOf(child)).split('\n')
  return { pipe, ...(JSON.parse(said) as { readonly pid: number; readonly started: string }) }
}

const MANY = Array.from({ length: 450 }, (_, index) => `${100 + 2 * index}>&1`).join(' ')

describe('a daemon has nothing of its starter', () => {
  it.for([
    ['no more than the usual descriptors', '', ''],
    ['some behind a gap', '20>&1 60>&1 200>&1', ''],
    ['some without a gap, and one far behind', '3>&1 4>&1 5>&1 16>&1 17>&1 900>&1', ''],
    ['one above its limit', '251>&1', 'ulimit -n 128;'],
    ['some above its limit, and some below', '20>&1 21>&1 127>&1 128>&1 129>&1 900>&1', 'ulimit -n 128;'],
    // The loader opens as many modules at once as there are: the fewer, the tighter it could be.
    ['some, and its own limit is tight', '20>&1 900>&1', 'ulimit -n 64;'],
    ['very many', MANY, ''],
  ] as const)('that had %s open: what reads its output ends with it', async ([, redirections, limit]) => {
    const root = newRoot()
    const { pipe, pid, started } = await startOnPipe(root, redirections, limit)
    expect([pipe, started, daemonsOf(root)]).toEqual([expect.stringMatching(/^pipe:/), 'first_start', [pid]])
    await eventually(() => expect(notItsOwn(pid, root)).toEqual([]))
    expect(descriptorsOf(pid)).not.toContain(pipe)
    expect(placeOf(pid)).toEqual({ cwd: root, session: pid, tty: 0 })
  })

  it('that had a terminal', async (context) => {
    needCommand(context, 'script', ['-q', '-e', '/dev/null', '-c'])
    const root = newRoot()
    const starter = [process.execPath, ...starterOf(root, ports)].map((word) => `'${word}'`).join(' ')
    const terminal = startChild('script', ['-q', '-e', '/dev/null', '-c', `tty && ${starter}`], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const text = await textOf(terminal)
    expect(text).toMatch(/^\/dev\/pts\//)
    const { pid } = recordIn(root)
    expect(placeOf(pid)).toEqual({ cwd: root, session: pid, tty: 0 })
    expect(descriptorsOf(pid).filter((target) => /pts|tty/.test(target))).toEqual([])
    expect((await startDaemonIn(root, ports)).pid).toBe(pid)
  })
})

/** What a daemon has open besides the null device, its log, its lock, its sockets and what the runtime itself needs. */
function notItsOwn(pid: number, root: string): readonly string[] {
  const own = new Set(['/dev/null', logOf(root), filesOf(root).daemonLock])
  const links = descriptorsOf(pid)
  return links.filter((target) => !own.has(target) && !/^(?:anon_inode|pipe|socket):/.test(target))
}

describe('a lock is not kept by a child', () => {
  it('of the daemon that held it and was killed', async () => {
    const root = newRoot()
    const daemon = await startDaemonIn(root, ports)
    const { pid } = (await (await daemon.post('/api/child')).json()) as { pid: number }
    const isChildAlive = watchOwned(pid)
    expect(await isLockHeld(filesOf(root).daemonLock)).toBe(true)
    await crash(daemon)
    await eventually(async () => expect(await isLockHeld(filesOf(root).daemonLock)).toBe(false))
    expect(isChildAlive()).toBe(true)
    const next = await startDaemonIn(root, ports)
    expect([next.started, next.port, isChildAlive()]).toEqual(['recorded_dead', daemon.port, true])
    endOwned(pid, isChildAlive)
  })

  it('of the command that held it and was killed: here its daemon, which never gets ready', async () => {
    const root = newRoot()
    const entry = fixture('stubborn')
    const starter = startChild(process.execPath, starterOf(root, ports, { entry }), { stdio: 'ignore' })
    await eventually(() => expect(daemonsOf(root)).toHaveLength(1))
    const [stubborn = 0] = daemonsOf(root)
    const isStubbornAlive = watchOwned(stubborn)
    expect(await isLockHeld(filesOf(root).lifecycleLock)).toBe(true)
    await killChild(starter)
    await eventually(async () => expect(await isLockHeld(filesOf(root).lifecycleLock)).toBe(false))
    expect(isStubbornAlive()).toBe(true)
    const holder = { pid: process.pid, startTime: null }
    ;(await acquireLock(filesOf(root).lifecycleLock, { holder, waitMs: 0 })).release()
    endOwned(stubborn, isStubbornAlive)
    await eventually(() => expect(isStubbornAlive()).toBe(false))
    expect((await startDaemonIn(root, ports)).started).toBe('first_start')
  })
})

const owned = new Map<number, string>()

/** Remembers a process that a daemon or a starter of this test has started. */
function watchOwned(pid: number): () => boolean {
  owned.set(pid, startTicksOf(pid) ?? '')
  return watch(pid)
}

function endOwned(pid: number, isThere: () => boolean): void {
  const ticks = owned.get(pid)
  if (ticks !== undefined && isThere() && isAlive(pid, ticks)) process.kill(pid, 'SIGKILL')
}
