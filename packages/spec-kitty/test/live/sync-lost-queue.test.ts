import { execFileSync } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  linkSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { queuePath } from '../../dist/sync/queue/queue-path.js'
import { runCli } from '../helpers/cli.js'
import { reply } from '../helpers/sync-server.js'
import { daemonsOf, until } from './sync-root.js'
import { makeSyncWork, type SyncWork } from './sync-work.js'

/** Someone removes or moves the queue while a daemon has it open, with events in it. */
let work: SyncWork
let path: string
/** From then on the server takes events. Not before: the daemon may make its next attempt at any time. */
let mend: () => void

/** Much more than a status takes. The daemon waits twice as long after each failure, so this comes soon. */
const FAR_MS = 3_000

beforeEach(async () => {
  work = await makeSyncWork()
  path = queuePath(work.root.path)
  await work.run(['sync', 'start'])
  const { otherwise } = work.server
  mend = () => void (work.server.otherwise = otherwise)
  work.server.otherwise = reply(503)
  publishAlone('a', 'b')
  await work.run(['sync', 'now', '--timeout', '2'])
})

afterEach(() => work.end())

/**
 * Queues events in a process of its own, and tells no daemon. SQLite keeps a file that this process had open until its
 * garbage is collected, and would then write its WAL into the file that the test has emptied.
 */
function publishAlone(...ids: readonly string[]): string {
  const input = ids.map((id) => `${JSON.stringify({ event_id: id, event_type: 'T' })}\n`).join('')
  const env = { ...work.env, SPEC_KITTY_ENABLE_SAAS_SYNC: '0' }
  const { status, stderr } = runCli(['sync', 'publish', '-', '--project', work.project], { env, input })
  expect(status).toBe(0)
  return stderr
}

/** With its next attempt, the daemon notices that its file is gone, and writes another one. */
async function untilNextAttemptIsFar(): Promise<void> {
  const isFar = async (): Promise<boolean> =>
    Date.parse((await statusOf()).next_attempt_at ?? '') - Date.now() > FAR_MS
  expect(await until(isFar)).toBe(true)
}

async function statusOf() {
  const { stdout } = await work.run(['sync', 'status', '--json'])
  return JSON.parse(stdout)
}

describe('a queue that is removed while the sync daemon has it open', () => {
  it('is told at once, and its events arrive', async () => {
    await untilNextAttemptIsFar()
    for (const side of ['', '-wal', '-shm']) rmSync(path + side)
    const { stdout } = await work.run(['sync', 'status'])
    const said = `${path} was removed while 2 events were in it; the sync daemon still has it open, and writes its events into a new one`
    expect(stdout).toMatch(new RegExp(`^queue +${said}$`, 'm'))
    expect(stdout).toMatch(
      /^uploads +events may stay here: the queue was removed\n +spec-kitty sync now {2}# sends them$/m,
    )
    expect(stdout).not.toContain('events may leave')
    mend()
    const ran = await work.run(['sync', 'now'])
    expect([ran.status, work.server.accepted]).toEqual([0, ['a', 'b']])
    expect(await statusOf()).toMatchObject({ queued: 0, queue_problem: null, nothing_leaves: null })
    expect(await statusOf()).toMatchObject({ lost_events: 0 })
    expect((await work.run(['sync', 'logs'])).stdout).toContain('queue_restored')
  })

  it('is written anew by a daemon that ends, also beside a new queue', async () => {
    rmSync(path)
    await work.publish(['c'])
    await work.run(['sync', 'stop'])
    mend()
    expect(await statusOf()).toMatchObject({ queued: 3, lost_events: 0 })
    await work.run(['sync', 'now'])
    expect(work.server.accepted).toEqual(['a', 'b', 'c'])
  })
})

it('a queue that is removed with all files of the daemon is written anew by that, which ends', async () => {
  rmSync(join(work.root.path, 'daemons'), { recursive: true })
  expect(await until(() => daemonsOf(work.root.path).length === 0)).toBe(true)
  expect(await statusOf()).toMatchObject({ state: 'none', queued: 2, lost_events: 0 })
  mend()
  expect((await work.run(['sync', 'now'])).status).toBe(0)
  expect(work.server.accepted).toEqual(['a', 'b'])
})

