import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { chmodSync, lstatSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, type TestContext } from 'vitest'
import { spawnPredecessor, stopAll } from '../../../../stand-ins/predecessor.mjs'
import { runCli, type Ran } from '../helpers/cli.js'
import { lineOf, makeRoot, skipAloud, type Daemon, type SyncRoot } from './sync-root.js'

/** Files that are no files: a reader of a FIFO waits for ever, of /dev/zero too, and a link leads to any file. */
let root: SyncRoot
let writers: ChildProcess[]

beforeEach(() => {
  writers = []
  root = makeRoot()
  mkdirSync(dirname(root.file('record.json')), { recursive: true, mode: 0o700 })
})

afterEach(async () => {
  for (const child of writers) child.kill('SIGKILL')
  await stopAll()
  await root.end()
})

/** A command that waits for one of them is killed after a minute; this is what a busy machine may need. */
const BOUND_MS = 30_000

const KINDS: Readonly<Record<string, (path: string) => boolean>> = {
  'a FIFO': (path) => spawnSync('mkfifo', [path]).status === 0,
  'a device without an end': (path) => spawnSync('mknod', [path, 'c', '1', '5']).status === 0,
  'a link to one': (path) => {
    symlinkSync('/dev/zero', path)
    return true
  },
  'a directory': (path) => {
    mkdirSync(path)
    return true
  },
}

const FILES = [
  'session.json',
  'config.toml',
  'sync-daemon',
  'daemons/sync/record.json',
  'daemons/sync/daemon.log',
]

const LOOKING = [['auth', 'doctor'], ['sync', 'status'], ['sync', 'logs'], ['sync', 'stop'], ['upgrade-hook']]

function make(context: TestContext, kind: string, path: string): void {
  const isMade = KINDS[kind]?.(path) ?? false
  if (!isMade) skipAloud(context, `${kind} cannot be made here`)
}

/** Runs a command, and reads no record itself. */
function run(args: readonly string[]): Ran & { readonly ms: number } {
  const began = performance.now()
  return { ...runCli(args, { env: root.env }), ms: performance.now() - began }
}

/** The daemon that a start may have left, which the root must know to end it. */
function started(): Daemon | null {
  const found = lstatSync(root.file('record.json'), { throwIfNoEntry: false })
  return found?.isFile() === true ? root.remember() : null
}

describe.for(Object.keys(KINDS))('%s', (kind) => {
  it.for(FILES)('as %s keeps no command that only looks', { timeout: 300_000 }, (file, context) => {
    make(context, kind, join(root.path, file))
    for (const args of LOOKING) {
      const { status, stderr, ms } = run(args)
      expect([args, status === null, ms < BOUND_MS]).toEqual([args, false, true])
      // What is said is one line, and no trace.
      expect([args, stderr.trimEnd().split('\n').length, /\n\s+at /.test(stderr)]).toEqual([args, 1, false])
    }
  })

  it.for(FILES)(
    'as %s lets a start come up or say why, in one line',
    { timeout: 300_000 },
    (file, context) => {
      make(context, kind, join(root.path, file))
      const { status, stderr, ms } = run(['sync', 'start'])
      expect([status === null, ms < BOUND_MS]).toEqual([false, true])
      const daemon = started()
      if (status !== 0) expect([daemon, lineOf(stderr).length]).toEqual([null, 1])
      expect(run(['sync', 'stop']).status).not.toBe(null)
    },
  )
})

describe('config.toml as a link to a file of this user', () => {
  it('is read: people link what they keep elsewhere', () => {
    const kept = join(root.base, 'kept.toml')
    writeFileSync(kept, '[sync]\nbackground_daemon = "manual"\n')
    symlinkSync(kept, join(root.path, 'config.toml'))
    const { document } = root.json(['sync', 'status'], { env: { SPEC_KITTY_ENABLE_SAAS_SYNC: '1' } })
    expect(document.automatic_start_skipped).toBe('policy_manual')
    rmSync(kept)
  })
})

const NOBODY = 65534

/** Opens a FIFO for writing, which the kernel grants at the moment at which it is opened for reading. */
function openForWriting(path: string): () => string {
  let said = ''
  const child = spawn('sh', ['-c', 'exec 3> "$0" && echo opened && read -r line', path], { stdio: 'pipe' })
  child.stdout.on('data', (text: Buffer) => (said += text.toString()))
  writers.push(child)
  return () => said
}

describe.runIf(process.getuid?.() === 0)('a listener that names a directory with FIFOs as its root', () => {
  it.for([
    ["another user's", NOBODY],
    ['one of this user', undefined],
  ] as const)(
    '(%s): a command of root opens none of them',
    { timeout: 120_000 },
    async ([, uid], context) => {
      const trap = join(root.base, 'trap')
      const names = [
        'sync-daemon',
        'sync/daemon/owner.json',
        'daemons/sync/record.json',
        'daemons/sync/daemon.lock',
      ]
      const paths = names.map((name) => join(trap, name))
      for (const path of paths) {
        mkdirSync(dirname(path), { recursive: true })
        make(context, 'a FIFO', path)
      }
      chmodSync(trap, 0o755)
      const said = paths.map(openForWriting)
      const more = uid === undefined ? {} : { uid, gid: uid }
      await spawnPredecessor({
        family: 'sync',
        port: 9400,
        version: '3.2.4',
        root: trap,
        owner: false,
        health: { singleton_scope_id: trap },
        ...more,
      })
      for (const args of [
        ['auth', 'doctor'],
        ['auth', 'doctor', '--reset', '--dry-run'],
        ['sync', 'status'],
      ]) {
        expect([args, root.run(args).status]).toEqual([args, 0])
      }
      expect(said.map((read) => read())).toEqual(names.map(() => ''))
      expect(writers.map(({ exitCode }) => exitCode)).toEqual(names.map(() => null))
    },
  )
})
