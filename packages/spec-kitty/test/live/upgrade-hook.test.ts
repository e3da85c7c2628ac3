import { spawnSync } from 'node:child_process'
import { chownSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, type TestContext } from 'vitest'
import { stopAll } from '../../../../stand-ins/predecessor.mjs'
import { NOBODY } from '../../../familiar/test/helpers/skip.js'
import { makeBuild } from '../helpers/builds.js'
import { runCli, smallEnvironment, type RunOptions, asNobody } from '../helpers/cli.js'
import { isPrivate } from '../helpers/machine.js'
import { spawnHolder } from './holder.js'
import {
  daemonsOf,
  lives,
  makeRoot,
  signal,
  skipAloud,
  type Daemon,
  type SyncRoot,
  type Timed,
} from './sync-root.js'
import { expectAlive, OWN_VERSION, startPredecessor, startsIn, startStale } from './version-stale.js'

/** What an installer runs after an upgrade: it retires what is stale, starts nothing, and never fails. */
let root: SyncRoot

beforeEach(() => {
  root = makeRoot()
})

afterEach(async () => {
  await stopAll()
  await root.end()
})

const HOOK = ['upgrade-hook']

/** One question to a daemon that does not answer takes a second, the rest is for a busy machine; a wait for a start takes 15 s. */
const SILENT_MS = 14_000

/** The hook waits this long for a lock. */
const LOCK_WAIT_MS = 5_000

function hook(options?: RunOptions): Timed {
  return root.run(HOOK, options)
}

/** Fails unless it was done, or left, without a word. */
function expectSilent({ status, stdout, stderr }: Timed): void {
  expect([status, stdout, stderr]).toEqual([0, '', ''])
}

/** Fails unless it said one line, with all of these in it, and that was all. */
function expectOneLine({ status, stdout, stderr }: Timed, ...parts: readonly string[]): void {
  expect([status, stdout, stderr.split('\n').length]).toEqual([0, '', 2])
  for (const part of ['spec-kitty: ', ...parts]) expect(stderr).toContain(part)
  expect(stderr).not.toContain('internal error')
}

describe('a stale daemon', () => {
  it('is retired, and none is started; the next command starts one and says after which', async () => {
    const stale = await startStale(root)
    const { status, stdout, stderr } = hook()
    expect([status, stderr]).toEqual([0, ''])
    expect(stdout).toBe('ended the sync daemon of version 3.9.0; the next command starts a new one\n')
    expect([lives(stale), daemonsOf(root.path)]).toEqual([false, []])
    expect(root.json(['sync', 'status']).document).toMatchObject({
      state: 'stopped',
      last_stop: { reason: 'version_mismatch' },
    })
    expectSilent(hook())
    const next = root.start()
    expect(startsIn(root).at(-1)).toMatchObject({
      reason: expect.stringMatching(/^(?:first_start|version_mismatch)$/),
      previous_version: '3.9.0',
      version: OWN_VERSION,
      pid: next.pid,
    })
  })

  it('says the same as JSON', async () => {
    await startStale(root)
    expect(root.json(HOOK)).toMatchObject({
      status: 0,
      stderr: '',
      document: { outcome: 'retired', package_version: '3.9.0' },
    })
    expect(root.json(HOOK).document).toEqual({ schema_version: 3, outcome: 'none', package_version: null })
  })
})

describe('a daemon that is not stale', () => {
  it('because it is equal stays', () => {
    expectStays(root.start(), OWN_VERSION)
  })

  it('because it is newer, and of another protocol, stays, until its own package is gone from the disk', () => {
    const newer = makeBuild(root.base, { version: '5.0.0', protocol: 3 })
    expect(newer.run(['sync', 'start'], root.env).status).toBe(0)
    const daemon = root.remember()
    if (daemon === null) throw new Error('no daemon runs')
    expectStays(daemon, '5.0.0')
    rmSync(newer.directory, { recursive: true })
    expect(hook()).toMatchObject({ status: 0, stderr: '', stdout: expect.stringContaining('5.0.0') })
    expect([lives(daemon), daemonsOf(root.path)]).toEqual([false, []])
  })

  function expectStays(daemon: Daemon, version: string): void {
    const { status, stdout, stderr } = hook()
    expect([status, stderr]).toEqual([0, ''])
    expect(stdout).toBe(`the sync daemon of version ${version} stays\n`)
    expectAlive(daemon)
    expect(daemonsOf(root.path)).toEqual([daemon.pid])
  }

  it("because it is the predecessor's is left to the next command, with its record", async () => {
    const old = await startPredecessor(root.path, 9400)
    const before = readFileSync(join(root.path, 'sync-daemon'), 'utf8')
    expectSilent(hook())
    expectAlive(old)
    expect(readFileSync(join(root.path, 'sync-daemon'), 'utf8')).toBe(before)
  })
})

