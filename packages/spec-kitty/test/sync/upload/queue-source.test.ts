import { existsSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openQueue } from '../../../src/sync/queue/open-queue.js'
import type { NewEvent } from '../../../src/sync/queue/queue-types.js'
import { salvageAll } from '../../../src/sync/queue/salvage.js'
import { loadSqlite } from '../../../src/sync/queue/sqlite.js'
import { createQueueSource, type QueueSource } from '../../../src/sync/upload/queue-source.js'
import { makeHome, removeHomes } from '../../../../familiar/test/helpers/homes.js'

afterAll(removeHomes)

it('opens a queue once it is there, and creates none', async () => {
  const path = join(makeHome(), 'daemons', 'sync', 'queue.db')
  const source = createQueueSource(path, () => {})
  expect(await source.open(false)).toBeNull()
  expect(existsSync(dirname(path))).toBe(false)
  using queue = await openQueue(path)
  const opened = await source.open(false)
  expect(opened).not.toBeNull()
  expect(await source.open(false)).toBe(opened)
  // Nothing is wrong with it: it is opened again, and not moved aside.
  const again = await source.open(true)
  expect(again).not.toBe(opened)
  expect(again?.counts()).toEqual(queue.counts())
  await source.close()
})

it('opens a queue again that waited in vain, and ends the locks of connections that were closed', async () => {
  const path = join(makeHome(), 'daemons', 'sync', 'queue.db')
  using queue = await openQueue(path)
  const source = createQueueSource(path, () => {})
  const stuck = await source.open(false)
  await leaveLocked(path)
  expect(queue.lockProblem()).toContain('is busy')
  Object.defineProperty(stuck, 'isStuck', { value: true })
  const again = await source.open(false)
  expect(again).not.toBe(stuck)
  expect(queue.lockProblem()).toBeNull()
  expect(await source.open(false)).toBe(again)
  await source.close()
})

/** A closed connection keeps its lock until its statements are collected as garbage. */
async function leaveLocked(path: string): Promise<void> {
  const database = (await loadSqlite()).open(path)
  database.exec('BEGIN IMMEDIATE')
  database.prepare('SELECT 1').get()
  database.close()
}

function event(eventId: string): NewEvent {
  const envelope = JSON.stringify({ event_id: eventId })
  return { eventId, eventType: 'T', projectUuid: 'u', project: '/p', envelope }
}

