import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { openQueue } from '../../src/sync/queue/open-queue.js'
import { queuePath } from '../../src/sync/queue/queue-path.js'
import { quarantinedDatabases } from '../../src/sync/queue/quarantined-databases.js'
import { makeHome, removeHomes } from '../../../familiar/test/helpers/homes.js'
import { needCommand } from '../../../familiar/test/helpers/skip.js'
import { CLI, smallEnvironment } from '../helpers/cli.js'

/** How often each of the processes is killed. */
const ROUNDS = process.env['FAMILIAR_FULL'] === '1' ? 25 : 2

const processFile = (name: string): string =>
  fileURLToPath(new URL(`../fixtures/processes/${name}`, import.meta.url))

let root: string
let project: string
let path: string

beforeEach(() => {
  const home = makeHome()
  root = join(home, 'root')
  project = join(home, 'app')
  path = queuePath(root)
  mkdirSync(join(project, '.kittify'), { recursive: true })
})

afterAll(removeHomes)

const lineOf = (id: string): string =>
  `${JSON.stringify({ event_id: id, event_type: 'T', project_uuid: 'u', timestamp: '2026-01-01T00:00:00Z' })}\n`

const idsFrom = (name: string, from: number, to: number): readonly string[] =>
  Array.from({ length: to - from }, (_, at) => `${name}-${from + at}`)

/** Starts `sync publish -`. */
function startPublish(args: readonly string[] = [], prefix: readonly string[] = []) {
  const command = [...prefix, process.execPath, CLI, 'sync', 'publish', '-', ...args]
  const child = spawn(command[0] ?? '', command.slice(1), {
    cwd: project,
    env: smallEnvironment({ SPEC_KITTY_HOME: root }),
    stdio: 'pipe',
  })
  const [stdout, stderr] = [child.stdout, child.stderr].map(textOf)
  const ended = once(child, 'close').then(([status]) => ({
    status,
    stdout: stdout?.() ?? '',
    stderr: stderr?.() ?? '',
  }))
  return { child, ended }
}

/** Returns a function that returns what the stream has given. */
function textOf(stream: Readable): () => string {
  let text = ''
  stream.setEncoding('utf8').on('data', (part: string) => (text += part))
  return () => text
}

/** Runs `sync publish -` on a text. */
async function publish(text: string, args: readonly string[] = [], prefix: readonly string[] = []) {
  const { child, ended } = startPublish(args, prefix)
  child.stdin.end(text)
  return ended
}

async function queued(): Promise<readonly string[]> {
  using queue = await openQueue(path)
  return Array.from(queue.events(), ({ eventId }) => eventId)
}

