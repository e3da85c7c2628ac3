import { spawnSync } from 'node:child_process'
import {
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { publishEvents } from '../../src/sync/publish-events.js'
import { keepSize, knownSize, settleSize } from '../../src/sync/queue/damaged-note.js'
import { markExported } from '../../src/sync/queue/quarantined-databases.js'
import { readQueue } from '../../src/sync/read-queue.js'
import { publishLines, type PublishReport } from '../../src/sync/publish-lines.js'
import type { Line } from '../../src/sync/read-lines.js'
import { lossText } from '../../src/sync/queue/loss-text.js'
import { newestSeq } from '../../src/sync/queue/count-events.js'
import { openHandle, openQueue, openQueueToLook, replaceRemoved } from '../../src/sync/queue/open-queue.js'
import type { NewEvent } from '../../src/sync/queue/queue-types.js'
import { loadSqlite } from '../../src/sync/queue/sqlite.js'
import { noteCommitted, noteSize } from '../../src/sync/queue/note-file.js'
import {
  forgetLosses,
  lostEvents,
  putOlderAside,
  type LostEvents,
} from '../../src/sync/queue/waiting-note.js'
import { makeHome, removeHomes } from '../../../familiar/test/helpers/homes.js'

const MAX = 100_000
const PUBLISH = fileURLToPath(new URL('../fixtures/processes/queue-publish.mjs', import.meta.url))
const OWNER = { pid: process.pid, start_time: '1' }

let path: string
let noticed: LostEvents[]
const onLost = (lost: LostEvents): void => void noticed.push(lost)

beforeEach(() => {
  path = join(makeHome(), 'daemons', 'sync', 'queue.db')
  noticed = []
})

afterAll(removeHomes)

function event(eventId: string): NewEvent {
  return {
    eventId,
    eventType: 'T',
    projectUuid: 'u',
    project: '/p',
    envelope: JSON.stringify({ event_id: eventId }),
  }
}

async function publish(...ids: readonly string[]): Promise<void> {
  using queue = await openQueue(path, { onLost })
  queue.publish(ids.map(event), MAX)
}

/** In a process of its own: at its end, nothing of the file is open any more. */
function publishAlone(...ids: readonly string[]): void {
  const { status, stderr } = spawnSync(process.execPath, [PUBLISH, path, ...ids], { encoding: 'utf8' })
  expect([status, stderr]).toEqual([0, ''])
}

/** Sends the oldest event; the server takes it, or rejects it. */
async function settleOne(outcome: 'done' | 'dead'): Promise<void> {
  using queue = await openQueue(path)
  const [first] = await queue.claim('/p', OWNER, { events: 1, bytes: 1_000 })
  const seq = first?.seq ?? 0
  await queue.settle(OWNER, [
    outcome === 'done' ? { seq, outcome } : { seq, outcome, reason: 'bad', category: null },
  ])
}

async function publishFor(project: string, ...ids: readonly string[]): Promise<void> {
  using queue = await openQueue(path, { onLost })
  queue.publish(
    ids.map((id) => ({ ...event(id), project })),
    MAX,
  )
}

async function settleAll(project: string): Promise<void> {
  using queue = await openQueue(path)
  const all = await queue.claim(project, OWNER, { events: 100, bytes: 100_000 })
  await queue.settle(
    OWNER,
    all.map(({ seq }) => ({ seq, outcome: 'done' })),
  )
}

/** What a command says that only looks. */
async function seen(): Promise<LostEvents | null> {
  const queue = await openQueueToLook(path)
  const found = lostEvents(
    path,
    (seq) => queue?.contains(seq) === true,
    () => queue?.newest() ?? null,
  )
  queue?.[Symbol.dispose]()
  return found
}

async function newest(): Promise<number> {
  using queue = await openQueue(path)
  return queue.newest() ?? 0
}

async function seqOf(id: string): Promise<number> {
  using queue = await openQueue(path)
  return Array.from(queue.events()).find(({ eventId }) => eventId === id)?.seq ?? 0
}

function remove(): void {
  for (const side of ['', '-wal', '-shm']) rmSync(path + side, { force: true })
}

const notes = (): readonly string[] => readdirSync(dirname(path)).filter((name) => name.endsWith('.json'))

describe('a queue that is gone', () => {
  it('is told with all that was in it, also what the server had rejected, whoever queued it', async () => {
    await publish('a')
    await publish('b', 'c', 'd', 'e')
    await settleOne('done')
    await settleOne('dead')
    remove()
    expect(lostEvents(path)).toMatchObject({ waiting: 3, rejected: 1, file: 'missing' })
    expect(lossText(path, { waiting: 3, rejected: 1, seenAt: null, file: 'missing' })).toBe(
      `lost: 3 events waited and 1 event that the server rejected was kept, and the queue ${path} is not there any more`,
    )
  })

  it('is told if only rejected events were in it', async () => {
    await publish('a')
    await settleOne('dead')
    remove()
    expect(lostEvents(path)).toMatchObject({ waiting: 0, rejected: 1 })
  })

  it('is told of events that wait again, and not of those that were dropped', async () => {
    await publish('a', 'b')
    await settleOne('dead')
    using queue = await openQueue(path)
    queue.retry(['a'])
    expect(JSON.parse(readFileSync(join(dirname(path), 'waiting.json'), 'utf8'))).toMatchObject({
      waiting: 2,
      rejected: 0,
    })
    await settleOne('dead')
    queue.drop(['a'])
    remove()
    expect(lostEvents(path)).toMatchObject({ waiting: 1, rejected: 0 })
  })

  it('is noticed by whoever makes the next one, and told until the user says that it is known', async () => {
    await publish('a', 'b')
    remove()
    await publish('c')
    expect(noticed).toMatchObject([{ waiting: 2, rejected: 0, file: 'replaced' }])
    await settleOne('done')
    expect(lostEvents(path)).toMatchObject({ waiting: 2, file: 'replaced' })
    await publish('d')
    remove()
    expect(lostEvents(path)).toMatchObject({ waiting: 3, file: 'missing' })
    await publish('e')
    expect(noticed.length).toBe(2)
    forgetLosses(path)
    expect([lostEvents(path), notes()]).toEqual([null, ['waiting.json']])
    await publish('f')
    expect(noticed.length).toBe(2)
  })

  it('is nothing if everything was sent, and a first queue is nothing new', async () => {
    await publish('a')
    await settleOne('done')
    remove()
    expect(lostEvents(path)).toBeNull()
    await publish('b')
    expect([noticed, lostEvents(path)]).toEqual([[], null])
  })

  it('is not known of one that was put aside as damaged', async () => {
    await publish('a')
    writeFileSync(path, readFileSync(path).fill(0xa5, 0, 100))
    for (const side of ['-wal', '-shm']) rmSync(path + side, { force: true })
    using queue = await openQueue(path)
    expect(queue.counts().queued).toBe(0)
    remove()
    expect(lostEvents(path)).toBeNull()
  })
})

describe('a queue that is back', () => {
  it.each(['moved', 'copied'] as const)('is not lost: %s', async (how) => {
    publishAlone('a', 'b')
    const elsewhere = `${path}.elsewhere`
    if (how === 'moved') renameSync(path, elsewhere)
    else copyFileSync(path, elsewhere)
    remove()
    expect(lostEvents(path)).toMatchObject({ waiting: 2 })
    publishAlone('c')
    expect(lostEvents(path)).toMatchObject({ waiting: 2 })
    remove()
    renameSync(elsewhere, path)
    // The event of the queue between is lost.
    using queue = await openQueue(path, { onLost })
    expect(lostEvents(path, (seq) => queue.contains(seq))).toMatchObject({ waiting: 1 })
    expect([noticed.length, notes().length]).toEqual([1, 2])
  })

  it('before another was made was never lost', async () => {
    publishAlone('a')
    renameSync(path, `${path}.old`)
    renameSync(`${path}.old`, path)
    await publish('b')
    expect([noticed, lostEvents(path)]).toEqual([[], null])
  })

  it('without its newest event, as an older copy, is lost', async () => {
    publishAlone('a')
    const elsewhere = `${path}.elsewhere`
    copyFileSync(path, elsewhere)
    publishAlone('b')
    remove()
    publishAlone('c')
    remove()
    renameSync(elsewhere, path)
    await publish('d')
    // Those of the first queue, and the one that was in the queue between.
    expect(lostEvents(path)).toMatchObject({ waiting: 3 })
  })

  it('from a process that has it open ends its own loss, and no earlier one', async () => {
    await publish('earlier')
    remove()
    const open = await openQueue(path)
    open.publish(['a', 'b'].map(event), MAX)
    for (const side of ['', '-wal', '-shm']) rmSync(path + side)
    // Another process makes a new one, in which one of the events is queued too.
    await publish('b')
    expect(lostEvents(path)).toMatchObject({ waiting: 3 })
    using next = await replaceRemoved(open)
    expect(next.counts().queued).toBe(2)
    expect(lostEvents(path)).toMatchObject({ waiting: 1 })
  })
})

/** As after a restore from a backup. */
describe('an older copy in the place of the queue', () => {
  const copy = (): string => `${path}.copy`

  function restore(): void {
    remove()
    copyFileSync(copy(), path)
  }

  it.each([1, 2])('is told with what was queued since: %i events', async (count) => {
    publishAlone('a', 'b')
    copyFileSync(path, copy())
    for (let at = 0; at < count; at += 1) publishAlone(`lost-${at}`)
    restore()
    expect(await seen()).toMatchObject({ waiting: count, rejected: 0, isAtMost: count > 1, file: 'older' })
    expect(notes()).toEqual(['waiting.json'])
    await publish('c')
    expect(noticed).toMatchObject([{ waiting: count, file: 'replaced' }])
    expect(lostEvents(path)).toMatchObject({ waiting: count, file: 'replaced' })
  })

  it('stays told, whatever is queued afterwards: the numbers of lost events are not given again', async () => {
    publishAlone('a')
    copyFileSync(path, copy())
    publishAlone('b')
    restore()
    await publish('c', 'd', 'e')
    using queue = await openQueue(path, { onLost })
    expect(lostEvents(path, (seq) => queue.contains(seq))).toMatchObject({ waiting: 1 })
    expect(noticed.length).toBe(1)
  })

  it('is nothing if all that was queued since was sent', async () => {
    publishAlone('a')
    copyFileSync(path, copy())
    publishAlone('b')
    await settleOne('done')
    await settleOne('done')
    restore()
    await publish('c')
    expect([noticed, lostEvents(path)]).toEqual([[], null])
  })

  it('is ended by the file that was there before', async () => {
    publishAlone('a')
    copyFileSync(path, copy())
    publishAlone('b')
    renameSync(path, `${path}.right`)
    restore()
    await publish()
    expect(lostEvents(path)).toMatchObject({ waiting: 1 })
    remove()
    renameSync(`${path}.right`, path)
    using queue = await openQueue(path)
    expect(lostEvents(path, (seq) => queue.contains(seq))).toBeNull()
  })

  it('is nothing if it has all that waits: what was queued since was sent', async () => {
    publishAlone('a', 'b', 'c', 'd', 'e')
    copyFileSync(path, copy())
    await publishFor('/other', 'f', 'g', 'h')
    await settleAll('/other')
    restore()
    expect(await seen()).toBeNull()
    await publish()
    expect([noticed, await seen()]).toEqual([[], null])
    expect(await newest()).toBeGreaterThan((await seqOf('e')) + 2)
  })

  it('is nothing if it has all that waits: only duplicates were queued since', async () => {
    publishAlone('a', 'b', 'c', 'd')
    copyFileSync(path, copy())
    publishAlone('a', 'b', 'c')
    await settleOne('done')
    restore()
    expect(await seen()).toBeNull()
    await publish()
    expect([noticed, await seen()]).toEqual([[], null])
  })

  it('is told with how many it lacks at most, where numbers were used up', async () => {
    publishAlone('a', 'b', 'c', 'd')
    copyFileSync(path, copy())
    publishAlone('a', 'b')
    publishAlone('e')
    restore()
    expect(await seen()).toMatchObject({ waiting: 3, isAtMost: true, file: 'older' })
    await publish()
    const told = await seen()
    expect(told).toMatchObject({ waiting: 3, isAtMost: true, file: 'replaced' })
    expect(told === null ? '' : lossText(path, told)).toContain('lost: up to 3 events waited')
  })

  it('is found by who reads the queue, who need not open it again', async () => {
    publishAlone('a')
    copyFileSync(path, copy())
    publishAlone('b')
    restore()
    const read = await readQueue(dirname(dirname(dirname(path))))
    expect(read).toMatchObject({ queued: 1, lost: { waiting: 1, file: 'older' } })
  })

  it('is not written into before it was noticed, also if another program keeps it locked', async () => {
    publishAlone('a')
    copyFileSync(path, copy())
    publishAlone('b')
    restore()
    const other = (await loadSqlite()).open(path)
    other.exec('BEGIN IMMEDIATE')
    await expect(openQueue(path)).rejects.toMatchObject({ code: 'E_QUEUE_BUSY' })
    other.exec('ROLLBACK')
    other.close()
    await publish('c')
    expect([noticed.length, await seen()]).toMatchObject([1, { waiting: 1, file: 'replaced' }])
  })

  it('gives no number again that the other may have given, also one whose commit was not noted', async () => {
    publishAlone('a')
    copyFileSync(path, copy())
    publishAlone('b', 'c', 'd')
    const last = await seqOf('d')
    noteCommitted(path, last - 2)
    restore()
    expect(await seen()).toMatchObject({ waiting: 1, isAtMost: true })
    await publish('e', 'f')
    expect(await seqOf('e')).toBe(last + 1)
    expect(await seen()).toMatchObject({ waiting: 1 })
  })

  it('is told once, also if who noticed it was killed before it had raised the numbers', async () => {
    publishAlone('a')
    const old = await newest()
    copyFileSync(path, copy())
    publishAlone('b')
    restore()
    expect(putOlderAside(path, () => old)).toMatchObject({ givenSeq: old + 1, lost: { waiting: 1 } })
    expect(notes().length).toBe(2)
    await publish()
    expect([await seen(), await newest()]).toMatchObject([{ waiting: 1, isAtMost: false }, old + 1])
    await publish('c')
    expect([await seen(), notes().length]).toMatchObject([{ waiting: 1, isAtMost: false }, 2])
  })

  it('is not taken for one that was interrupted before its commit', async () => {
    publishAlone('a')
    const sqlite = await loadSqlite()
    const database = sqlite.open(path)
    const before = newestSeq(database)
    noteSize(path, { waiting: 2, rejected: 0, lastSeq: (before ?? 0) + 1 }, before)
    database.close()
    await publish()
    expect([noticed, lostEvents(path)]).toEqual([[], null])
  })
})

describe('what cannot be written or read beside the queue', () => {
  it('keeps no event from being queued, and forgets no loss', async () => {
    await publish('a')
    remove()
    await publish('b')
    rmSync(join(dirname(path), 'waiting.json'))
    mkdirSync(join(dirname(path), 'waiting.json'))
    await publish('c')
    noteSize(path, { waiting: 9, rejected: 0, lastSeq: null }, null)
    expect(lostEvents(path)).toMatchObject({ waiting: 1 })
    remove()
    await publish('d')
    expect(lostEvents(path)).toMatchObject({ waiting: 1 })
  })

  it('is said by who wants to forget it', async () => {
    await publish('a')
    remove()
    await publish('b')
    const lost = notes().find((name) => name.startsWith('lost-')) ?? ''
    rmSync(join(dirname(path), lost))
    mkdirSync(join(dirname(path), lost))
    expect(() => forgetLosses(path)).toThrow(/EISDIR|directory/)
  })

  it('of the queue itself fails no publish once an event is in it', async () => {
    using handle = await openHandle(path)
    const published = await handle.use((queue) => {
      queue.publish([event('a')], MAX)
      const waiting = (): never => {
        throw new Error('no descriptor is left')
      }
      return publishEvents({ publish: queue.publish.bind(queue), waiting }, [event('a'), event('b')], MAX)
    })
    // What was there already may have had to move: that it did not is told.
    const expected = { queued: 1, duplicates: ['a'], dead: 0, notMoved: 'no descriptor is left' }
    expect(published).toEqual(expected)
    const report: PublishReport = { line: 0, queued: 0, duplicates: 0, dead: 0, rejected: 0, notMoved: null }
    const publish = () => Promise.resolve(published)
    const read = () => Promise.resolve({ state: 'event' as const, event: event('b') })
    await publishLines(oneLine(), { publish, read, onRejected: () => undefined }, report)
    expect(report).toMatchObject({ queued: 1, duplicates: 1, notMoved: 'no descriptor is left' })
  })
})

it('of a damaged queue, what could not be read is lost once the rest is saved', async () => {
  await publish('a', 'b', 'c')
  const database = `${path}.corrupt-2026-01-01T000000.000Z`
  keepSize(path, database)
  writeFileSync(database, '')
  settleSize(database, { waiting: 1, rejected: 0 })
  expect([lostEvents(path), knownSize([database])]).toEqual([null, 3])
  markExported(database, 'waiting')
  markExported(database, 'rejected')
  settleSize(database, { waiting: 1, rejected: 0 })
  expect([lostEvents(path)?.waiting, lostEvents(path)?.file, knownSize([database])]).toEqual([
    2,
    'damaged',
    0,
  ])
  rmSync(database)
  expect(lostEvents(path)?.waiting).toBe(2)
  forgetLosses(path)
  expect(lostEvents(path)).toBe(null)
})

describe('of a damaged queue that was put aside', () => {
  const database = (): string => `${path}.corrupt-${new Date().toISOString().replaceAll(':', '')}`

  it('the number stays with it, also if the process was killed in between', async () => {
    await publish('a', 'b')
    const aside = database()
    renameSync(path, aside)
    expect(lostEvents(path)).toBeNull()
    await publish('c')
    expect([noticed, lostEvents(path), knownSize([aside])]).toEqual([[], null, 2])
    remove()
    expect(lostEvents(path)).toMatchObject({ waiting: 1, file: 'missing' })
  })

  it('what was saved is not lost with it, also if its rejected events were not wanted', async () => {
    await publish('a', 'b', 'c', 'd')
    await settleOne('dead')
    const aside = database()
    renameSync(path, aside)
    keepSize(path, aside)
    markExported(aside, 'waiting')
    // One that waited cannot be read. Whoever exports them again has saved the same.
    for (const _ of [1, 2]) settleSize(aside, { waiting: 2, rejected: 1 })
    expect(knownSize([aside])).toBe(2)
    const [size = ''] = notes()
    copyFileSync(aside, `${aside}.kept`)
    rmSync(aside)
    expect(lostEvents(path)).toMatchObject({ waiting: 1, rejected: 1, file: 'damaged', isRestSaved: false })
    renameSync(`${aside}.kept`, aside)
    markExported(aside, 'rejected')
    settleSize(aside, { waiting: 2, rejected: 1 })
    expect([lostEvents(path), notes()]).toMatchObject([
      { waiting: 1, rejected: 0, isRestSaved: true },
      [`lost-${size}`],
    ])
  })

  it('what is lost is told once, and the next attempt goes on, if the process was killed in between', async () => {
    await publish('a', 'b')
    const aside = database()
    renameSync(path, aside)
    keepSize(path, aside)
    const [size = ''] = notes()
    copyFileSync(join(dirname(path), size), join(dirname(path), `lost-${size}`))
    writeFileSync(join(dirname(path), `lost-${size}`), '')
    for (const kind of ['waiting', 'rejected'] as const) markExported(aside, kind)
    settleSize(aside, { waiting: 1, rejected: 0 })
    expect([lostEvents(path), notes()]).toMatchObject([{ waiting: 1, file: 'damaged' }, [`lost-${size}`]])
    writeFileSync(join(dirname(path), size), readFileSync(join(dirname(path), `lost-${size}`)))
    rmSync(aside)
    expect(lostEvents(path)).toMatchObject({ waiting: 1 })
  })
})

async function* oneLine(): AsyncGenerator<readonly Line[]> {
  yield [{ number: 1, text: '{}' }]
}
