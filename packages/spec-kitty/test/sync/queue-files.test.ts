import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { spawnSync } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import {
  openHandle,
  openQueue,
  openQueueIfThere,
  openQueueToLook,
  replaceRemoved,
} from '../../src/sync/queue/open-queue.js'
import { salvageAll } from '../../src/sync/queue/salvage.js'
import { FORMAT, migrate, readFormat } from '../../src/sync/queue/schema.js'
import { quarantinedDatabases } from '../../src/sync/queue/quarantined-databases.js'
import { isNewEnough, loadSqlite } from '../../src/sync/queue/sqlite.js'
import type { NewEvent } from '../../src/sync/queue/queue-types.js'
import { makeHome, removeHomes, treeOf } from '../../../familiar/test/helpers/homes.js'

const MAX = 100_000
const PAGE_BYTES = 4096

let path: string
let notices: string[]
const onNotice = (message: string): void => void notices.push(message)

beforeEach(() => {
  path = join(makeHome(), 'root', 'daemons', 'sync', 'queue.db')
  notices = []
})

afterAll(removeHomes)

function event(eventId: string, pad = 0): NewEvent {
  const envelope = JSON.stringify({ event_id: eventId, pad: 'x'.repeat(pad) })
  return { eventId, eventType: 'T', projectUuid: 'u', project: '/p', envelope }
}

const names = (prefix: string, count: number): readonly string[] =>
  Array.from({ length: count }, (_, at) => `${prefix}${at}`)

const PUBLISH = fileURLToPath(new URL('../fixtures/processes/queue-publish.mjs', import.meta.url))

/** In a process of its own: at its end, nothing of the database is open any more. */
function publish(...ids: readonly string[]): void {
  const { status, stderr } = spawnSync(process.execPath, [PUBLISH, path, ...ids], { encoding: 'utf8' })
  expect([status, stderr]).toEqual([0, ''])
}

/** In a process that is killed: the WAL is left. */
function publishAndDie(...ids: readonly string[]): void {
  const { signal } = spawnSync(process.execPath, [PUBLISH, '--kill', path, ...ids])
  expect([signal, existsSync(`${path}-wal`)]).toEqual(['SIGKILL', true])
}

/** Publishes here, and so finds what is wrong with the file. */
async function publishHere(...ids: readonly string[]): Promise<void> {
  using queue = await openQueue(path, { onNotice })
  queue.publish(
    ids.map((id) => event(id)),
    MAX,
  )
}

async function waiting(): Promise<readonly string[]> {
  using queue = await openQueue(path, { onNotice })
  return Array.from(queue.events(), ({ eventId }) => eventId)
}

async function salvaged(): Promise<readonly string[]> {
  return Array.from(
    await salvageAll(quarantinedDatabases(path)),
    ({ envelope }) => JSON.parse(envelope).event_id,
  )
}

function damage(at: number, bytes: number): void {
  const content = readFileSync(path)
  content.fill(0xa5, at, at + bytes)
  writeFileSync(path, content)
}

