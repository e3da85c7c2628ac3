import { spawnSync } from 'node:child_process'
import { chownSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { lineOf, lives, makeRoot, signal, skipAloud, type Daemon, type SyncRoot } from './sync-root.js'
import { makeShell } from './sync-shell.js'

/** Foreign homes: a copy with its original's record and locks, and a user's home under sudo. */
let root: SyncRoot

beforeEach(() => {
  root = makeRoot("it's a root")
})

afterEach(() => root.end())

describe('a copied home', () => {
  let copy: SyncRoot
  let daemon: Daemon

  beforeEach(() => {
    daemon = root.start()
    copy = root.beside(join(root.base, 'copy'))
    expect(spawnSync('cp', ['-a', root.path, copy.path]).status).toBe(0)
  })

  /** Everything in the copy that might end a daemon. */
  function attack(): void {
    for (const flags of [[], ['--force'], ['--force', '--port', String(daemon.port)]]) {
      const { document } = copy.json(['auth', 'doctor', '--reset', ...flags])
      expect(document.reset_result.swept).toEqual([])
      expect(document.reset_result.failed).toEqual([])
    }
    expect(copy.json(['sync', 'stop'])).toMatchObject({ status: 0, document: { outcome: 'none' } })
  }

  /**
   * On a busy machine the other root may not be read before the look has to end. Then the daemon is not known to be
   * another root's, and it is left alone for that.
   */
  function lookUntil(isSeen: (orphan: { readonly in_use_by: string | null }) => boolean) {
    for (let tries = 0; ; tries++) {
      const ran = copy.json(['auth', 'doctor'])
      const severities = ran.document.findings.map((one: { severity: string }) => one.severity)
      expect([severities.includes('critical'), ran.document.daemon]).toEqual([false, null])
      if (ran.document.orphans.every(isSeen) || tries > 20) return ran
    }
  }

  it("shows the original's daemon, does not call it its own, and does not end it", () => {
    const { document, status } = copy.json(['auth', 'doctor'])
    expect([status, document.daemon]).toEqual([0, null])
    expect(document.candidates).toMatchObject([{ pid: daemon.pid, daemon_root: root.path }])
    expect(['cross_root', 'is_recorded_singleton']).toContain(document.candidates[0].skip_reason)
    expect(copy.json(['sync', 'status']).document).toMatchObject({ state: 'none', pid: null })
    attack()
    expect(lives(daemon)).toBe(true)
  })

  it('does not end it when it is wedged either, and the remedy it names does', () => {
    signal(daemon, 'SIGSTOP')
    attack()
    const { document } = lookUntil((orphan) => orphan.in_use_by !== null)
    expect(document.orphans).toMatchObject([
      { pid: daemon.pid, skip_reason: 'cross_root', in_use_by: root.path },
    ])
    expect(lives(daemon)).toBe(true)
    const shown = makeShell(copy)(document.orphans[0].remedy.commands[0])
    expect([shown.status, lives(daemon)]).toEqual([1, true])
    expect(shown.stdout).toContain('does not answer: spec-kitty sync stop\n')
    const ran = makeShell(root)('spec-kitty sync stop')
    expect([ran.status, lives(daemon)]).toEqual([0, false])
  })

  /** Every command at the path of the original, where the copy is now. The daemon of the original leaves by itself later. */
  function expectOwn(): void {
    expect(root.json(['sync', 'status']).document).toMatchObject({ state: 'none', pid: null })
    expect(root.json(['auth', 'doctor']).document.daemon).toBeNull()
    for (const args of [['stop'], ['restart'], ['stop'], ['start'], ['restart'], ['stop']]) {
      expect(root.run(['sync', ...args]).status).toBe(0)
      expect(root.run(['auth', 'doctor', '--reset', '--force']).status).toBe(0)
      expect(lives(daemon)).toBe(true)
    }
    expect(root.file('daemon.log')).toSatisfy((log) => !readFileSync(log, 'utf8').includes('recorded_dead'))
  }

  it('in the place of the original is not served by its daemon, which no command there ends', () => {
    renameSync(root.path, `${root.path}.old`)
    renameSync(copy.path, root.path)
    expectOwn()
  })

  it('mounted over the original is not served by its daemon, which no command there ends', (context) => {
    if (spawnSync('mount', ['--bind', copy.path, root.path]).status !== 0)
      skipAloud(context, 'nothing can be mounted here')
    try {
      expectOwn()
    } finally {
      expect(spawnSync('umount', [root.path]).status).toBe(0)
    }
    expect(root.json(['sync', 'status']).document).toMatchObject({ state: 'running', pid: daemon.pid })
  })

  it('gets a daemon of its own, beside that of the original', () => {
    const own = copy.start()
    expect([own.pid === daemon.pid, own.port === daemon.port]).toEqual([false, false])
    expect(copy.json(['sync', 'stop']).document.pid).toBe(own.pid)
    expect([lives(own), lives(daemon)]).toEqual([false, true])
    expect(root.json(['sync', 'start']).document).toMatchObject({ outcome: 'found', pid: daemon.pid })
  })
})

const NOBODY = 65534

describe.runIf(process.getuid?.() === 0)("another user's home, as root", () => {
  it('is only looked at: start, stop and restart refuse in one line, and nothing is written', () => {
    mkdirSync(root.path)
    chownSync(root.path, NOBODY, NOBODY)
    for (const command of ['start', 'stop', 'restart']) {
      const { status, stdout, stderr } = root.run(['sync', command])
      expect([status, stdout, stderr.trimEnd()]).toEqual([2, '', lineOf(stderr)[0]])
      expect(stderr).toContain(`${root.path} belongs to nobody, you are root`)
      expect(root.json(['sync', command]).document.error.code).toBe('E_SCOPE_FOREIGN_OWNER')
    }
    const project = join(root.base, 'project')
    mkdirSync(join(project, '.kittify'), { recursive: true })
    const published = root.json(['sync', 'publish', '--type', 'X'], { cwd: project })
    expect([published.status, published.document.error.code]).toEqual([2, 'E_SCOPE_FOREIGN_OWNER'])
    for (const args of [
      ['sync', 'status'],
      ['sync', 'logs'],
      ['auth', 'doctor', '--reset', '--force'],
    ]) {
      expect([args, root.run(args).status]).toEqual([args, 0])
    }
    expect(readdirSync(root.path)).toEqual([])
  })

  it('is not made: a root below it that does not exist yet stays absent', () => {
    const home = join(root.base, 'home')
    mkdirSync(home)
    chownSync(home, NOBODY, NOBODY)
    const theirs = root.beside(join(home, '.spec-kitty'))
    const { status, stderr } = theirs.run(['sync', 'start'])
    expect([status, lineOf(stderr).length, existsSync(theirs.path)]).toEqual([2, 1, false])
  })

  it("leaves that user's own daemon: stop refuses, status shows it", (context) => {
    mkdirSync(root.path, { mode: 0o700 })
    chownSync(root.path, NOBODY, NOBODY)
    const prefix = ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups']
    const started = root.run(['sync', 'start'], { prefix })
    const isShut = /EACCES|Permission denied|Cannot find module/.test(started.stderr)
    if (isShut) skipAloud(context, 'another user cannot run node or read the sources here')
    const daemon = root.remember()
    expect([started.status, daemon === null]).toEqual([0, false])
    expect(statSync(root.file('record.json')).uid).toBe(NOBODY)
    const stopped = root.run(['sync', 'stop'])
    expect([stopped.status, lineOf(stopped.stderr).length]).toEqual([2, 1])
    expect(root.json(['sync', 'status']).document).toMatchObject({ state: 'foreign', pid: daemon?.pid })
    expect(root.json(['auth', 'doctor', '--reset', '--force']).document.reset_result.swept).toEqual([])
    expect(daemon !== null && lives(daemon)).toBe(true)
    expect(root.run(['sync', 'stop'], { prefix }).status).toBe(0)
  })
})