describe('a daemon that cannot be retired now', () => {
  it('because it is wedged is left as it is, within a bound', async () => {
    const stale = await startStale(root)
    signal(stale, 'SIGSTOP')
    const ran = hook()
    expectSilent(ran)
    expect(ran.ms).toBeLessThan(SILENT_MS)
    expectAlive(stale)
    expect(readFileSync(`/proc/${stale.pid}/status`, 'utf8')).toMatch(/^State:\s+T/m)
  })

  it('because another process holds the life-cycle lock is left as it is, and that process is named', async () => {
    const stale = await startStale(root)
    const holder = spawnHolder(root.path)
    try {
      const pid = await holder.ready
      const ran = hook()
      expectOneLine(ran, root.file('lifecycle.lock'), `process ${pid}`)
      expect(ran.ms).toBeGreaterThan(LOCK_WAIT_MS)
      expect(ran.ms).toBeLessThan(LOCK_WAIT_MS + SILENT_MS)
    } finally {
      holder.stop()
    }
    expectAlive(stale)
  })

  it('because its home is read-only is left as it is', async (context) => {
    const stale = await startStale(root)
    const unmount = makeReadOnly(context, root.path)
    try {
      expectOneLine(hook(), root.path, 'EROFS')
    } finally {
      unmount()
    }
    expectAlive(stale)
  })

  it("because it is another user's is left as it is, and root leaves nothing in that home", (context) => {
    skipUnlessReachable(context)
    mkdirSync(root.path, { mode: 0o700 })
    chownSync(root.path, NOBODY, NOBODY)
    const other = makeBuild(root.base, { version: '3.9.0' })
    const [command, ...args] = [...asNobody.prefix, process.execPath, other.cli, 'sync', 'start']
    expect(spawnSync(command ?? '', args, { env: smallEnvironment(root.env) }).status).toBe(0)
    const daemon = root.remember()
    const before = filesIn(root.path)
    expectOneLine(hook(), root.path, 'belongs to nobody, you are root')
    if (daemon !== null) expectAlive(daemon)
    expect(filesIn(root.path)).toEqual(before)
    expect(ownersIn(root.path)).toEqual([NOBODY])
    expect(hook(asNobody)).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('ended the sync daemon'),
    })
    expect([daemon !== null && lives(daemon), ownersIn(root.path)]).toEqual([false, [NOBODY]])
  })
})

describe('no daemon', () => {
  it('in a home that has nothing is silent, and leaves nothing there', () => {
    const home = join(root.base, 'home')
    mkdirSync(home)
    expectSilent(hook())
    const { status, stdout, stderr } = runCli(HOOK, { env: { HOME: home } })
    expect([status, stdout, stderr]).toEqual([0, '', ''])
    expect([existsSync(root.path), readdirSync(home)]).toEqual([false, []])
  })

  it("in another user's home is silent, and leaves nothing there", (context) => {
    skipUnlessReachable(context)
    mkdirSync(root.path, { mode: 0o700 })
    chownSync(root.path, NOBODY, NOBODY)
    expectSilent(hook())
    expect(readdirSync(root.path)).toEqual([])
    chownSync(root.path, 0, 0)
    expectSilent(hook(asNobody))
    expect(readdirSync(root.path)).toEqual([])
  })

  it.each(['', '{"schema": 1, "fam', '[]'])('but a record like %j is silent, and leaves it', (record) => {
    mkdirSync(root.file('.'), { recursive: true })
    writeFileSync(root.file('record.json'), record)
    expectSilent(hook())
    expect(filesIn(root.path)).toEqual(['daemons', 'daemons/sync', 'daemons/sync/record.json'])
    expect(readFileSync(root.file('record.json'), 'utf8')).toBe(record)
  })

  it('but a killed one is silent', async () => {
    const stale = await startStale(root)
    signal(stale, 'SIGKILL')
    expectSilent(hook())
    expect(daemonsOf(root.path)).toEqual([])
  })

  it('where the root is a file is told in one line, as by every command', () => {
    writeFileSync(root.path, 'mine\n')
    expectOneLine(hook(), root.path, 'it is not a directory')
    expect(readFileSync(root.path, 'utf8')).toBe('mine\n')
  })
})

