import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { spawnSync } from 'node:child_process'
import { afterEach, beforeEach, describe, expect, it, type TestContext } from 'vitest'
import { isPrivate } from '../helpers/machine.js'
import { mountAt, NO_MOUNT, type Mounted } from './sync-mount.js'
import { lives, makeRoot, skipAloud, type Daemon, type SyncRoot } from './sync-root.js'

/** What stands at the path of a home is not always the home in which its daemon was started. */
let root: SyncRoot
let mounted: Mounted | null

beforeEach(() => {
  root = makeRoot()
  mounted = null
})

afterEach(async () => {
  // The daemon of what is mounted over it keeps that busy.
  const over = mounted === null ? null : root.run(['sync', 'stop'])
  mounted?.unmount()
  root.run(['sync', 'stop'])
  await root.end()
  expect(over?.status ?? 0).toBeLessThan(2)
})

function startAndMountOver(context: TestContext): Daemon {
  const daemon = root.start()
  mounted = mountAt(root.path)
  return mounted === null ? skipAloud(context, NO_MOUNT) : daemon
}

interface Row {
  readonly pid: number
  readonly cleanup_class: string
  readonly skip_reason: string | null
  readonly in_use_by: string | null
  readonly remedy: {
    readonly commands: readonly string[]
    readonly description: string
    readonly safe: boolean
  }
}

function rowOf({ pid }: Daemon, at: SyncRoot = root): Row | undefined {
  const { orphans } = at.json(['auth', 'doctor']).document as { readonly orphans: readonly Row[] }
  return orphans.find((row) => row.pid === pid)
}

describe('a file system that is mounted over the home of a daemon', () => {
  it('does not make it stale: a reset leaves it, also with force', (context) => {
    const daemon = startAndMountOver(context)
    expect(rowOf(daemon)).toMatchObject({
      cleanup_class: 'operator_required',
      skip_reason: 'scope_mismatch',
      in_use_by: null,
    })
    for (const more of [[], ['--force']]) {
      const { reset_result: result } = root.json(['auth', 'doctor', '--reset', ...more]).document
      expect([result.swept, result.failed, result.skipped.length]).toEqual([[], [], 1])
      expect(lives(daemon)).toBe(true)
    }
  })

  it('gets a daemon of its own, which leaves the other; both go on after it is unmounted', (context) => {
    const under = startAndMountOver(context)
    const over = root.start()
    expect(over.pid).not.toBe(under.pid)
    expect(root.json(['sync', 'status']).document).toMatchObject({ state: 'running', pid: over.pid })
    expect([lives(under), lives(over)]).toEqual([true, true])
    root.run(['sync', 'stop'])
    mounted?.unmount()
    mounted = null
    expect(root.json(['sync', 'status']).document).toMatchObject({ state: 'running', pid: under.pid })
    expect(readFileSync(root.file('daemon.log'), 'utf8')).not.toContain('"leaving"')
  })
})

describe('a home that has no path any more', () => {
  it.for(['mounted over', 'unmounted lazily'])(
    'is told as that, and named by no path: %s',
    (how, context) => {
      const isOver = how === 'mounted over'
      if (!isOver) mounted = mountAt(root.path, '2m')
      const daemon = root.start()
      if (isOver) mounted = mountAt(root.path)
      if (mounted === null) skipAloud(context, NO_MOUNT)
      if (!isOver) demand(['umount', '-l', root.path])
      const other = root.beside(join(root.base, 'other'))
      try {
        for (const at of [root, other]) {
          const { pid, in_use_by, remedy } = rowOf(daemon, at) ?? {}
          expect([pid, in_use_by]).toEqual([daemon.pid, null])
          expect(remedy).toMatchObject({
            safe: true,
            commands: [expect.stringMatching(/^spec-kitty explain \w+$/)],
          })
          expect(remedy?.description).toContain(`no longer what stands at ${root.path} (unmounted, or`)
          const { stdout } = at.run(['auth', 'doctor'])
          expect(stdout).toContain(`pwdx ${daemon.pid}`)
          expect(stdout).not.toMatch(/in use by|SPEC_KITTY_HOME=\/ |Nothing to do/)
          const { reset_result: result } = at.json(['auth', 'doctor', '--reset', '--force']).document
          expect([result.swept, result.failed, lives(daemon)]).toEqual([[], [], true])
        }
      } finally {
        if (!isOver) mounted = null
      }
    },
  )
})

