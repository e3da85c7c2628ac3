import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { JsonObject } from 'familiar'
import { ownProcessName } from 'familiar/cli'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { fileAt, openReady } from '../../src/sync/queue/connection.js'
import { openQueue, openQueueIfThere } from '../../src/sync/queue/open-queue.js'
import { loadSqlite } from '../../src/sync/queue/sqlite.js'
import { SqliteQueue } from '../../src/sync/queue/sqlite-queue.js'
import { idsBut } from '../../src/sync/use-queue.js'
import type { NewEvent } from '../../src/sync/queue/queue-types.js'
import { makeHome, removeHomes } from '../../../familiar/test/helpers/homes.js'

const LIMITS = { events: 1000, bytes: 256 * 1024 }
const MAX = 100_000

let path: string
let queue: SqliteQueue
let own: JsonObject

beforeEach(async () => {
  path = join(makeHome(), 'daemons', 'sync', 'queue.db')
  queue = await openQueue(path)
  own = { ...(await ownProcessName()), instance_id: 'one' }
})

afterEach(() => queue[Symbol.dispose]())
afterAll(removeHomes)

function event(eventId: string, more: Partial<NewEvent> = {}): NewEvent {
  const envelope = JSON.stringify({ event_id: eventId })
  return { eventId, eventType: 'T', projectUuid: 'u', project: '/p', envelope, ...more }
}

const events = (...ids: readonly string[]): readonly NewEvent[] => ids.map((id) => event(id))
const idsOf = (found: Iterable<{ readonly eventId: string }>): readonly string[] =>
  Array.from(found, ({ eventId }) => eventId)

describe('publish', () => {
  it('queues events in their order, each id once', () => {
    expect(queue.publish(events('b', 'a', 'b'), MAX)).toEqual({ queued: 2, duplicates: ['b'], dead: 0 })
    expect(queue.publish(events('a', 'c'), MAX)).toEqual({ queued: 1, duplicates: ['a'], dead: 0 })
    expect(idsOf(queue.events())).toEqual(['b', 'a', 'c'])
    expect(queue.counts()).toMatchObject({ queued: 3, deadLetters: 0 })
  })

  it('opens the database again if SQLite could open it only for reading, as without a free descriptor', async () => {
    const sqlite = await loadSqlite()
    const database = sqlite.open(`${pathToFileURL(path).href}?mode=ro`)
    const reader = { database, file: fileAt(path) ?? '', wal: fileAt(`${path}-wal`), format: 1 }
    const readOnly = new SqliteQueue(path, reader, () => openReady(sqlite, path))
    expect(readOnly.publish(events('a'), MAX)).toMatchObject({ queued: 1 })
    expect(idsOf(readOnly.events())).toEqual(['a'])
    readOnly[Symbol.dispose]()
  })

  it('keeps every character', () => {
    const odd = [
      '\0',
      'a\0b',
      '\ud800',
      '\u{1f408}',
      '"\\',
      "'; DROP TABLE events; --",
      '\n',
      '%',
      '',
      '__proto__',
    ]
    const all = odd.map((id) =>
      event(id, { eventType: id, projectUuid: id, project: `/p/${id}`, envelope: JSON.stringify({ id }) }),
    )
    expect(queue.publish(all, MAX).queued).toBe(odd.length)
    const found = [...queue.events()]
    expect(found.length).toBe(all.length)
    expect(found).toMatchObject(all)
    expect(queue.publish(all, MAX).duplicates).toEqual(odd)
    expect(queue.waiting().map(({ project }) => project)).toEqual(odd.map((id) => `/p/${id}`))
  })

  it('queues all or none when the queue is full, and evicts nothing', () => {
    queue.publish(events('a', 'b'), 3)
    expect(() => queue.publish(events('c', 'd'), 3)).toThrow(
      expect.objectContaining({ code: 'E_QUEUE_FULL', exit: 1 }),
    )
    expect(idsOf(queue.events())).toEqual(['a', 'b'])
    expect(queue.publish(events('c'), 3).queued).toBe(1)
    // What is there already is no reason to fail.
    expect(queue.publish(events('a', 'b', 'c'), 3)).toEqual({
      queued: 0,
      duplicates: ['a', 'b', 'c'],
      dead: 0,
    })
  })
})