describe('wrong usage', () => {
  it('is one line, and no failure: an installer must go on', () => {
    expectOneLine(hook({ env: { SPEC_KITTY_HOME: 'not/absolute' } }), 'SPEC_KITTY_HOME', 'not/absolute')
    expectOneLine(root.run([...HOOK, '--nope']), '--nope')
    expectOneLine(root.run([...HOOK, 'now']), 'now')
    const { status, stdout, stderr } = root.run([...HOOK, '--json', '--nope'])
    expect([status, JSON.parse(stdout).ok, stderr.split('\n').length]).toEqual([0, false, 2])
    expect(existsSync(root.path)).toBe(false)
  })

  it('is not to come from a directory that no longer exists, or with a closed output', async () => {
    await startStale(root)
    const cli = `'${process.execPath}' '${makeBuild(root.base, { version: '4.0.0' }).cli}'`
    const gone = join(root.base, 'gone')
    const line = `mkdir '${gone}' && cd '${gone}' && rmdir '${gone}' && ${cli} upgrade-hook >&- 2>&-`
    expect(spawnSync('sh', ['-c', line], { env: smallEnvironment(root.env) }).status).toBe(0)
    expect(daemonsOf(root.path)).toEqual([])
  })
})

describe('docs/operations/upgrades.md', () => {
  it('names no command that does not exist', () => {
    const named = [...new Set(commandsIn(PAGE))]
    expect(named).toEqual(expect.arrayContaining(['upgrade-hook', 'sync start', 'auth doctor']))
    for (const words of named) {
      const { status, stdout } = runCli([...words.split(' '), '--help'])
      expect([words, status, stdout.startsWith(`Usage: spec-kitty ${words} [`)]).toEqual([words, 0, true])
    }
  })

  it('has a snippet for Debian that works as it is written, and does nothing where it should not', (context) => {
    skipUnlessReachable(context)
    if (!canBecome('nobody')) skipAloud(context, 'no runuser here')
    mkdirSync(root.path, { mode: 0o700 })
    chownSync(root.path, NOBODY, NOBODY)
    const [old, now] = [
      makeBuild(root.base, { version: '3.9.0' }),
      makeBuild(root.base, { version: '4.0.0' }),
    ]
    const [snippet = ''] = /(?<=```sh\n).*?(?=```)/s.exec(PAGE) ?? []
    const postinst = (step: string, user: object) =>
      now.runLine(`set -eu; set -- ${step}; ${snippet}`, { ...root.env, ...user })
    expect(old.runLine('runuser -u nobody -- spec-kitty sync start', root.env).status).toBe(0)
    const daemon = root.remember()
    for (const [step, user] of [
      ['configure', {}],
      ['configure', { SUDO_USER: 'root' }],
      ['configure', { SUDO_USER: 'nobody-of-this-name' }],
      ['abort-upgrade', { SUDO_USER: 'nobody' }],
    ] as const) {
      expect([step, user, postinst(step, user).status]).toEqual([step, user, 0])
      expect(daemonsOf(root.path)).toEqual([daemon?.pid])
    }
    const { status, stdout, stderr } = postinst('configure', { SUDO_USER: 'nobody' })
    expect([status, stdout, stderr]).toEqual([0, expect.stringContaining('ended the sync daemon'), ''])
    expect([daemonsOf(root.path), ownersIn(root.path)]).toEqual([[], [NOBODY]])
  })
})

const PAGE = readFileSync(new URL('../../../../docs/operations/upgrades.md', import.meta.url), 'utf8')

/** Returns the words of every command in the code of the page, in text and in snippets. */
function commandsIn(page: string): readonly string[] {
  const code = [...page.matchAll(/```.*?```|`[^`\n]+`/gs)].map(([text]) => text.replaceAll(/[",]+/g, ''))
  return code.flatMap((text) =>
    [...text.matchAll(/spec-kitty((?: [a-z][a-z-]*)+)/g)].map(([, words = '']) => words.trim()),
  )
}

function canBecome(user: string): boolean {
  const [command, ...args] = ['runuser', '-u', user, 'true']
  return spawnSync(command ?? '', args).status === 0
}

/** Some checkouts lie where only their owner may go. */
function skipUnlessReachable(context: TestContext): void {
  if (runCli(['--version'], asNobody).status === 0) return
  skipAloud(context, 'another user cannot run node or read the sources here, or this is not root')
}

/** Lays a read-only view of the directory over itself: who has opened a file in it before goes on as it was. */
function makeReadOnly(context: TestContext, path: string): () => void {
  if (!isPrivate || spawnSync('mount', ['--bind', path, path]).status !== 0)
    skipAloud(context, 'nothing can be mounted here: that needs root and private namespaces')
  expect(spawnSync('mount', ['-o', 'remount,bind,ro', path]).status).toBe(0)
  return () => expect(spawnSync('umount', [path]).status).toBe(0)
}

function filesIn(path: string): readonly string[] {
  return readdirSync(path, { recursive: true, encoding: 'utf8' }).toSorted()
}

/** Returns the uid of everybody who owns something there. */
function ownersIn(path: string): readonly number[] {
  const { stdout } = spawnSync('find', [path, '-printf', '%U\n'], { encoding: 'utf8' })
  return [...new Set(stdout.trim().split('\n').map(Number))]
}