it('a queue that is moved is told with the command that puts it back, which cures it', async () => {
  const elsewhere = join(work.root.base, 'backup.db')
  renameSync(path, elsewhere)
  const command = `mv -n ${elsewhere} ${path}`
  const said = `${path} was moved to ${elsewhere} while 2 events were in it`
  const { stdout } = await work.run(['sync', 'status'])
  expect(stdout).toContain(`${said}; the sync daemon still has it open, and sends nothing\n`)
  expect(stdout).toContain(`  ${command}\n`)
  const ran = await work.run(['sync', 'now'])
  expect([ran.status, ran.ms < 5_000]).toEqual([1, true])
  expect(ran.stderr).toContain(said)
  expect(ran.stderr).toContain(command)
  expect(ran.stdout).not.toContain('nothing waits')
  // They are not lost: who queued them again would send them twice.
  expect(ran.stderr).not.toContain('lost:')
  renameSync(elsewhere, path)
  mend()
  await work.run(['sync', 'now'])
  expect(work.server.accepted).toEqual(['a', 'b'])
})

describe('a queue that is moved with its log while the sync daemon has it open', () => {
  /** Moves the three files, and returns the command that status prints. */
  const move = async (to: string): Promise<string> => {
    for (const side of ['', '-wal', '-shm']) renameSync(path + side, to + side)
    const { stdout } = await work.run(['sync', 'status'])
    return /^ +(mv .*)$/m.exec(stdout)?.[1] ?? ''
  }

  it.each(['queue.db', 'another name.db'])(
    'is cured by the command that status prints (%s)',
    async (name) => {
      const command = await move(join(work.root.base, name))
      expect((await work.run(['auth', 'doctor'])).stdout.replaceAll(/\s+/g, ' ')).toContain(command)
      execFileSync('sh', ['-c', command])
      mend()
      expect((await work.run(['sync', 'now'])).status).toBe(0)
      expect(work.server.accepted).toEqual(['a', 'b'])
      expect(await statusOf()).toMatchObject({ queued: 0, nothing_leaves: null })
    },
  )

  it('needs another daemon if only the file itself is put back, and every command says so', async () => {
    const elsewhere = join(work.root.base, 'queue.db')
    await move(elsewhere)
    renameSync(elsewhere, path)
    mend()
    const ran = await work.run(['sync', 'now'])
    expect([ran.status, ran.stderr]).toEqual([1, expect.stringMatching(/: spec-kitty sync restart\n$/)])
    expect((await work.run(['sync', 'status'])).stdout).toMatch(/^ +spec-kitty sync restart$/m)
    expect((await work.run(['auth', 'doctor'])).stdout).toMatch(/^ +spec-kitty sync restart /m)
    await work.run(['sync', 'restart'])
    await work.run(['sync', 'now'])
    expect(work.server.accepted).toEqual(['a', 'b'])
  })

  it('is put back by a command that also starts another daemon, if its log is in neither place', async () => {
    const elsewhere = join(work.root.base, 'queue.db')
    renameSync(path, elsewhere)
    rmSync(`${path}-wal`)
    const { stdout } = await work.run(['sync', 'status'])
    expect(stdout).toContain(`  mv -n ${elsewhere} ${path} && spec-kitty sync restart\n`)
  })
})

it('a home that is moved while its daemon runs is no queue that was moved', async () => {
  const moved = join(work.root.base, 'moved')
  renameSync(work.root.path, moved)
  const here = { SPEC_KITTY_HOME: moved }
  const { stdout } = await work.run(['sync', 'status'], here)
  expect(stdout).toMatch(/^queue +2 events wait/m)
  expect(stdout).toMatch(
    /^uploads +nothing leaves: the sync daemon still runs for the path from which this home was moved; it exits by itself within about a minute\n.*spec-kitty sync now {2}# in a minute$/m,
  )
  const doctor = await work.run(['auth', 'doctor'], here)
  expect(doctor.stdout).toContain('F-014')
  expect(doctor.stdout + stdout).not.toContain('was moved to')
  renameSync(moved, work.root.path)
})

