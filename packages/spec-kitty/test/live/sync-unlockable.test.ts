import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it, type TestContext } from 'vitest'
import { CLI, smallEnvironment, type RunOptions } from '../helpers/cli.js'
import { listenersOn } from '../helpers/machine.js'
import { daemonsOf, lineOf, lives, makeRoot, skipAloud, type SyncRoot } from './sync-root.js'

/** A root on a file system without locks: the kernel refuses every one, to the command and to all that it starts. */
let root: SyncRoot

beforeEach(() => {
  root = makeRoot()
})

afterEach(() => root.end())

const LAUNCHER = fileURLToPath(new URL('../../../familiar/test/helpers/refuse-calls.py', import.meta.url))

function withoutLocks(context: TestContext): RunOptions & { readonly prefix: readonly string[] } {
  const prefix = ['python3', LAUNCHER, 'lock=ENOLCK']
  const { status, error, stderr } = spawnSync('python3', [...prefix.slice(1), 'true'], { encoding: 'utf8' })
  if (status !== 0) skipAloud(context, `locks cannot be refused here: ${error?.message ?? stderr.trim()}`)
  return { prefix }
}

/** What every command that needs a lock says: where, what, and what to do. */
function refusal(): string {
  const lock = root.file('lifecycle.lock')
  const hint = `put ${dirname(lock)} on a file system with locks, or with locks left`
  return `spec-kitty: cannot lock ${lock}: ENOLCK (${hint})\n`
}

/** Starts the command and waits for its end, so that two can run at once. */
async function startWith(prefix: readonly string[], flags: readonly string[] = []) {
  const [command = '', ...args] = [...prefix, process.execPath, CLI, 'sync', 'start', ...flags]
  const child = spawn(command, args, { env: smallEnvironment(root.env), stdio: ['ignore', 'pipe', 'pipe'] })
  const [[status], stdout, stderr] = await Promise.all([
    once(child, 'exit'),
    text(child.stdout),
    text(child.stderr),
  ])
  return { status: status as number, stdout, stderr }
}

/** No daemon, no listener, no record, no log: the empty lock file, and what hides it from git, is all that a refused start has made. */
function expectNothing(): void {
  expect([daemonsOf(root.path), listenersOn(9400, 9450)]).toEqual([[], []])
  const files = readdirSync(root.path, { recursive: true, encoding: 'utf8' }).toSorted()
  const directory = join('daemons', 'sync')
  const made = ['.gitignore', 'lifecycle.lock'].map((name) => join(directory, name))
  expect(files).toEqual(['daemons', directory, ...made])
  expect(statSync(root.file('lifecycle.lock')).size).toBe(0)
}

describe('a root without locks', () => {
  it('refuses a start in one line with exit 2, and starts nothing, also two at once', async (context) => {
    const { prefix } = withoutLocks(context)
    const refused = { status: 2, stdout: '', stderr: refusal() }
    expect(await startWith(prefix)).toEqual(refused)
    expectNothing()
    expect(await Promise.all([startWith(prefix), startWith(prefix)])).toEqual([refused, refused])
    expectNothing()
  })

  it('refuses a start as JSON, too', (context) => {
    const { status, stderr, document } = root.json(['sync', 'start'], withoutLocks(context))
    expect([status, stderr]).toEqual([2, refusal()])
    expect(document).toEqual({
      schema_version: 3,
      ok: false,
      error: {
        code: 'E_LOCK_UNSUPPORTED',
        message: `cannot lock ${root.file('lifecycle.lock')}: ENOLCK`,
        remediation: expect.stringContaining('on a file system with locks'),
      },
    })
    expectNothing()
  })

  it('can be looked at', (context) => {
    const options = withoutLocks(context)
    root.run(['sync', 'start'], options)
    for (const args of [
      ['auth', 'doctor'],
      ['auth', 'doctor', '--reset'],
      ['sync', 'status'],
      ['sync', 'stop'],
    ]) {
      const { status, stderr } = root.run(args, options)
      expect([args, status, lineOf(stderr)]).toEqual([args, 0, []])
    }
    expect(root.json(['sync', 'status'], options).document.state).toBe('none')
    expect(root.json(['auth', 'doctor'], options).document.candidates).toEqual([])
    expectNothing()
  })

  it('has its running daemon found and shown, and left alone by what would need a lock', (context) => {
    const options = withoutLocks(context)
    const daemon = root.start()
    expect(root.start(options)).toEqual(daemon)
    expect(root.json(['sync', 'status'], options).document).toMatchObject({
      state: 'running',
      pid: daemon.pid,
    })
    expect(root.json(['auth', 'doctor'], options).document.candidates).toMatchObject([{ pid: daemon.pid }])
    for (const command of ['stop', 'restart']) {
      const { status, stdout, stderr } = root.run(['sync', command], options)
      expect([command, status, stdout, stderr]).toEqual([command, 2, '', refusal()])
    }
    expect([lives(daemon), daemonsOf(root.path)]).toEqual([true, [daemon.pid]])
    expect(root.run(['sync', 'stop']).status).toBe(0)
  })
})