describe('an event of a project whose directory is gone', () => {
  const to = (project: string, ...ids: readonly string[]) => ids.map((id) => event(id, { project }))
  const placesOf = () => Array.from(queue.events(), ({ eventId, project }) => [eventId, project])

  it('moves to the end of the project that publishes it, even into a full queue', () => {
    const there = dirname(path)
    queue.publish([...to('/gone', 'a', 'b'), ...to(there, 'c')], 3)
    expect(queue.publish(to(there, 'b', 'c', 'a', 'b'), 3)).toEqual({
      queued: 2,
      duplicates: ['c', 'b'],
      dead: 0,
    })
    expect(placesOf()).toEqual([
      ['c', there],
      ['b', there],
      ['a', there],
    ])
    expect(queue.publish(to(there, 'a', 'b'), 3).queued).toBe(0)
  })

  it('stays where it is if it is on its way, or was rejected, or its directory is there', async () => {
    const there = dirname(path)
    queue.publish(
      [...to('/gone', 'dead'), ...to('/gone2', 'on its way'), ...to(dirname(there), 'other')],
      MAX,
    )
    const [dead] = await queue.claim('/gone', own, LIMITS)
    await queue.settle(own, [{ seq: dead?.seq ?? 0, outcome: 'dead', reason: 'no', category: null }])
    await queue.claim('/gone2', own, LIMITS)
    const ids = ['dead', 'on its way', 'other']
    expect(queue.publish(to(there, ...ids), MAX)).toEqual({ queued: 0, duplicates: ids, dead: 1 })
    expect(idsOf(queue.deadLetters())).toEqual(['dead'])
    expect(placesOf()).toEqual([
      ['on its way', '/gone2'],
      ['other', dirname(there)],
    ])
  })
})

describe('events of different projects that stood in one directory', () => {
  const one = { project: '/p', projectUuid: 'one', origin: 'first' }
  const other = { project: '/p', projectUuid: 'other', origin: 'second' }
  const old = { project: '/p', projectUuid: 'old "uuid\0' }
  const OLD = JSON.stringify({ publishedUuid: old.projectUuid })
  const ALL = [event('1', one), event('2', other), event('3', old), event('4', one)]

  it('are dropped by origin; what is rejected, or on its way, stays', async () => {
    queue.publish([...ALL, event('5', { project: '/elsewhere' })], MAX)
    expect(await queue.dropWaiting('/p', ['first', OLD])).toEqual(['1', '3', '4'])
    expect(await queue.dropWaiting('/p', [])).toEqual([])
    const [rejected] = await queue.claim('/elsewhere', own, LIMITS)
    await queue.settle(own, [{ seq: rejected?.seq ?? 0, outcome: 'dead', reason: 'no', category: null }])
    await queue.claim('/p', own, LIMITS)
    for (const [project, origin] of [
      ['/p', 'second'],
      ['/elsewhere', rejected?.origin ?? ''],
    ] as const)
      expect(await queue.dropWaiting(project, [origin])).toEqual([])
    expect([idsOf(queue.events()), idsOf(queue.deadLetters())]).toEqual([['2'], ['5']])
    await queue.release(own)
    expect(await queue.dropWaiting('/p', ['second'])).toEqual(['2'])
  })

  it('are dropped although a process that is gone has claimed them', async () => {
    queue.publish(ALL, MAX)
    await queue.claim('/p', { ...own, birth: '1', instance_id: 'dead' }, LIMITS)
    expect(await queue.dropWaiting('/p', ['first'])).toEqual(['1', '4'])
    expect((await queue.claim('/p', own, LIMITS)).map(({ eventId }) => eventId)).toEqual(['2', '3'])
  })

  it('are told apart, also those of a version that recorded no origin', () => {
    queue.publish(ALL, MAX)
    expect(queue.waiting()).toMatchObject([
      { ...one, count: 2 },
      { ...other, count: 1 },
      { project: '/p', projectUuid: old.projectUuid, origin: OLD, count: 1 },
    ])
  })

  it.each([
    [['first'], ['1', '4']],
    [
      ['second', OLD],
      ['2', '3'],
    ],
    [['third'], []],
    [undefined, ['1', '2', '3', '4']],
  ])('are claimed by origin: %j', async (origins, ids) => {
    queue.publish(ALL, MAX)
    const claimed = await queue.claim('/p', own, { ...LIMITS, ...(origins === undefined ? {} : { origins }) })
    expect(idsOf(claimed)).toEqual(ids)
  })

  it('move to the project that publishes them, if they are named as stranded', () => {
    queue.publish(ALL, MAX)
    const again = ALL.map((it) => ({ ...it, origin: 'third' }))
    expect(queue.publish(again, MAX, [{ project: '/p', origin: 'first' }])).toMatchObject({
      queued: 2,
      duplicates: ['2', '3'],
    })
    expect(idsOf(queue.events())).toEqual(['2', '3', '1', '4'])
  })
})

