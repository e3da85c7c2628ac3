import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { dirname, join } from 'node:path'
import { shellQuote } from 'familiar/cli'
import { afterAll, beforeEach, expect, it } from 'vitest'
import { makeHome, removeHomes } from '../../../familiar/test/helpers/homes.js'
import { NOBODY, needRoot } from '../../../familiar/test/helpers/skip.js'
import {
  dashboardsObstacle,
  homeProblem,
  homeTrouble,
  lifecycleProblem,
} from '../../src/sync/home-problem.js'
import { queuePath } from '../../src/sync/queue/queue-path.js'
import { readQueue } from '../../src/sync/read-queue.js'
import { lookAtQueue } from '../../src/sync/use-queue.js'

afterAll(removeHomes)

const COMPILED = new URL('../../dist/sync/home-problem.js', import.meta.url).href

/** What another user than root is told; root may write anywhere. */
function asNobody(
  root: string,
  asked: 'homeProblem' | 'homeTrouble' | 'sessionTrouble' | 'dashboardsObstacle' = 'homeProblem',
): string {
  const said =
    asked === 'homeProblem'
      ? `homeProblem(${JSON.stringify(root)})`
      : `JSON.stringify(${asked}(${JSON.stringify(root)}))`
  const program = `import('${COMPILED}').then(({ ${asked} }) => console.log(${said}))`
  const by = [
    'setpriv',
    `--reuid=${NOBODY}`,
    `--regid=${NOBODY}`,
    '--clear-groups',
    process.execPath,
    '-e',
    program,
  ]
  const { stdout, stderr } = spawnSync(by[0] ?? '', by.slice(1), { encoding: 'utf8' })
  expect(stderr).toBe('')
  return stdout.trimEnd()
}

let base: string

beforeEach(() => {
  base = makeHome()
  chmodSync(base, 0o755)
})

it('is nothing where the home, or what it would be made in, can be written to', () => {
  expect(homeProblem(base)).toBe(null)
  expect(homeProblem(join(base, 'a/b'))).toBe(null)
})

it('names the nearest directory that exists and lacks the permission', (context) => {
  needRoot(context)
  expect(asNobody(join(base, 'a/b'))).toBe(`${base} cannot be written to (EACCES)`)
  const closed = join(base, 'closed')
  mkdirSync(join(closed, 'home'), { recursive: true })
  chmodSync(closed, 0o700)
  expect(asNobody(join(closed, 'home'))).toBe(`${closed} cannot be read or written to (EACCES)`)
  rmSync(closed, { recursive: true })
})

it('is also the directory of the daemon alone, with one command for all that this user may open', (context) => {
  needRoot(context)
  const home = join(base, "ann's home")
  const inner = join(home, 'daemons/sync')
  mkdirSync(inner, { recursive: true })
  spawnSync('chown', ['-R', String(NOBODY), home])
  expect(asNobody(home)).toBe('null')
  chmodSync(inner, 0o500)
  const wayOut =
    'make that directory writable, or set SPEC_KITTY_HOME to a directory of your own (session and events of this home stay in it)'
  const told = () => JSON.parse(asNobody(home, 'homeTrouble')) as unknown
  const problem = `${inner} cannot be written to (EACCES)`
  expect(told()).toEqual({ problem, wayOut, command: `chmod u+rwx ${shellQuote(inner)}` })
  chmodSync(home, 0o500)
  expect(told()).toEqual({
    problem: `${home} cannot be written to (EACCES)`,
    wayOut,
    command: `chmod u+rwx ${shellQuote(home)} ${shellQuote(inner)}`,
  })
  // A daemon and the queue do not need the home itself, but a session does.
  chmodSync(inner, 0o700)
  expect(told()).toBe(null)
  expect(JSON.parse(asNobody(home, 'sessionTrouble'))).toMatchObject({
    problem: `${home} cannot be written to (EACCES)`,
    command: `chmod u+rwx ${shellQuote(home)}`,
  })
  // What belongs to another user cannot be opened by this one.
  chmodSync(home, 0o755)
  spawnSync('chown', ['root', inner])
  const closed = `${inner} cannot be read or written to (EACCES)`
  expect(told()).toEqual({ problem: closed, wayOut, command: null })
})