describe('a queue that is removed or emptied while no sync daemon runs', () => {
  const lose = (how: 'missing' | 'empty'): void => {
    mend()
    for (const side of ['-wal', '-shm']) rmSync(path + side, { force: true })
    if (how === 'missing') rmSync(path)
    else truncateSync(path)
  }

  it.each(['missing', 'empty'] as const)(
    'is told by every command until the user says that it is known (%s)',
    async (how) => {
      await work.run(['sync', 'stop'])
      lose(how)
      const what = how === 'missing' ? 'is not there any more' : 'has 0 bytes now'
      const said = new RegExp(`lost: 2 events waited at .*, and the queue ${path} ${what}`)
      // What hides the loss is never the first command.
      const saved = /lost: 2 events waited.* --export FILE --from COPY .*spec-kitty sync queue drop --lost/
      for (const args of [
        ['sync', 'status'],
        ['sync', 'queue'],
        ['auth', 'doctor'],
        ['sync', 'now'],
      ]) {
        const { stdout, stderr } = await work.run(args)
        const told = `${stdout}${stderr}`.replaceAll(/\s+/g, ' ')
        expect(told).toMatch(said)
        expect(told).toMatch(saved)
        expect(told.indexOf('drop --lost')).toBeGreaterThan(told.indexOf('--from COPY'))
      }
      expect((await work.run(['sync', 'now'])).status).toBe(1)
      const json = await work.run(['sync', 'now', '--json'])
      expect([json.status, JSON.parse(json.stdout.trim().split('\n').at(-1) ?? '')]).toMatchObject([
        1,
        { event: 'finished', lost_events: 2 },
      ])
      expect(await statusOf()).toMatchObject({ queued: 0, lost_events: 2 })
      // Whoever makes a new queue says so at once. It does not bring them back, nor does what is sent from it.
      const published = publishAlone('c')
      expect(published.replaceAll(/\s+/g, ' ')).toMatch(
        /lost: 2 events waited at .* was removed, moved, emptied or replaced by an older copy.* --export FILE --from COPY.* spec-kitty sync queue drop --lost $/,
      )
      expect(await statusOf()).toMatchObject({ queued: 1, lost_events: 2 })
      expect((await work.run(['sync', 'now'])).status).toBe(1)
      expect(await statusOf()).toMatchObject({ queued: 0, lost_events: 2 })
      const forgotten = await work.run(['sync', 'queue', 'drop', '--lost', '--json'])
      expect(JSON.parse(forgotten.stdout)).toMatchObject({ dropped: [], lost_events: 2 })
      expect(await statusOf()).toMatchObject({ lost_events: 0 })
      expect((await work.run(['sync', 'now'])).status).toBe(0)
    },
  )

  it('is not forgotten by a daemon that is started for the next event and sends it', async () => {
    await work.run(['sync', 'stop'])
    lose('missing')
    const { stderr } = await work.run(['sync', 'publish', '--type', 'T', '--project', work.project])
    expect(stderr).toContain('lost: 2 events')
    expect(await until(() => work.server.accepted.length === 1)).toBe(true)
    expect(await until(async () => (await statusOf()).last_sync !== null)).toBe(true)
    expect(await statusOf()).toMatchObject({ queued: 0, lost_events: 2 })
  })

  it('is not lost if it is put back, even after another was made', async () => {
    await work.run(['sync', 'stop'])
    const elsewhere = join(work.root.base, 'backup.db')
    renameSync(path, elsewhere)
    for (const side of ['-wal', '-shm']) rmSync(path + side, { force: true })
    mend()
    expect(await statusOf()).toMatchObject({ lost_events: 2 })
    publishAlone('c')
    await work.run(['sync', 'now'])
    await work.run(['sync', 'stop'])
    renameSync(elsewhere, path)
    for (const side of ['-wal', '-shm']) rmSync(path + side, { force: true })
    expect(await statusOf()).toMatchObject({ queued: 2, lost_events: 0 })
    expect((await work.run(['sync', 'now'])).status).toBe(0)
    expect(await statusOf()).toMatchObject({ queued: 0, lost_events: 0 })
    expect(work.server.accepted).toEqual(['c', 'a', 'b'])
  })

  it('is told with every event, also without a daemon', async () => {
    await work.run(['sync', 'stop'])
    lose('missing')
    await work.run(['sync', 'queue', 'drop', '--lost'])
    publishAlone('d')
    publishAlone('e', 'f')
    lose('missing')
    expect(await statusOf()).toMatchObject({ queued: 0, lost_events: 3 })
  })

  it('is told until the user says that it is known', async () => {
    await work.run(['sync', 'stop'])
    lose('missing')
    const ran = await work.run(['sync', 'queue', 'drop', '--lost'])
    expect([ran.status, ran.stdout]).toEqual([0, 'the loss of 2 events is not told again\n'])
    expect([await statusOf(), existsSync(path)]).toMatchObject([{ lost_events: 0 }, false])
  })

  it('is told of events that were queued without a daemon', async () => {
    await work.run(['sync', 'stop'])
    lose('missing')
    await work.run(['sync', 'queue', 'drop', '--lost'])
    publishAlone('d')
    expect(await statusOf()).toMatchObject({ queued: 1, lost_events: 0 })
    lose('missing')
    expect(await statusOf()).toMatchObject({ queued: 0, lost_events: 1 })
  })

  it('is nothing if everything was sent before', async () => {
    mend()
    await work.run(['sync', 'now'])
    await work.run(['sync', 'stop'])
    expect(await statusOf()).toMatchObject({ queued: 0, lost_events: 0 })
    lose('missing')
    expect(await statusOf()).toMatchObject({ queued: 0, lost_events: 0 })
    expect((await work.run(['sync', 'now'])).status).toBe(0)
  })
})

