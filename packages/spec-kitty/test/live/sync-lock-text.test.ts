import { spawn, type ChildProcess } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, type TestContext } from 'vitest'
import { startTicksOf } from '../helpers/machine.js'
import { gone, lives, makeRoot, signal, skipAloud, type Daemon, type SyncRoot } from './sync-root.js'
import { expectAlive } from './version-stale.js'

/** The lock's file names its holder for people. Who holds the lock is asked of the kernel. */
let root: SyncRoot
let others: ChildProcess[]

beforeEach(() => {
  others = []
  root = makeRoot()
})

afterEach(async () => {
  for (const child of others) child.kill('SIGKILL')
  await root.end()
})

const FORCE = ['auth', 'doctor', '--reset', '--force']

/** Starts a script of a user with the command line of a daemon of this root: it has neither lock nor port. */
async function startScript(): Promise<Pick<Daemon, 'pid' | 'ticks'>> {
  const path = join(root.base, 'spec-kitty-daemon.js')
  writeFileSync(path, 'echo ready\nread -r line\n')
  const child = spawn('bash', [path, 'sync', `--spec-kitty-daemon-root=${root.path}`], { stdio: 'pipe' })
  others.push(child)
  await new Promise((resolve) => child.stdout.once('data', resolve))
  const pid = child.pid ?? 0
  return { pid, ticks: startTicksOf(pid) ?? 'gone' }
}

/** A start time as our records have it. */
function startTimeOf({ ticks }: Pick<Daemon, 'ticks'>, like: string): string {
  const own = /\d+/.exec(like.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/, ''))?.[0] ?? ''
  return like.replace(own, ticks)
}

describe('the text of the lock names a script that holds nothing', () => {
  it('and no command ends it', async () => {
    const daemon = root.start()
    const { birth } = JSON.parse(readFileSync(root.file('record.json'), 'utf8'))
    expect(birth).toContain(daemon.ticks)
    root.run(['sync', 'stop'])
    const script = await startScript()
    const text = JSON.stringify({
      pid: script.pid,
      birth: startTimeOf(script, birth),
      since: '2026-11-25T00:00:00Z',
    })
    for (const args of [['sync', 'stop'], FORCE, ['sync', 'restart'], ['upgrade-hook'], ['sync', 'stop']]) {
      writeFileSync(root.file('daemon.lock'), text)
      expect([args, root.run(args).status]).toEqual([args, 0])
      expectAlive(script)
    }
    writeFileSync(root.file('daemon.lock'), text)
    expect(root.json(['sync', 'stop']).document).toEqual({ schema_version: 3, outcome: 'none' })
    expect(root.json(['sync', 'status']).document).toMatchObject({ state: 'stopped', pid: null })
    const { document } = root.json(['auth', 'doctor'])
    expect([document.daemon, document.candidates]).toEqual([null, []])
    expectAlive(script)
  })
})

/** Starts what keeps a user namespace in which no file can be watched; returns what enters it. */
async function withoutWatches(context: TestContext): Promise<readonly string[]> {
  const script = 'echo 0 > /proc/sys/user/max_inotify_instances && echo ready && read -r line'
  const child = spawn('unshare', ['--user', '--map-root-user', 'sh', '-c', script], { stdio: 'pipe' })
  others.push(child)
  const isReady = await new Promise<boolean>((resolve) => {
    child.stdout.once('data', () => resolve(true))
    child.once('exit', () => resolve(false))
  })
  if (!isReady) skipAloud(context, 'no user namespace with limits of its own can be made here')
  return ['nsenter', '--target', String(child.pid), '--user', '--preserve-credentials']
}

describe('record and lock text restored from a backup, while the kernel lock is held', () => {
  it('the holder is not ended, and stop stops it', async (context) => {
    const prefix = await withoutWatches(context)
    const first = root.start({ prefix })
    const names = ['record.json', 'daemon.lock'].map((name) => root.file(name))
    const kept = names.map((name) => readFileSync(name))
    signal(first, 'SIGKILL')
    await gone(first)
    const holder = root.start({ prefix })
    // Each is written over in place, as cp does: the file keeps its inode, and the daemon its lock.
    names.forEach((name, index) => writeFileSync(name, kept[index] ?? ''))
    expect(JSON.parse(readFileSync(root.file('record.json'), 'utf8')).pid).toBe(first.pid)
    for (const args of [['auth', 'doctor', '--reset'], FORCE]) {
      const { document } = root.json(args, { prefix })
      expect(document.reset_result).toMatchObject({ swept: [], failed: [] })
      expect(document.candidates).toMatchObject([
        { pid: holder.pid, rule: 'S5', cleanup_class: 'never_touch' },
      ])
      expectAlive(holder)
    }
    const { document } = root.json(['sync', 'status'], { prefix })
    expect(['starting', 'running']).toContain(document.state)
    expect(document.pid).toBe(holder.pid)
    expect(root.json(['sync', 'stop'], { prefix }).document).toMatchObject({
      outcome: 'stopped',
      pid: holder.pid,
    })
    expect(lives(holder)).toBe(false)
  })
})