describe('a home that was copied, with its paths rewritten', () => {
  it('is not that of the daemon whose record it has', () => {
    const daemon = root.start()
    const copy = root.beside(join(root.base, 'copy'))
    cpSync(root.path, copy.path, { recursive: true })
    const record = readFileSync(root.file('record.json'), 'utf8')
    writeFileSync(copy.file('record.json'), record.replaceAll(root.path, copy.path))
    expect(copy.json(['sync', 'status']).document.state).not.toBe('running')
    for (const command of ['stop', 'restart', 'stop']) {
      copy.run(['sync', command])
      expect([command, lives(daemon)]).toEqual([command, true])
    }
    expect(root.json(['sync', 'status']).document).toMatchObject({ state: 'running', pid: daemon.pid })
  })
})

/** What every command says of a daemon that holds the lock of a home and was started for another path. */
function expectHeldFor(at: SyncRoot, daemon: Daemon, stopThere: string | null): void {
  const status = at.json(['sync', 'status']).document
  expect(status).toMatchObject({ state: 'elsewhere', pid: daemon.pid })
  expect(status.why).toContain(`its command line names ${root.path}`)
  for (const command of ['start', 'stop', 'restart']) {
    const { error } = at.json(['sync', command]).document
    expect([command, error.code]).toEqual([command, 'E_DAEMON_ELSEWHERE'])
    expect(error.remediation).toBe(
      stopThere ??
        `make ${root.path} lead to it again (mount it) and stop it there, or wait until it has exited`,
    )
    expect(error.message).toContain(`(process ${daemon.pid}, port ${daemon.port})`)
    expect(error.message).toContain(status.why)
  }
  const { findings } = at.json(['auth', 'doctor']).document
  const { summary, remediation } = findings.find(({ id }: { readonly id: string }) => id === 'F-014')
  expect(summary).toContain(status.why)
  expect(remediation.commands).toEqual([stopThere ?? 'spec-kitty explain elsewhere'])
  expect(lives(daemon)).toBe(true)
}

describe('a home whose lock is held by the daemon of another path', () => {
  it('of hard links: every command says so, and the command that is named stops it there', () => {
    const daemon = root.start()
    const links = root.beside(join(root.base, 'links'))
    demand(['cp', '-al', root.path, links.path])
    const stopThere = `SPEC_KITTY_HOME=${root.path} spec-kitty sync stop`
    expectHeldFor(links, daemon, stopThere)
    expect(root.run(['sync', 'stop']).status).toBe(0)
    expect(lives(daemon)).toBe(false)
    expect(links.start().pid).not.toBe(daemon.pid)
  })

  it('that was unmounted there: every command says so, and names none that does not work', (context) => {
    if (!isPrivate) skipAloud(context, NO_MOUNT)
    const two = root.beside(join(root.base, 'two'))
    mkdirSync(two.path)
    mkdirSync(root.path)
    demand(['mount', '--bind', two.path, root.path])
    const daemon = root.start()
    demand(['umount', '-l', root.path])
    expectHeldFor(two, daemon, null)
    demand(['mount', '--bind', two.path, root.path])
    expect(root.run(['sync', 'stop']).status).toBe(0)
    expect(lives(daemon)).toBe(false)
    demand(['umount', '-l', root.path])
  })
})

/** Kinds of route with which `connect` fails at once: EINVAL, EACCES and EHOSTUNREACH. */
const NO_WAY = ['blackhole', 'prohibit', 'unreachable'] as const

describe('a machine on which nothing reaches the daemon', () => {
  for (const kind of NO_WAY) {
    it(`by a route '${kind}': it is not wedged, and force leaves it`, (context) => {
      if (!isPrivate) skipAloud(context, 'the routes of this machine are not ours to change')
      const daemon = root.start()
      for (const local of ['127.0.0.1', '127.0.0.0/8'])
        demand(['ip', 'route', 'del', 'table', 'local', 'local', local, 'dev', 'lo'])
      demand(['ip', 'route', 'add', 'table', 'local', kind, '127.0.0.0/8'])
      try {
        expect(root.json(['sync', 'status']).document.state).toBe('unreachable')
        const { reset_result: result } = root.json(['auth', 'doctor', '--reset', '--force']).document
        expect([result.swept, result.failed, lives(daemon)]).toEqual([[], [], true])
      } finally {
        demand(['ip', 'route', 'del', 'table', 'local', kind, '127.0.0.0/8'])
        // The kernel makes its own routes again when the interface comes up.
        for (const state of ['down', 'up']) demand(['ip', 'link', 'set', 'lo', state])
      }
      expect(root.json(['sync', 'status']).document).toMatchObject({ state: 'running', pid: daemon.pid })
    })
  }
})

function demand([command = '', ...args]: readonly string[]): void {
  const { status, stderr } = spawnSync(command, args, { encoding: 'utf8' })
  expect([command, ...args, status, stderr]).toEqual([command, ...args, 0, ''])
}