describe('an older copy in the place of the queue', () => {
  it('is told with what it lacks by every command, until the user says that it is known', async () => {
    await work.run(['sync', 'stop'])
    const copy = join(work.root.base, 'backup.db')
    copyFileSync(path, copy)
    publishAlone('c')
    copyFileSync(copy, path)
    const said = new RegExp(`lost: 1 event waited at .*, and the queue ${path} is an older copy, without it`)
    expect((await work.run(['sync', 'status'])).stdout).toMatch(said)
    expect((await work.run(['sync', 'queue'])).stdout).toMatch(said)
    expect((await work.run(['auth', 'doctor'])).stdout.replaceAll(/\s+/g, ' ')).toMatch(said)
    mend()
    const now = await work.run(['sync', 'now'])
    expect([now.status, now.stderr]).toEqual([1, expect.stringContaining('lost: 1 event waited')])
    expect(work.server.accepted).toEqual(['a', 'b'])
    expect(await statusOf()).toMatchObject({ queued: 0, lost_events: 1 })
    expect((await work.run(['sync', 'logs'])).stdout).toContain('queue_lost')
    // Its number is not that of the lost one, which it would else be taken for.
    publishAlone('d')
    expect(await statusOf()).toMatchObject({ lost_events: 1 })
    await work.run(['sync', 'queue', 'drop', '--lost'])
    expect(await statusOf()).toMatchObject({ lost_events: 0 })
    expect((await work.run(['sync', 'now'])).status).toBe(0)
  })

  it('is no loss for the user who says so before any other command', async () => {
    await work.run(['sync', 'stop'])
    const copy = join(work.root.base, 'backup.db')
    copyFileSync(path, copy)
    publishAlone('c')
    copyFileSync(copy, path)
    const ran = await work.run(['sync', 'queue', 'drop', '--lost'])
    expect([ran.status, ran.stdout, ran.stderr]).toEqual([0, 'the loss of 1 event is not told again\n', ''])
    expect(await statusOf()).toMatchObject({ queued: 2, lost_events: 0 })
  })

  it('while the sync daemon has the queue open loses nothing', async () => {
    await work.run(['sync', 'stop'])
    const copy = join(work.root.base, 'backup.db')
    copyFileSync(path, copy)
    await work.run(['sync', 'start'])
    publishAlone('c')
    await work.run(['sync', 'now', '--timeout', '2'])
    renameSync(copy, path)
    for (const side of ['-wal', '-shm']) rmSync(path + side, { force: true })
    mend()
    expect((await work.run(['sync', 'now'])).status).toBe(0)
    expect(work.server.accepted).toEqual(['a', 'b', 'c'])
    expect(await statusOf()).toMatchObject({ queued: 0, lost_events: 0 })
  })
})