describe('what waits', () => {
  it('is told per project, that with the oldest event first', async () => {
    const at = (id: string, project: string) => event(id, { project, projectUuid: `${project}-uuid` })
    queue.publish([at('1', '/b'), at('2', '/a'), at('3', '/b')], MAX)
    await fail('/b', 'busy')
    const { oldestAt } = queue.counts()
    const originOf = (publishedUuid: string) => ({ origin: JSON.stringify({ publishedUuid }) })
    expect(queue.waiting()).toEqual([
      {
        project: '/b',
        projectUuid: '/b-uuid',
        ...originOf('/b-uuid'),
        count: 2,
        oldestAt,
        attempts: 1,
        lastError: 'busy',
      },
      {
        project: '/a',
        projectUuid: '/a-uuid',
        ...originOf('/a-uuid'),
        count: 1,
        oldestAt,
        attempts: 0,
        lastError: null,
      },
    ])
  })

  it('is nothing at first, and asking creates nothing', async () => {
    expect(queue.counts()).toEqual({ queued: 0, oldestAt: null, deadLetters: 0 })
    expect([queue.waiting(), [...queue.events()], [...queue.deadLetters()]]).toEqual([[], [], []])
    const none = join(makeHome(), 'daemons')
    expect(await openQueueIfThere(join(none, 'queue.db'))).toBe(null)
    expect(() => mkdirSync(none)).not.toThrow()
  })

  it('is read in pages, all of it', () => {
    const ids = Array.from({ length: 500 }, (_, at) => `e${at}`)
    queue.publish(events(...ids), MAX)
    expect(idsOf(queue.events())).toEqual(ids)
  })
})

async function fail(project: string, error: string): Promise<void> {
  const claimed = await queue.claim(project, own, { ...LIMITS, events: 1 })
  await queue.settle(
    own,
    claimed.map(({ seq }) => ({ seq, outcome: 'keep', error })),
  )
}

async function reject(count: number): Promise<void> {
  const claimed = await queue.claim('/p', own, { ...LIMITS, events: count })
  const results = claimed.map(({ seq }) => ({
    seq,
    outcome: 'dead' as const,
    reason: 'bad \0 thing',
    category: 'schema',
  }))
  await queue.settle(own, results)
}

describe('while another connection writes', () => {
  it.each(['claim', 'settle', 'release'] as const)('%s lets the event loop go on', async (method) => {
    queue.publish(events('a'), MAX)
    const other = (await loadSqlite()).open(path)
    other.exec('BEGIN IMMEDIATE')
    // It could never end if waiting kept this thread.
    setTimeout(() => other.exec('COMMIT'), 200)
    const act = {
      claim: () => queue.claim('/p', own, LIMITS),
      settle: () => queue.settle(own, []),
      release: () => queue.release(own),
    }
    await act[method]()
    other.close()
  })

  it('says that it waited in vain, because the system may not have released a lock of its own', async () => {
    const sqlite = await loadSqlite()
    const other = sqlite.open(path)
    const connection = openReady(sqlite, path)
    if (connection === null) throw new Error('there is no queue')
    const stuck = new SqliteQueue(path, connection, () => openReady(sqlite, path), 300)
    other.exec('BEGIN IMMEDIATE')
    expect(stuck.isStuck).toBe(false)
    await expect(stuck.release(own)).rejects.toMatchObject({ code: 'E_QUEUE_BUSY' })
    expect(stuck.isStuck).toBe(true)
    // Until it is opened again it waits as before: the answers of a server may not be lost at the first collision.
    setTimeout(() => other.exec('ROLLBACK'), 120)
    await stuck.release(own)
    stuck[Symbol.dispose]()
    other.close()
  })
})

it('an event that is in transit can be removed: its result changes nothing, and the claim ends', async () => {
  queue.publish(events('a', 'b'), MAX)
  const claimed = await queue.claim('/p', own, LIMITS)
  expect([queue.dropWaitingEvent('a'), queue.dropWaitingEvent('a')]).toEqual([true, false])
  await queue.settle(
    own,
    claimed.map(({ seq }) => ({ seq, outcome: 'keep', error: 'down' })),
  )
  expect(idsOf(queue.events())).toEqual(['b'])
  expect(idsOf(await queue.claim('/p', own, LIMITS))).toEqual(['b'])
})

