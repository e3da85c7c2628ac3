import { execFileSync, spawnSync } from 'node:child_process'
import { lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  ended,
  leaveNoDaemons,
  logOf,
  QUICK,
  recordIn,
  recordPath,
  startDaemonIn,
  starterOf,
  stopIn,
} from '../helpers/daemons.js'
import { eventually } from '../helpers/eventually.js'
import { makeHome, newRoot } from '../helpers/homes.js'
import { watch } from '../helpers/machine.js'
import { startShell, UNSHARE } from '../helpers/mount-namespace.js'
import { portsOf } from '../helpers/ports.js'
import { daemonsOf } from '../helpers/processes.js'
import { expectStays } from '../helpers/retiring.js'
import { needCommand } from '../helpers/skip.js'

/** A record is published whole, or the old one stays. */
const ports = portsOf('life/record-writes')

leaveNoDaemons(ports)

const read = (path: string): string => readFileSync(path, 'utf8')

/** Starts a daemon by a process that is started in this way, and returns what that says. */
function startBy([command = '', ...args]: readonly string[], root: string) {
  const given = [...args, process.execPath, ...starterOf(root, ports)]
  const { stdout } = spawnSync(command, given, {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], TIMING: JSON.stringify(QUICK) },
  })
  return JSON.parse(stdout) as { readonly code?: string; readonly message?: string; readonly pid?: number }
}

/** The names beside the record; the log and the locks may come and go. */
function namesIn(root: string): readonly string[] {
  return readdirSync(dirname(recordPath(root))).filter((name) => !/\.(lock|log|gitignore)$/.test(name))
}

let used: string | null = null

/** A root in which a daemon ran before, and no other is: the same for all tests. Returns the text of its record. */
async function rootWithRecord() {
  if (used === null) {
    used = newRoot()
    await startDaemonIn(used, ports)
    await stopIn(used, ports)
  }
  rmSync(logOf(used), { force: true })
  for (const name of namesIn(used)) if (name !== 'record.json') rmSync(join(dirname(recordPath(used)), name))
  expect([daemonsOf(used), recordIn(used).state]).toEqual([[], 'stopped'])
  return { root: used, text: read(recordPath(used)) }
}

async function expectOldStays(root: string, text: string, said: object): Promise<void> {
  expect(said).toMatchObject({ code: 'E_SCOPE_UNUSABLE', message: expect.stringMatching(/: E[A-Z]+$/) })
  await eventually(() => expect(daemonsOf(root)).toEqual([]))
  expect([namesIn(root), read(recordPath(root))]).toEqual([['record.json'], text])
  expect((await startDaemonIn(root, ports)).isAlive()).toBe(true)
}

describe('a start that cannot write the record whole fails, and the old one stays', () => {
  it.for([0, 1, 100, 200, 500])('under a limit of %i bytes a file', async (bytes, context) => {
    needCommand(context, 'prlimit', [`--fsize=${bytes}`])
    const { root, text } = await rootWithRecord()
    await expectOldStays(root, text, startBy(['prlimit', `--fsize=${bytes}`], root))
  })

  it('under a limit of one byte too few', async (context) => {
    needCommand(context, 'prlimit', ['--fsize=200'])
    const { root, text } = await rootWithRecord()
    const bytes = Buffer.byteLength(text) - 100
    await expectOldStays(root, text, startBy(['prlimit', `--fsize=${bytes}`], root))
  })

  it.for(['garbage '.repeat(100), 'x'.repeat(1e6)])('also where that is damaged', async (text, context) => {
    needCommand(context, 'prlimit', ['--fsize=200'])
    const { root } = await rootWithRecord()
    writeFileSync(recordPath(root), text)
    await expectOldStays(root, text, startBy(['prlimit', '--fsize=200'], root))
    const kept = namesIn(root).filter((name) => name.includes('.corrupt-'))
    expect(kept.map((name) => read(join(dirname(recordPath(root)), name)))).toEqual([text])
  })

  it.for(['EIO', 'ENOSPC', 'EDQUOT'])('where the disk says %s', async (errno, context) => {
    const strace = ['-f', '-qq', '-o', '/dev/null', '-e', 'trace=fsync', '-e', `inject=fsync:error=${errno}`]
    needCommand(context, 'strace', strace)
    const { root, text } = await rootWithRecord()
    const said = startBy(['strace', ...strace], root)
    expect(said.message).toContain(errno)
    await expectOldStays(root, text, said)
  })

  it('on a file system that is full, however much is left', { timeout: 120_000 }, async (context) => {
    needCommand(context, ...UNSHARE)
    const mounted = makeHome()
    const run = startShell({ TIMING: JSON.stringify(QUICK) })
    await run(`mount -t tmpfs -o size=256k tmpfs ${mounted}`)
    const outcomes: string[] = []
    for (const pages of [0, 1, 2, 3, 4, 6]) {
      const root = join(mounted, `root-${pages}`)
      await run(`! dd if=/dev/zero of=${mounted}/fill bs=4k 2>/dev/null`)
      await run(`truncate -s -${pages * 4}k ${mounted}/fill`)
      const said = JSON.parse(await run(`${process.execPath} ${starterOf(root, ports).join(' ')} || true`))
      const { pid, code } = said as { pid?: number; code?: string }
      if (pid === undefined) {
        outcomes.push(code ?? 'no code')
        await run(`test ! -e ${recordPath(root)}; test -z "$(find ${root} -name '.record-*' 2>/dev/null)"`)
      } else {
        outcomes.push('started')
        const isAlive = watch(pid)
        expect(JSON.parse(await run(`tr -d '\\n' < ${recordPath(root)}; echo`))).toMatchObject({ pid })
        process.kill(pid, 'SIGTERM')
        await ended({ isAlive })
      }
      await run(`rm -rf ${mounted}/fill ${root}`)
    }
    expect(new Set(outcomes)).toEqual(new Set(['E_SCOPE_UNUSABLE', 'started']))
  })
})