describe('a copy of the queue', () => {
  it('is whole in one file when the sync daemon has ended', async () => {
    await work.run(['sync', 'stop'])
    expect(statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0).toBe(0)
    const copy = join(work.project, 'copy.db')
    copyFileSync(path, copy)
    expect(await idsIn(copy)).toEqual(['a', 'b'])
  })

  it('gives its events while another queue is in use, which is not touched', async () => {
    await work.run(['sync', 'stop'])
    const moved = join(work.project, 'moved queue.db')
    renameSync(path, moved)
    publishAlone('c')
    const out = join(work.project, 'saved.ndjson')
    const { status, stderr } = await work.run(['sync', 'queue', '--export', out, '--from', moved])
    expect(status).toBe(0)
    expect(stderr).toBe(
      `exported 2 events\nto queue them again:\n  spec-kitty sync publish - --project ${work.project} < ${out}\nthen, to end the warning that they are lost:\n  spec-kitty sync queue drop --lost\n`,
    )
    expect(
      runCli(['sync', 'publish', '-', '--project', work.project], {
        env: work.env,
        input: readFileSync(out, 'utf8'),
      }),
    ).toMatchObject({ status: 0 })
    mend()
    await work.run(['sync', 'now'])
    expect(work.server.accepted.toSorted()).toEqual(['a', 'b', 'c'])
    expect(existsSync(moved)).toBe(true)
    const doctor = (await work.run(['auth', 'doctor'])).stdout.replaceAll(/\s+/g, ' ')
    expect(doctor).toContain('Unless they were queued again, these events are not in the queue any more')
    await work.run(['sync', 'queue', 'drop', '--lost'])
    expect((await work.run(['sync', 'now'])).status).toBe(0)
    // Where nothing is lost, there is no warning to end.
    const again = await work.run(['sync', 'queue', '--export', `${out}2`, '--from', moved])
    expect(again.stderr).not.toContain('drop --lost')
  })

  it.each([
    ['that is not there', 'none.db', 'there is no file '],
    ['that is a directory', '.', ' is not a file'],
    ['that cannot be there', 'x'.repeat(300), 'there is no file '],
  ])('%s is wrong usage', async (_, from, said) => {
    const ran = await work.run(['sync', 'queue', '--export', 'x', '--from', join(work.project, from)])
    expect([ran.status, ran.stderr]).toEqual([2, expect.stringContaining(said)])
  })

  it.each([
    [
      'text',
      'it is not a database, or its beginning is damaged',
      (file: string) => writeFileSync(file, 'no'),
    ],
    ['empty', 'it has 0 bytes', (file: string) => writeFileSync(file, '')],
    ['other', 'it is a database of another program', (file: string) => sqlIn(file, 'CREATE TABLE t (x)')],
  ])('that is no queue has no event, and no file is written: %s', async (name, why, make) => {
    const file = join(work.project, name)
    make(file)
    const out = join(work.project, 'x')
    const from = ['sync', 'queue', '--export', out, '--from', file]
    for (const args of [from, [...from, '--dead'], [...from, '--project', work.project]]) {
      const ran = await work.run(args)
      expect(ran.status).toBe(1)
      expect(ran.stderr).toMatch(/^exported 0 events.*; no file was written\n/)
      expect(ran.stderr).toContain(`\nno event could be read in ${file}: ${why}\n`)
    }
    expect([existsSync(out), existsSync(`${file}.unreadable`)]).toEqual([false, false])
  })

  it('that is whole and without events is read, and none is in it', async () => {
    await work.run(['sync', 'stop'])
    const copy = join(work.project, 'copy.db')
    copyFileSync(path, copy)
    sqlIn(copy, 'DELETE FROM events')
    const out = join(work.project, 'x')
    const ran = await work.run(['sync', 'queue', '--export', out, '--from', copy])
    expect([ran.status, ran.stderr, existsSync(out)]).toEqual([
      0,
      `exported 0 events; no file was written\nno event is in ${copy}\n`,
      false,
    ])
    const json = await work.run(['sync', 'queue', '--export', out, '--from', copy, '--json'])
    expect(JSON.parse(json.stdout)).toMatchObject({ exported: 0, unreadable_databases: [] })
  })

  it.each(['the path', 'a link', 'another name'] as const)(
    'is not the queue of the home itself, which is exported without --from: %s',
    async (how) => {
      const other = join(work.project, 'other.db')
      if (how === 'a link') symlinkSync(path, other)
      if (how === 'another name') linkSync(path, other)
      const from = how === 'the path' ? path : other
      const ran = await work.run(['sync', 'queue', '--export', 'x', '--from', from])
      expect(ran.status).toBe(2)
      expect(ran.stderr).toContain(`${from} is the queue of this home: leave out --from to export it`)
    },
  )
})

/** The test must not have the file open itself, because SQLite keeps it open until its garbage is collected. */
function sqlIn(file: string, sql: string): void {
  const program = `const { DatabaseSync } = require('@photostructure/sqlite');
    const database = new DatabaseSync(${JSON.stringify(file)}); database.exec(${JSON.stringify(sql)}); database.close()`
  execFileSync(process.execPath, ['-e', program], { cwd: import.meta.dirname })
}

async function idsIn(copy: string): Promise<readonly string[]> {
  const { stdout } = await work.run(['sync', 'queue', '--export', '-', '--from', copy])
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).event_id)
}