it('is a link to a disk that is not mounted, wherever in the path', () => {
  const link = join(base, 'link')
  symlinkSync('/mnt/not there', link)
  const said = `${link} is a link to /mnt/not there, which is not there`
  expect([homeProblem(link), homeProblem(join(link, 'a/b'))]).toEqual([said, said])
  const healthy = join(base, 'healthy')
  symlinkSync(base, healthy)
  expect([homeProblem(healthy), homeProblem(join(healthy, 'a'))]).toEqual([null, null])
  expect(homeTrouble(link)).toMatchObject({
    wayOut: 'mount the disk to which the link leads, or set SPEC_KITTY_HOME to a directory of your own',
    command: null,
  })
})

it.runIf(existsSync('/proc/self'))('is a directory of the kernel, also for root', () => {
  for (const path of ['/proc', '/proc/x', '/proc/x/y', '/sys/x'])
    expect(homeProblem(path)).toMatch(
      /^\/(?:proc|sys) (?:is a file system of the kernel: no directory can be made in it|cannot be written to \(EACCES\)|is on a read-only file system)$/,
    )
})

it('names both users of a home that belongs to another one, for root too', async (context) => {
  needRoot(context)
  expect(asNobody(base)).toMatch(
    /^\S+ belongs to root, you are \S+: set SPEC_KITTY_HOME to a directory of your own$/,
  )
  const theirs = join(base, 'theirs')
  mkdirSync(theirs)
  const { status } = spawnSync('chown', [String(NOBODY), theirs])
  expect(status).toBe(0)
  expect(homeProblem(theirs)).toContain(`, you are ${userInfo().username}: set SPEC_KITTY_HOME to`)
  // Its queue is not looked at: what that user can do with it is not known here, and nothing is to be changed.
  const queue = queuePath(theirs)
  expect(await readQueue(theirs)).toMatchObject({ queued: 0 })
  mkdirSync(dirname(queue), { recursive: true })
  writeFileSync(queue, '')
  expect(await readQueue(theirs)).toEqual({ problem: homeProblem(theirs), isDamaged: false, command: null })
  await expect(lookAtQueue(theirs, () => null)).rejects.toMatchObject({
    code: 'E_QUEUE_UNUSABLE',
    hint: null,
    message: `the queue ${queue} cannot be used: ${homeProblem(theirs)}`,
  })
})

it.runIf(existsSync('/proc/self'))(
  'keeps commands from the life-cycle lock only where its file can neither be written to nor made',
  () => {
    expect(lifecycleProblem(base)).toBe(null)
    expect(lifecycleProblem('/proc/x')).toBe(homeProblem('/proc/x'))
    const program = `import('${COMPILED}').then(({ lifecycleProblem: told, homeProblem: home }) =>
      console.log(JSON.stringify([told(${JSON.stringify(base)}), home(${JSON.stringify(base)})])))`
    const sync = join(base, 'daemons/sync')
    mkdirSync(sync, { recursive: true })
    const readOnly = `mount --bind ${base} ${base} && mount -o remount,bind,ro ${base}`
    const toldAfter = (command: string): unknown => {
      const shell = ['-m', 'sh', '-c', `${command} && exec "$0" -e "$1"`, process.execPath, program]
      const { stdout, status } = spawnSync('unshare', shell, { encoding: 'utf8' })
      return status === 0 ? JSON.parse(stdout) : null
    }
    const problem = `${base} is on a read-only file system`
    const told = toldAfter(readOnly)
    if (told === null) return
    expect(told).toEqual([`${sync} is on a read-only file system`, problem])
    writeFileSync(join(sync, 'lifecycle.lock'), '')
    expect(toldAfter(readOnly)).toEqual([`${sync} is on a read-only file system`, problem])
  },
)

it('keeps commands from cleaning up dashboards only where the place of their lock does', (context) => {
  needRoot(context)
  const home = join(base, 'of root')
  const dashboards = join(home, 'daemons/dashboards')
  mkdirSync(dashboards, { recursive: true })
  for (const path of [home, join(home, 'daemons'), dashboards]) chmodSync(path, 0o777)
  const told = (): unknown => JSON.parse(asNobody(home, 'dashboardsObstacle'))
  // The directory is another user's: the clean-up refuses to use it.
  expect(told()).toMatchObject({ id: 'F-021', problem: expect.stringContaining('belongs to root') })
  spawnSync('chown', [String(NOBODY), dashboards])
  expect(told()).toBe(null)
  chmodSync(dashboards, 0o500)
  expect(told()).toEqual({ id: 'F-021', problem: `${dashboards} cannot be written to (EACCES)` })
  // Root would leave files in a home of another user.
  expect(dashboardsObstacle(home)?.problem).toMatch(/ belongs to .*, you are /)
})