describe('several processes', () => {
  it('publish at once, and every event is there once', async () => {
    const names = idsFrom('p', 0, 8)
    const shared = idsFrom('shared', 0, 50)
    const results = await Promise.all(
      names.map((name) => {
        const ids = [...idsFrom(name, 0, 200), ...shared]
        return publish(ids.map((id) => lineOf(id)).join(''), ['--json'])
      }),
    )
    const documents = results.map(({ stdout }) => JSON.parse(stdout))
    expect(results.map(({ status, stderr }) => [status, stderr])).toEqual(names.map(() => [0, '']))
    const sum = (member: string): number => documents.reduce((total, one) => total + one[member], 0)
    expect([sum('queued'), sum('duplicates')]).toEqual([8 * 200 + 50, 7 * 50])
    const found = await queued()
    const all = [...names.flatMap((name) => idsFrom(name, 0, 200)), ...shared]
    expect(found.toSorted()).toEqual(all.toSorted())
    // Each one's own events are in their order.
    for (const name of names)
      expect(found.filter((id) => id.startsWith(`${name}-`))).toEqual(idsFrom(name, 0, 200))
  })

  it('are killed at random moments: all that was acknowledged is there, nothing twice', async () => {
    const acknowledged = new Map<string, number>()
    const run = async (name: string): Promise<void> => {
      for (let round = 0; round < ROUNDS; round += 1) {
        const first = (acknowledged.get(name) ?? -1) + 1
        const args = [processFile('queue-acknowledge.mjs'), path, name, String(first)]
        const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
        const lines = child.stdout.setEncoding('utf8').toArray()
        await once(child.stdout, 'data')
        await sleep(Math.random() * 60)
        child.kill('SIGKILL')
        const last = (await lines).join('').trimEnd().split('\n').at(-1)
        acknowledged.set(name, Math.max(acknowledged.get(name) ?? -1, Number(last ?? -1)))
      }
    }
    const names = idsFrom('p', 0, 8)
    await Promise.all(names.map(run))
    const found = await queued()
    expect(new Set(found).size).toBe(found.length)
    for (const name of names) {
      const last = acknowledged.get(name) ?? -1
      expect(last).toBeGreaterThan(0)
      const expected = idsFrom(name, 0, last + 1)
      const own = found.filter((id) => id.startsWith(`${name}-`))
      // More may be there: what was on disk, and not acknowledged yet.
      expect(own.slice(0, expected.length)).toEqual(expected)
    }
    expect(quarantinedDatabases(path)).toEqual([])
  })

  it('that move events of a project that is gone, killed at random moments, leave each in exactly one place', async () => {
    const ids = idsFrom('moved', 0, 3_000)
    const lines = ids.map((id) => lineOf(id)).join('')
    expect((await publish(lines)).status).toBe(0)
    renameSync(project, `${project}-before`)
    project = join(dirname(project), 'now')
    mkdirSync(join(project, '.kittify'), { recursive: true })
    const places = async (): Promise<readonly string[]> => {
      using queue = await openQueue(path)
      return Array.from(queue.events(), (event) => event.project)
    }
    for (let round = 0; round < ROUNDS; round += 1) {
      const before = (await places()).filter((one) => one === project).length
      const { child, ended } = startPublish()
      child.stdin.on('error', () => undefined).end(lines)
      // The kill comes while the events move or, on the last round at the latest, after that.
      while (child.exitCode === null && (await places()).filter((one) => one === project).length === before)
        await sleep(1)
      await sleep(Math.random() * 10)
      child.kill('SIGKILL')
      await ended
      expect((await queued()).toSorted()).toEqual(ids.toSorted())
    }
    expect((await publish(lines)).status).toBe(0)
    expect(await queued()).toEqual(ids)
    expect(new Set(await places())).toEqual(new Set([project]))
  })

  it('find the database damaged at once: it is put aside once, and all are queued', async () => {
    await publish(lineOf('old'))
    const content = readFileSync(path)
    writeFileSync(path, content.fill(0xa5, 0, 100))
    const results = await Promise.all(idsFrom('p', 0, 4).map((id) => publish(lineOf(id))))
    const aside = quarantinedDatabases(path)
    expect(aside).toHaveLength(1)
    expect(results.map(({ status, stdout }) => [status, stdout])).toEqual(
      results.map(() => [0, 'queued 1 event\n']),
    )
    // One that begins later finds the damaged one put aside already.
    const later =
      /^a damaged queue is still put aside; to save what is left in it:\n {2}.*sync queue --export FILE\n$/
    const notices = results.map(({ stderr }) => stderr).filter((text) => text !== '' && !later.test(text))
    expect(notices).toEqual([
      expect.stringMatching(
        /^the queue was damaged: it was moved to (\S+), and a new one started\nwhat waits in the damaged one is not sent; to save what can be read of it: .*spec-kitty sync queue --export FILE\n$/,
      ),
    ])
    expect(notices[0]).toContain(`moved to ${aside[0]},`)
    expect((await queued()).toSorted()).toEqual(idsFrom('p', 0, 4))
  })
})