describe('the files of the queue', () => {
  it('may be removed while a command publishes: a new one gets what was in it', async () => {
    using handle = await openHandle(path, { onNotice })
    await handle.use((queue) => queue.publish([event('a')], MAX))
    rmSync(path)
    await handle.use((queue) => queue.publish([event('b')], MAX))
    expect(await waiting()).toEqual(['a', 'b'])
  })

  it('may be moved and replaced while a command publishes: it goes on with the new one, and the moved one is whole', async () => {
    using handle = await openHandle(path, { onNotice })
    await handle.use((queue) => queue.publish([event('a')], MAX))
    const elsewhere = `${path}.backup`
    renameSync(path, elsewhere)
    publish('b')
    await handle.use((queue) => queue.publish([event('c')], MAX))
    expect(await waiting()).toEqual(['b', 'c'])
    const saved = Array.from(await salvageAll([elsewhere]), ({ envelope }) => JSON.parse(envelope).event_id)
    expect(saved).toEqual(['a'])
  })

  it('are private from the beginning', async () => {
    const umask = process.umask(0)
    try {
      using queue = await openQueue(path)
      queue.publish([event('a')], MAX)
      for (const side of ['', '-wal', '-shm', '.lock']) expect(statSync(path + side).mode & 0o777).toBe(0o600)
      for (let at = dirname(path); !at.endsWith('root'); at = dirname(at)) {
        expect([at, statSync(at).mode & 0o777]).toEqual([at, 0o700])
      }
    } finally {
      process.umask(umask)
    }
    chmodSync(path, 0o644)
    expect(await waiting()).toEqual(['a'])
    expect(statSync(path).mode & 0o777).toBe(0o600)
  })

  it('may have any name', async () => {
    for (const odd of ['a b', 'a?mode=memory', '50%25', '#', "it's", 'ü\u{1f408}', 'line\nbreak']) {
      path = join(makeHome(), odd, 'sync', 'queue.db')
      await publishHere(odd)
      expect([await waiting(), existsSync(path)]).toEqual([[odd], true])
    }
  })

  it.each(['queue.db', 'queue.db-wal', 'queue.db-shm'])('are not used through a link: %s', async (name) => {
    publish('a')
    const elsewhere = join(makeHome(), 'elsewhere')
    if (name === 'queue.db') renameSync(path, elsewhere)
    else writeFileSync(elsewhere, '')
    symlinkSync(elsewhere, join(dirname(path), name))
    const before = readFileSync(elsewhere)
    await expect(openQueue(path)).rejects.toMatchObject({ code: 'E_QUEUE_UNUSABLE', exit: 1 })
    expect(readFileSync(elsewhere)).toEqual(before)
  })

  it('are not created through a link', async () => {
    const elsewhere = makeHome()
    mkdirSync(join(dirname(dirname(path))), { recursive: true })
    symlinkSync(elsewhere, dirname(path))
    await expect(openQueue(path)).rejects.toMatchObject({ code: 'E_QUEUE_UNUSABLE' })
    symlinkSync(join(elsewhere, 'none'), join(elsewhere, 'dangling.db'))
    await expect(openQueue(join(elsewhere, 'dangling.db'))).rejects.toMatchObject({
      code: 'E_QUEUE_UNUSABLE',
    })
    expect(readdirSync(elsewhere)).toEqual(['dangling.db'])
  })

  it('must be files', async () => {
    mkdirSync(path, { recursive: true })
    await expect(openQueue(path)).rejects.toMatchObject({ code: 'E_QUEUE_UNUSABLE' })
  })
})

describe('a database of another version', () => {
  it('that is newer is refused, and nothing of it is touched', async () => {
    publish('a')
    const sqlite = await loadSqlite()
    const database = sqlite.open(path)
    database.exec(`PRAGMA user_version = ${FORMAT + 1}`)
    database.close()
    const before = treeOf(dirname(path))
    for (const open of [openQueue, openQueueIfThere]) {
      await expect(open(path, { onNotice })).rejects.toMatchObject({
        code: 'E_QUEUE_NEWER',
        exit: 1,
        message: expect.stringContaining(`format ${FORMAT + 1}; this one knows ${FORMAT}`),
      })
    }
    expect(treeOf(dirname(path))).toEqual(before)
    expect(notices).toEqual([])
  })

  it('that is newer is refused by a process that has the older one open too', async () => {
    using old = await openQueue(path)
    old.publish([event('a')], MAX)
    const sqlite = await loadSqlite()
    const database = sqlite.open(path)
    database.exec(`PRAGMA user_version = ${FORMAT + 1}`)
    database.close()
    await expect(openQueue(path)).rejects.toMatchObject({ code: 'E_QUEUE_NEWER' })
  })

  it('that is older is brought forward, step by step, with what is in it', async () => {
    publish('a')
    const sqlite = await loadSqlite()
    const database = sqlite.open(path)
    const steps = [...names('unused', FORMAT), 'ALTER TABLE events ADD COLUMN later TEXT']
    migrate(database, steps)
    expect(readFormat(database)).toBe(FORMAT + 1)
    expect(database.prepare('SELECT event_id, later FROM events').all()).toMatchObject([
      { event_id: 'a', later: null },
    ])
    // A step that fails leaves all as it was.
    expect(() => migrate(database, [...steps, 'CREATE TABLE half (a)', 'nonsense'])).toThrow(/syntax/)
    expect(readFormat(database)).toBe(FORMAT + 1)
    expect(() => database.prepare('SELECT * FROM half')).toThrow(/no such table/)
    database.close()
  })

  it('that is empty becomes a queue', async () => {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, '')
    publish('a')
    expect([await waiting(), notices]).toEqual([['a'], []])
  })

  it('that is empty has no events for a command that only looks, and stays as it is', async () => {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, '')
    expect([await openQueueToLook(path), statSync(path).size]).toEqual([null, 0])
  })
})

