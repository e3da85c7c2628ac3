import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest'
import { refusingCalls } from '../../../familiar/test/helpers/refuse-calls.js'
import { CLI, smallEnvironment, type RunOptions } from '../helpers/cli.js'
import { listenersOn } from '../helpers/machine.js'
import { daemonsOf, lineOf, lives, makeRoot, type SyncRoot } from './sync-root.js'

/**
 * A root on a file system without locks: the kernel refuses every one, to the command and to all that it starts. The tests run in
 * order: only the last one leaves more there than the first.
 */
let root: SyncRoot

beforeAll(() => {
  root = makeRoot()
})

afterAll(() => root.end())

function withoutLocks(context: TestContext): RunOptions & { readonly prefix: readonly string[] } {
  return { prefix: refusingCalls(context, 'lock=ENOLCK') }
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
    const shown = [
      ['auth', 'doctor'],
      ['auth', 'doctor', '--reset'],
      ['sync', 'status'],
      ['sync', 'stop'],
    ].map((args) => {
      const { status, stderr, document } = root.json(args, options)
      expect([args, status, lineOf(stderr)]).toEqual([args, 0, []])
      return document
    })
    expect(shown).toMatchObject([
      { candidates: [] },
      { candidates: [] },
      { state: 'none' },
      { outcome: 'none' },
    ])
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
  })
})