it('waits for the disk before it acknowledges', async (context) => {
  needCommand(context, 'strace', ['-o', '/dev/null'])
  await publish(lineOf('first'))
  const trace = join(dirname(root), 'trace')
  const calls = 'fdatasync,fsync,write,writev,pwrite64,openat'
  await publish(lineOf('second'), [], ['strace', '-f', '-y', '-e', `trace=${calls}`, '-o', trace])
  const lines = readFileSync(trace, 'utf8').split('\n')
  const said = lines.findIndex((line) => /write.*queued 1 event/.test(line))
  const before = lines.slice(0, said)
  const written = before.findLastIndex((line) => /pwrite64\(\d+<[^>]*queue\.db-wal>/.test(line))
  const synced = before.findLastIndex((line) => /f(?:data)?sync\(\d+<[^>]*queue\.db-wal>/.test(line))
  expect([said > 0, written > 0]).toEqual([true, true])
  expect(synced).toBeGreaterThan(written)
})

describe('stdin', () => {
  it('is queued while it comes: Ctrl+C leaves what was queued', async () => {
    const { child, ended } = startPublish()
    child.stdin.write(
      idsFrom('e', 0, 1_500)
        .map((id) => lineOf(id))
        .join(''),
    )
    while (!(await isQueued('e-1499'))) await sleep(20)
    child.stdin.write(lineOf('late').slice(0, 20))
    child.kill('SIGINT')
    expect(await ended).toMatchObject({
      status: 130,
      stdout: '',
      stderr: 'spec-kitty: interrupted; to see what was done: spec-kitty sync status\n',
    })
    expect(await queued()).toEqual(idsFrom('e', 0, 1_500))
  })

  it('that ends in the middle of a line gives what is whole, and names the line', async () => {
    const { status, stdout, stderr } = await publish(`${lineOf('a')}\n${lineOf('b').slice(0, -10)}`)
    expect([status, stdout]).toEqual([1, 'queued 1 event, 1 line not queued\n'])
    expect(stderr).toMatch(/^line 3: it is not JSON: [^\n]*\n$/)
  })

  it('may have bad lines anywhere: each is named, and the rest is queued', async () => {
    const text = `${lineOf('a')}nope\n${lineOf('b')}[]\n{"event_id":"c"}\n${lineOf('a')}`
    const { status, stdout, stderr } = await publish(text, ['--json'])
    expect([status, stderr, JSON.parse(stdout)]).toEqual([
      1,
      '',
      {
        schema_version: 3,
        queued: 2,
        duplicates: 1,
        duplicates_dead: 0,
        rejected: [
          { line: 2, error: expect.stringContaining('it is not JSON') },
          { line: 4, error: 'it is not a JSON object' },
          { line: 5, error: 'event_type is missing' },
        ],
        rejected_count: 3,
        not_moved: null,
      },
    ])
  })

  it('may be a reader that is gone on the other side: the events are queued', async () => {
    const { child, ended } = startPublish()
    child.stdout.destroy()
    child.stdin.end(lineOf('a'))
    expect((await ended).status).toBe(0)
    expect(await queued()).toEqual(['a'])
  })

  it('stops at the cap: what was queued before stays, and the message says up to where', async () => {
    writeFileSync(join(makeRoot(), 'config.toml'), '[sync]\nmax_queue_size = 1500\n')
    const { status, stdout, stderr } = await publish(
      idsFrom('e', 0, 2_500)
        .map((id) => lineOf(id))
        .join(''),
    )
    expect([status, stdout]).toEqual([1, ''])
    expect(stderr).toBe(
      'up to line 1000: queued 1000 events\n' +
        `spec-kitty: the queue ${path} is full: at most 1500 events may wait ` +
        '(nothing was dropped; max_queue_size in config.toml sets the limit; to see why events wait: spec-kitty sync queue)\n',
    )
    expect(await queued()).toEqual(idsFrom('e', 0, 1_000))
  })
})

function makeRoot(): string {
  mkdirSync(root, { recursive: true })
  return root
}

async function isQueued(id: string): Promise<boolean> {
  return (await queued()).includes(id)
}