/** Someone removes or moves the file of a queue that a daemon has open. */
describe('an open queue whose file', () => {
  const OWNER = { pid: process.pid, start_time: '1' }
  let path: string
  let source: QueueSource
  let log: (readonly [event: string, message: string])[]

  async function publish(...ids: readonly string[]): Promise<void> {
    using queue = await openQueue(path)
    queue.publish(ids.map(event), 100)
  }

  async function waiting(): Promise<readonly string[]> {
    using queue = await openQueue(path)
    return Array.from(queue.events(), ({ eventId }) => eventId)
  }

  function remove(...sides: readonly string[]): void {
    for (const side of ['', ...sides]) rmSync(path + side)
  }

  beforeEach(async () => {
    path = join(makeHome(), 'daemons', 'sync', 'queue.db')
    log = []
    source = createQueueSource(path, (...line) => void log.push(line))
    await publish('a', 'b')
    await source.open(false)
  })

  afterEach(() => source.close())

  it.each([[[]], [['-wal', '-shm']]])(
    'was removed is written anew, with its events: and %j',
    async (sides) => {
      remove(...sides)
      expect(source.lost()).toEqual({ state: 'removed', movedTo: null, events: 2 })
      await source.open(false)
      expect(source.lost()).toBeNull()
      expect(await waiting()).toEqual(['a', 'b'])
      const text = `${path} was removed while 2 events were in it: they are in a new file at that path`
      expect(log).toEqual([['queue_restored', text]])
    },
  )

  it('was removed is added to the new one that another process has made, before its events', async () => {
    remove()
    await publish('c', 'b')
    const queue = await source.open(false)
    expect(await waiting()).toEqual(['a', 'c', 'b'])
    await publish('d')
    expect(queue?.counts().queued).toBe(4)
  })

  it('was removed keeps what the server rejected', async () => {
    const queue = await source.open(false)
    const [first] = (await queue?.claim('/p', OWNER, { events: 1, bytes: 1_000 })) ?? []
    const seq = first?.seq ?? 0
    await queue?.settle(OWNER, [{ seq, outcome: 'dead', reason: 'bad', category: null }])
    remove()
    const next = await source.open(false)
    expect(Array.from(next?.deadLetters() ?? [], ({ eventId, reason }) => [eventId, reason])).toEqual([
      ['a', 'bad'],
    ])
  })

  it('was removed in the midst of a request takes its answer', async () => {
    const queue = await source.open(false)
    const [first] = (await queue?.claim('/p', OWNER, { events: 1, bytes: 1_000 })) ?? []
    remove()
    const results = [{ seq: first?.seq ?? 0, outcome: 'done' }] as const
    const start = performance.now()
    await expect(queue?.settle(OWNER, results)).rejects.toMatchObject({ code: 'E_QUEUE_BUSY' })
    expect(performance.now() - start).toBeLessThan(5_000)
    const next = await source.open(false)
    await next?.settle(OWNER, results)
    expect(await waiting()).toEqual(['b'])
  })

  it('was removed is written anew when the daemon ends', async () => {
    remove('-wal', '-shm')
    await source.close()
    expect(await waiting()).toEqual(['a', 'b'])
  })

  it('was removed with its directory is written anew when the daemon ends, and not before', async () => {
    rmSync(dirname(dirname(path)), { recursive: true })
    await expect(source.open(false)).rejects.toMatchObject({ code: 'E_QUEUE_UNUSABLE' })
    expect(existsSync(dirname(path))).toBe(false)
    await source.close()
    expect(await waiting()).toEqual(['a', 'b'])
    expect(statSync(dirname(path)).mode & 0o777).toBe(0o700)
  })

  it('was removed with its home is not written anew', async () => {
    const home = dirname(dirname(dirname(path)))
    rmSync(dirname(dirname(path)), { recursive: true })
    const closed = source.close()
    // Whoever removes a home removes the directory itself last.
    setTimeout(() => rmSync(home, { recursive: true }), 500)
    await closed
    expect(existsSync(home)).toBe(false)
  })

  it('was removed without an event in it is forgotten', async () => {
    const queue = await source.open(false)
    await queue?.claim('/p', OWNER, { events: 9, bytes: 1_000 })
    const seqs = Array.from(queue?.events() ?? [], ({ seq }) => seq)
    await queue?.settle(
      OWNER,
      seqs.map((seq) => ({ seq, outcome: 'done' })),
    )
    remove('-wal', '-shm')
    expect([source.lost(), await source.open(false)]).toEqual([null, null])
    expect(readdirSync(dirname(path))).not.toContain('queue.db')
  })

  it('was moved is not copied, and can be put back', async () => {
    const elsewhere = `${path}.backup`
    renameSync(path, elsewhere)
    expect(source.lost()).toEqual({ state: 'moved', movedTo: elsewhere, events: 2 })
    const queue = await source.open(false)
    expect(() => queue?.counts()).toThrow(
      expect.objectContaining({
        code: 'E_QUEUE_UNUSABLE',
        message: expect.stringContaining(
          `cannot be used: its file was moved to ${elsewhere} while 2 events were in it`,
        ),
        hint: `mv -n ${elsewhere} ${path}`,
      }),
    )
    renameSync(elsewhere, path)
    expect(source.lost()).toBeNull()
    expect(queue?.counts().queued).toBe(2)
  })

  it('was moved in the midst of a request, and replaced, is whole where it is, and its answer changes no other event', async () => {
    const queue = await source.open(false)
    const [first] = (await queue?.claim('/p', OWNER, { events: 1, bytes: 1_000 })) ?? []
    const elsewhere = `${path}.backup`
    renameSync(path, elsewhere)
    await publish('c')
    const results = [{ seq: first?.seq ?? 0, outcome: 'done' }] as const
    await expect(queue?.settle(OWNER, results)).rejects.toMatchObject({ code: 'E_QUEUE_BUSY' })
    const next = await source.open(false)
    expect(Array.from(next?.events() ?? [], ({ eventId }) => eventId)).toEqual(['c'])
    expect(log).toEqual([['queue_moved', expect.stringContaining(`moved to ${elsewhere} while 2 events`)]])
    const saved = Array.from(await salvageAll([elsewhere]), ({ envelope }) => JSON.parse(envelope).event_id)
    expect(saved).toEqual(['a', 'b'])
  })

  it('was moved stays open, also if it waited in vain: only this process knows where it is', async () => {
    const queue = await source.open(false)
    renameSync(path, `${path}.backup`)
    Object.defineProperty(queue, 'isStuck', { value: true })
    expect(await source.open(false)).toBe(queue)
    expect(source.lost()).toMatchObject({ state: 'moved', events: 2 })
  })

  it('was moved is left where it is if another process has made a new one', async () => {
    const elsewhere = `${path}.backup`
    renameSync(path, elsewhere)
    await publish('c')
    const queue = await source.open(false)
    expect(Array.from(queue?.events() ?? [], ({ eventId }) => eventId)).toEqual(['c'])
    expect(log).toEqual([['queue_moved', expect.stringContaining(`moved to ${elsewhere} while 2 events`)]])
    // It is whole without its WAL.
    await source.close()
    for (const side of ['', '-wal', '-shm']) rmSync(path + side, { force: true })
    renameSync(elsewhere, path)
    expect(await waiting()).toEqual(['a', 'b'])
  })
})