describe('a daemon that cannot write its record again', () => {
  it.for([
    ['deleted', (path: string) => rmSync(path), []],
    ['damaged', (path: string) => writeFileSync(path, 'garbage '.repeat(100)), ['garbage '.repeat(100)]],
  ] as const)('when that was %s goes on, and writes it once it can', async ([, damage, kept], context) => {
    needCommand(context, 'prlimit', ['--fsize=200'])
    const daemon = await startDaemonIn(newRoot(), ports)
    execFileSync('prlimit', ['--pid', String(daemon.pid), '--fsize=200:'])
    damage(recordPath(daemon.root))
    await expectStays(daemon, 2_000)
    const isThere = kept.length > 0
    expect(namesIn(daemon.root)).toEqual(isThere ? ['record.json'] : [])
    if (isThere) expect(read(recordPath(daemon.root))).toBe(kept[0])
    execFileSync('prlimit', ['--pid', String(daemon.pid), '--fsize=unlimited:'])
    await eventually(() => expect(namesIn(daemon.root)).toContain('record.json'))
    await eventually(() => expect(recordIn(daemon.root)).toEqual(daemon.record))
    const copies = namesIn(daemon.root).filter((name) => name !== 'record.json')
    expect(copies.map((name) => read(join(dirname(recordPath(daemon.root)), name)))).toEqual(kept)
  })
})

describe('a daemon that ends where no file can be written any more', () => {
  it.for([
    ['the disk is full', 'size=256k', (at: string) => `! dd if=/dev/zero of=${at}/fill bs=4k 2>/dev/null`],
    [
      'there is no inode left',
      'size=1m,nr_inodes=40',
      (at: string) => `i=0; while true 2>/dev/null > ${at}/fill-$i; do i=$((i+1)); done; true`,
    ],
  ] as const)('is marked as stopped all the same: %s', async ([, options, fill], context) => {
    needCommand(context, ...UNSHARE)
    const mounted = makeHome()
    const run = startShell({ TIMING: JSON.stringify(QUICK) })
    await run(`mount -t tmpfs -o ${options} tmpfs ${mounted}`)
    const root = join(mounted, 'root')
    const { pid } = JSON.parse(await run(`${process.execPath} ${starterOf(root, ports).join(' ')}`)) as {
      readonly pid: number
    }
    await run(fill(mounted))
    await run(`! (echo full > ${dirname(recordPath(root))}/another) 2>/dev/null`)
    const isAlive = watch(pid)
    process.kill(pid, 'SIGTERM')
    await ended({ isAlive })
    expect(JSON.parse(await run(`tr -d '\\n' < ${recordPath(root)}; echo`))).toMatchObject({
      pid,
      state: 'stopped',
      stop_reason: expect.any(String),
      stopped_at: expect.any(String),
    })
  })
})

describe('the holder of a lock', () => {
  it('is not named by half, and no lock is held then', async (context) => {
    needCommand(context, 'prlimit', ['--fsize=60'])
    const { root, text } = await rootWithRecord()
    const lock = join(dirname(recordPath(root)), 'lifecycle.lock')
    await expectOldStays(root, text, startBy(['prlimit', '--fsize=60'], root))
    expect(JSON.parse(read(lock))).toMatchObject({ pid: process.pid })
  })

  it.for(['a FIFO', 'a directory'])('has a file, and not %s', async (what) => {
    const root = newRoot()
    const lock = join(dirname(recordPath(root)), 'lifecycle.lock')
    mkdirSync(dirname(lock), { recursive: true })
    if (what === 'a FIFO') execFileSync('mkfifo', [lock])
    else mkdirSync(lock)
    const said = startBy(['timeout', '-s', 'KILL', '20'], root)
    expect(said).toMatchObject({ code: 'E_SCOPE_UNUSABLE', message: expect.stringContaining(lock) })
    expect([lstatSync(lock).isFile(), namesIn(root)]).toEqual([false, []])
  })
})