describe('a damaged database', () => {
  it('is moved aside whole and said by name; a new one is started, and export reads the old one', async () => {
    publish('a', 'b')
    damage(0, 100)
    const content = readFileSync(path)
    await publishHere('c')
    const aside = quarantinedDatabases(path)
    expect(aside).toHaveLength(1)
    expect(notices).toEqual([`the queue was damaged: it was moved to ${aside[0]}, and a new one started`])
    expect(readFileSync(aside[0] ?? '')).toEqual(content)
    expect(statSync(aside[0] ?? '').mode & 0o777).toBe(0o600)
    expect([await waiting(), await salvaged()]).toEqual([['c'], ['a', 'b']])
    expect(readFileSync(aside[0] ?? '')).toEqual(content)
  })

  it('may be no database at all', async () => {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, 'not a database, but text of a user\n'.repeat(200))
    await publishHere('a')
    expect([await waiting(), await salvaged(), quarantinedDatabases(path).length]).toEqual([['a'], [], 1])
  })

  it('is kept with what was not yet written into it, only into its WAL', async () => {
    publish(...names('e', 300))
    publishAndDie('last')
    damage(20 * PAGE_BYTES, PAGE_BYTES)
    using _ = await openQueue(path, { onNotice, isSuspect: true })
    expect(notices).toHaveLength(1)
    expect(await waiting()).toEqual([])
    const saved = await salvaged()
    expect([saved.length > 250, saved.at(-1)]).toEqual([true, 'last'])
  })

  it('is found while it is used, and what was asked for is done in the new one', async () => {
    const ids = names('e', 300)
    publish(...ids)
    // All indexes of the ids are in these pages: whether an event is there already cannot be told.
    damage(2 * PAGE_BYTES, 10 * PAGE_BYTES)
    using handle = await openHandle(path, { onNotice })
    expect(await handle.use((queue) => queue.publish([event('new')], MAX))).toEqual({
      queued: 1,
      duplicates: [],
      dead: 0,
    })
    expect(notices).toHaveLength(1)
    expect(await waiting()).toEqual(['new'])
    const saved = await salvaged()
    expect(saved.length).toBeGreaterThan(10)
    expect(ids.filter((id) => saved.includes(id))).toEqual(saved)
  })

  it('gives every event outside of the damaged pages', async () => {
    const ids = names('e', 1_000)
    publish(...ids)
    const before = readFileSync(path)
    // A page in the middle of the table: those of its events are lost, which are a few.
    damage(before.indexOf('"event_id":"e500"') & ~(PAGE_BYTES - 1), PAGE_BYTES)
    using _ = await openQueue(path, { onNotice, isSuspect: true })
    const saved = await salvaged()
    expect(notices).toHaveLength(1)
    expect(saved.length).toBeGreaterThanOrEqual(1_000 - 20)
    expect(saved.length).toBeLessThan(1_000)
    expect(ids.filter((id) => saved.includes(id))).toEqual(saved)
  })

  it('gives its events also if its first page is that of an empty one, which knows of none', async () => {
    const sqlite = await loadSqlite()
    const empty = join(makeHome(), 'empty.db')
    const database = sqlite.open(empty)
    migrate(database)
    database.close()
    const ids = names('e', 300)
    publish(...ids)
    const found: string[] = []
    const read = async (): Promise<readonly string[]> => {
      const events = await salvageAll([path], (_, kind) => void found.push(kind))
      return Array.from(events, ({ envelope }) => JSON.parse(envelope).event_id)
    }
    expect(await read()).toEqual(ids)
    const content = readFileSync(path)
    readFileSync(empty).copy(content, 0, 0, PAGE_BYTES)
    writeFileSync(path, content)
    expect((await read()).length).toBeGreaterThan(250)
    writeFileSync(path, readFileSync(empty))
    expect([await read(), found.at(-1)]).toEqual([[], 'no_events'])
  })

  it('is not made of a healthy one that is suspected', async () => {
    publish('a')
    using queue = await openQueue(path, { onNotice, isSuspect: true })
    expect([Array.from(queue.events()).length, notices, quarantinedDatabases(path)]).toEqual([1, [], []])
  })

  it('leaves nothing of itself to the new one if moving it aside was interrupted', async () => {
    publishAndDie('a')
    const aside = `${path}.corrupt-2026-01-02T030405.678Z`
    renameSync(path, aside)
    await publishHere('b')
    expect(await waiting()).toEqual(['b'])
    expect(quarantinedDatabases(path)).toEqual([aside])
    expect(await salvaged()).toEqual(['a'])
  })

  it('is never put aside under a name that is taken: all are kept', async () => {
    for (const id of ['a', 'b', 'c', 'd', 'e']) {
      publish(id)
      damage(0, 50)
    }
    await publishHere('f')
    expect(quarantinedDatabases(path)).toHaveLength(5)
    expect(await salvaged()).toEqual(['a', 'b', 'c', 'd', 'e'])
  })
})