it('an event holds up its project if it is the oldest there and was sent in vain', async () => {
  const more = { project: '/q' }
  queue.publish(events('a', 'b', 'c'), MAX)
  queue.publish([event('d', more), event('e', { ...more, origin: 'other' })], MAX)
  const all = ['a', 'b', 'c', 'd', 'e', 'none']
  expect(queue.unsettled(all)).toEqual([])
  const fail = async (project: string) => {
    const claimed = await queue.claim(project, own, LIMITS)
    await queue.settle(
      own,
      claimed.map(({ seq }) => ({ seq, outcome: 'keep', error: 'down' })),
    )
  }
  await fail('/p')
  expect(queue.unsettled(all)).toEqual(['a'])
  await fail('/q')
  expect(queue.unsettled(all)).toEqual(['a', 'd', 'e'])
  expect(queue.dropWaitingEvent('a')).toBe(true)
  expect(queue.unsettled(all)).toEqual(['b', 'd', 'e'])
  const [b] = await queue.claim('/p', own, { ...LIMITS, events: 1 })
  await queue.settle(own, [{ seq: b?.seq ?? 0, outcome: 'dead', reason: 'no', category: null }])
  expect(queue.unsettled(all)).toEqual(['c', 'd', 'e'])
})

describe('a claim', () => {
  it('takes the oldest events of one project, up to its limits, and at least one', async () => {
    const large = (id: string) => event(id, { envelope: JSON.stringify('x'.repeat(998)) })
    queue.publish([event('other', { project: '/q' }), large('a'), large('b'), large('c')], MAX)
    const claim = async (limits: typeof LIMITS) => {
      const ids = idsOf(await queue.claim('/p', own, limits))
      await queue.release(own)
      return ids
    }
    expect(await claim({ events: 2, bytes: 10_000 })).toEqual(['a', 'b'])
    expect(await claim({ events: 9, bytes: 2_999 })).toEqual(['a', 'b'])
    expect(await claim({ events: 9, bytes: 3_000 })).toEqual(['a', 'b', 'c'])
    expect(await claim({ events: 9, bytes: 1 })).toEqual(['a'])
    expect(await queue.claim('/none', own, LIMITS)).toEqual([])
  })

  it('excludes every other claim of that project while its process lives, and no other project', async () => {
    queue.publish([...events('a', 'b'), event('q', { project: '/q' })], MAX)
    const other = { ...own, instance_id: 'two' }
    expect(idsOf(await queue.claim('/p', own, { ...LIMITS, events: 1 }))).toEqual(['a'])
    expect(await queue.claim('/p', other, LIMITS)).toEqual([])
    expect(idsOf(await queue.claim('/q', other, LIMITS))).toEqual(['q'])
    await queue.release(own)
    expect(idsOf(await queue.claim('/p', other, LIMITS))).toEqual(['a', 'b'])
  })

  it('is free for who has it: a database that was restored may contain one that is left over', async () => {
    queue.publish(events('a', 'b'), MAX)
    await queue.claim('/p', own, LIMITS)
    expect(idsOf(await queue.claim('/p', own, LIMITS))).toEqual(['a', 'b'])
  })

  it('is free at once when its process is gone, and not when that cannot be told', async () => {
    queue.publish(events('a'), MAX)
    const gone = { ...own, birth: '1', instance_id: 'dead' }
    expect(idsOf(await queue.claim('/p', gone, LIMITS))).toEqual(['a'])
    expect(idsOf(await queue.claim('/p', own, LIMITS))).toEqual(['a'])
    await queue.release(own)
    await queue.claim('/p', { ...gone, host_id: 'another machine' }, LIMITS)
    expect(await queue.claim('/p', own, LIMITS)).toEqual([])
  })

  it('is settled event by event', async () => {
    queue.publish(events('done', 'kept', 'dead', 'untold'), MAX)
    const [done, kept, dead] = await queue.claim('/p', own, LIMITS)
    // The order of the members means nothing.
    await queue.settle(Object.fromEntries(Object.entries(own).toReversed()), [
      { seq: done?.seq ?? 0, outcome: 'done' },
      { seq: kept?.seq ?? 0, outcome: 'keep', error: 'later' },
      { seq: dead?.seq ?? 0, outcome: 'dead', reason: 'no', category: null },
    ])
    expect([...queue.events()]).toMatchObject([
      { eventId: 'kept', attempts: 1, lastError: 'later' },
      { eventId: 'untold', attempts: 0, lastError: null },
    ])
    expect([...queue.deadLetters()]).toMatchObject([
      { eventId: 'dead', attempts: 1, reason: 'no', category: null },
    ])
    // What was not settled is still claimed.
    expect(await queue.claim('/p', { ...own, instance_id: 'two' }, LIMITS)).toEqual([])
    await queue.release(own)
    expect(await queue.claim('/p', { ...own, instance_id: 'two' }, LIMITS)).toHaveLength(2)
  })

  it('that was lost settles only what is done', async () => {
    queue.publish(events('a', 'b', 'c'), MAX)
    const gone = { ...own, birth: '1', instance_id: 'dead' }
    const [a, b, c] = (await queue.claim('/p', gone, LIMITS)).map(({ seq }) => seq)
    await queue.claim('/p', own, LIMITS)
    await queue.settle(gone, [
      { seq: a ?? 0, outcome: 'done' },
      { seq: b ?? 0, outcome: 'keep', error: 'late' },
      { seq: c ?? 0, outcome: 'dead', reason: 'late', category: null },
    ])
    expect([...queue.events()]).toMatchObject([
      { eventId: 'b', attempts: 0, lastError: null },
      { eventId: 'c', attempts: 0, lastError: null },
    ])
    expect(await queue.claim('/p', { ...own, instance_id: 'two' }, LIMITS)).toEqual([])
  })

  it('goes to one of two that ask at once', async () => {
    queue.publish(events('a', 'b'), MAX)
    using second = await openQueue(path)
    const claims = await Promise.all([
      queue.claim('/p', own, LIMITS),
      second.claim('/p', { ...own, instance_id: 'two' }, LIMITS),
    ])
    expect(claims.map(({ length }) => length).toSorted()).toEqual([0, 2])
  })
})

describe('dead letters', () => {
  it('wait again at their old place', async () => {
    queue.publish(events('a', 'b', 'c'), MAX)
    await reject(2)
    expect(idsOf(queue.events())).toEqual(['c'])
    expect([...queue.deadLetters()]).toMatchObject([
      { eventId: 'a', reason: 'bad \0 thing', category: 'schema', attempts: 1 },
      { eventId: 'b' },
    ])
    expect(queue.publish(events('a', 'c'), MAX)).toEqual({ queued: 0, duplicates: ['a', 'c'], dead: 1 })
    expect(queue.retry(['b', 'c', 'none'])).toEqual(['b'])
    expect(idsOf(queue.events())).toEqual(['b', 'c'])
    expect([...queue.events()][0]).toMatchObject({ lastError: 'bad \0 thing', attempts: 1 })
    expect(queue.counts()).toMatchObject({ queued: 2, deadLetters: 1 })
  })

  it('are listed by their ids alone, oldest first', async () => {
    queue.publish(events('b', 'odd \0', 'a'), MAX)
    expect(queue.rejectedIds()).toEqual([])
    await reject(2)
    expect(queue.rejectedIds()).toEqual(['b', 'odd \0'])
  })

  it('are told from those that are none in a moment, however many there are', () => {
    const ids = Array.from({ length: 200_000 }, (_, at) => `event-${at}`)
    // Comparing each with each takes minutes, longer than a test may.
    expect(idsBut(ids, [...ids, 'none'])).toEqual(['none'])
  })

  it('tell the reason of the one that was rejected last, also if an older event was rejected anew', async () => {
    queue.publish(events('a', 'b'), MAX)
    await reject(2)
    queue.retry(['a'])
    // Another millisecond.
    await new Promise((resolve) => setTimeout(resolve, 5))
    const [first] = await queue.claim('/p', own, LIMITS)
    await queue.settle(own, [{ seq: first?.seq ?? 0, outcome: 'dead', reason: 'anew', category: null }])
    expect(queue.lastReason()).toBe('anew')
  })

  it('are dropped by name; what waits cannot be', async () => {
    queue.publish(events('a', 'b'), MAX)
    await reject(1)
    expect(queue.drop(['a', 'b'])).toEqual(['a'])
    expect([idsOf(queue.events()), [...queue.deadLetters()]]).toEqual([['b'], []])
  })
})

it('never gives a number twice', async () => {
  queue.publish(events('a', 'b'), MAX)
  const before = [...queue.events()].map(({ seq }) => seq)
  const claimed = await queue.claim('/p', own, LIMITS)
  await queue.settle(
    own,
    claimed.map(({ seq }) => ({ seq, outcome: 'done' })),
  )
  queue.publish(events('c'), MAX)
  expect([...queue.events()][0]?.seq).toBeGreaterThan(Math.max(...before))
})