describe('a process that has the queue open while its file is replaced', () => {
  it('goes on with the new file, and loses nothing', async () => {
    using old = await openQueue(path)
    old.publish([event('a')], MAX)
    const aside = `${path}.corrupt-2026-01-02T030405.678Z`
    for (const side of ['', '-wal', '-shm']) renameSync(path + side, aside + side)
    // There is none for a moment.
    expect(() => old.publish([event('b')], MAX)).toThrow(
      expect.objectContaining({ code: 'E_QUEUE_BUSY', exit: 75 }),
    )
    publish('c')
    expect(old.publish([event('b')], MAX).queued).toBe(1)
    expect(Array.from(old.events(), ({ eventId }) => eventId)).toEqual(['c', 'b'])
    expect(await salvaged()).toEqual(['a'])
  })

  it('reads and writes no more when only its log is removed: it would acknowledge what is in no file', async () => {
    using old = await openQueue(path)
    old.publish([event('a')], MAX)
    for (const side of ['-wal', '-shm']) rmSync(path + side)
    publish('b')
    for (const act of [() => old.counts(), () => old.publish([event('c')], MAX)]) {
      expect(act).toThrow(
        expect.objectContaining({ code: 'E_QUEUE_UNUSABLE', hint: 'spec-kitty sync restart' }),
      )
    }
  })

  it('and truncated to nothing does not keep others waiting: it is put aside', async () => {
    using old = await openQueue(path)
    old.publish([event('a')], MAX)
    truncateSync(path)
    await publishHere('b')
    expect([notices.length, quarantinedDatabases(path).length]).toEqual([1, 1])
    expect(await salvaged()).toEqual(['a'])
    expect(old.publish([event('c')], MAX).queued).toBe(1)
    expect(await waiting()).toEqual(['b', 'c'])
  })

  it('says of no event of the new file that it is done', async () => {
    const owner = { pid: 1, instance_id: 'one' }
    const old = await openQueue(path)
    old.publish([event('a')], MAX)
    const claimed = await old.claim('/p', owner, { events: 10, bytes: 1000 })
    for (const side of ['', '-wal', '-shm']) rmSync(path + side)
    publish('b')
    const done = claimed.map(({ seq }) => ({ seq, outcome: 'done' }) as const)
    // The result is not recorded in a file that loses it. What is in the removed one is saved first.
    await expect(old.settle(owner, done)).rejects.toMatchObject({ code: 'E_QUEUE_BUSY' })
    using next = await replaceRemoved(old)
    expect(await waiting()).toEqual(['a', 'b'])
    await next.settle(owner, done)
    expect(await waiting()).toEqual(['b'])
  })
})

describe('the library', () => {
  it.each([
    ['3.51.3', true],
    ['3.52.0', true],
    ['4.0.0', true],
    ['3.51.2', false],
    ['3.50.9', false],
    ['3.51', false],
    ['', false],
    [undefined, false],
  ])('%s: new enough is %s', (version, isGood) => {
    expect(isNewEnough(version)).toBe(isGood)
  })

  it('is new enough here, and holds no database that was only read', async () => {
    const sqlite = await loadSqlite()
    expect(isNewEnough(sqlite.version)).toBe(true)
    const file = join(makeHome(), 'any.db')
    const database = sqlite.open(file)
    database.exec('PRAGMA journal_mode = WAL; CREATE TABLE any (a TEXT) STRICT')
    for (const text of ['ü', 'x']) database.prepare('INSERT INTO any VALUES (?)').run(text)
    expect(database.prepare('SELECT a FROM any').get()).toMatchObject({ a: 'ü' })
    expect(Array.from(database.prepare('SELECT a FROM any').iterate())).toHaveLength(2)
    const other = sqlite.open(file)
    expect(other.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get()).toMatchObject({ busy: 0 })
    other.close()
    database.close()
  })
})
