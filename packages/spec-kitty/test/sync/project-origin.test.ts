import fs, { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { readConsentOf, strandedOf } from '../../src/sync/consent-of-events.js'
import { eventReader } from '../../src/sync/event-reader.js'
import { openQueue } from '../../src/sync/queue/open-queue.js'
import { publishEvents } from '../../src/sync/publish-events.js'
import type { NewEvent, WaitingProject } from '../../src/sync/queue/queue-types.js'
import { makeHome, removeHomes } from '../../../familiar/test/helpers/homes.js'

/** Whether a consent counts for events that were published in its directory before. */
let base: string
let app: string

beforeEach(() => {
  base = makeHome()
  app = join(base, 'app')
})

afterAll(removeHomes)

const YES = 'sync:\n  enabled: true\n'
const withId = (uuid: string): string => `project:\n  uuid: '${uuid}'\n`

/** Makes a project; `inside` names what is in it beside `.kittify`. */
function make(directory: string, config: string | null, inside: readonly string[] = []): void {
  for (const name of ['.kittify', ...inside]) mkdirSync(join(directory, name), { recursive: true })
  configure(directory, config)
}

function configure(directory: string, config: string | null): void {
  const file = join(directory, '.kittify', 'config.yaml')
  // Replaced by a rename, as `opt-in` and git do it.
  rmSync(file, { force: true })
  if (config !== null) writeFileSync(file, config)
}

async function publishIn(directory: string, eventId = 'e'): Promise<NewEvent> {
  const read = await eventReader(directory)(JSON.stringify({ event_id: eventId, event_type: 'T' }))
  if (read.state === 'bad') throw new Error(read.why)
  return read.event
}

const waitingOf = ({ project, projectUuid, origin = '' }: NewEvent): WaitingProject => ({
  project,
  projectUuid,
  origin,
  count: 1,
  oldestAt: '2026-01-01T00:00:00.000Z',
  attempts: 0,
  lastError: null,
})

const consentFor = async (event: NewEvent) => readConsentOf(waitingOf(event))

describe('a consent counts for events that were published before it', () => {
  it.each<readonly [name: string, change: () => void, config: string | null, inside: readonly string[]]>([
    ['in the same directory, without an id', () => configure(app, YES), null, []],
    ['in the same directory, which was given an id', () => configure(app, withId('1') + YES), null, []],
    ['in the same directory, whose id was removed', () => configure(app, YES), withId('1'), []],
    [
      'on a branch without .kittify, in a git repository',
      () => {
        rmSync(join(app, '.kittify'), { recursive: true })
        make(app, YES)
      },
      null,
      ['.git'],
    ],
    [
      'in a directory that has become a git repository since',
      () => make(app, withId('1') + YES, ['.git']),
      null,
      [],
    ],
    [
      'in a project that was moved away and back',
      () => {
        renameSync(app, join(base, 'elsewhere'))
        renameSync(join(base, 'elsewhere'), app)
        configure(app, YES)
      },
      null,
      [],
    ],
    [
      'in another clone of the project with this id',
      () => {
        renameSync(app, join(base, 'old'))
        make(app, withId('1') + YES)
      },
      withId('1'),
      [],
    ],
  ])('%s', async (_, change, config, inside) => {
    make(app, config, inside)
    const event = await publishIn(app)
    expect(await consentFor(event)).toEqual({
      consent: config?.includes('enabled') ? 'yes' : 'no',
      detail: null,
    })
    change()
    expect(await consentFor(event)).toEqual({ consent: 'yes' })
  })
})

describe('a consent does not count for events of another project', () => {
  it.each<readonly [name: string, replace: () => void, config: string | null, inside: readonly string[]]>([
    [
      'that was deleted, where the one there now has an id',
      () => {
        rmSync(app, { recursive: true })
        make(app, withId('3') + YES, ['.git'])
      },
      null,
      [],
    ],
    [
      'that was deleted, where neither has an id',
      () => {
        rmSync(app, { recursive: true })
        make(app, YES, ['.git'])
      },
      null,
      ['.git'],
    ],
    [
      'that was moved away, where the one there now was moved there',
      () => {
        make(join(base, 'open'), withId('2') + YES)
        renameSync(app, join(base, 'secret-old'))
        renameSync(join(base, 'open'), app)
      },
      `${withId('1')}sync:\n  enabled: false\n`,
      [],
    ],
    ['with another id, even in the same directory', () => configure(app, withId('2') + YES), withId('1'), []],
    [
      'whose directory was emptied and filled with the one there now',
      () => {
        for (const name of ['.git', '.kittify']) rmSync(join(app, name), { recursive: true })
        // The file system must not give the inodes at once to what follows, whose time could be the same.
        mkdirSync(join(app, 'other'))
        make(app, YES, ['.git'])
      },
      null,
      ['.git'],
    ],
    [
      'with an id, where the one there now has none',
      () => {
        rmSync(app, { recursive: true })
        make(app, YES)
      },
      withId('1'),
      [],
    ],
  ])('%s', async (_, replace, config, inside) => {
    make(app, config, inside)
    const event = await publishIn(app)
    replace()
    expect(await consentFor(event)).toMatchObject({
      consent: 'other',
      detail: expect.stringContaining('these events are of '),
    })
    expect(await strandedOf([waitingOf(event)])).toEqual([{ project: app, origin: event.origin }])
    // Events that the project there now publishes leave with its consent.
    expect(await consentFor(await publishIn(app))).toEqual({ consent: 'yes' })
  })

  it('and the detail names both', async () => {
    make(app, withId('1'))
    const event = await publishIn(app)
    configure(app, withId('2') + YES)
    expect(await consentFor(event)).toEqual({
      consent: 'other',
      detail: 'these events are of project 1, and project 2 is there now',
    })
  })

  it('that an older version published, of which only the project_uuid is known', async () => {
    make(app, withId('1') + YES)
    const known = { ...waitingOf(await publishIn(app)), origin: JSON.stringify({ publishedUuid: '1' }) }
    expect((await readConsentOf(known)).consent).toBe('yes')
    configure(app, withId('2') + YES)
    expect((await readConsentOf(known)).consent).toBe('other')
    expect((await readConsentOf({ ...known, origin: 'nonsense' })).consent).toBe('other')
  })

  it('until they are published where they shall belong: then they move there', async () => {
    make(app, withId('1'))
    using queue = await openQueue(join(base, 'daemons', 'sync', 'queue.db'))
    const first = [await publishIn(app, 'a'), await publishIn(app, 'b')]
    expect(await publishEvents(queue, first, 10)).toMatchObject({ queued: 2 })
    // As long as their project is there, they stay.
    make(join(base, 'moved'), withId('1') + YES)
    const again = await Promise.all(['a', 'b', 'a'].map((id) => publishIn(join(base, 'moved'), id)))
    expect(await publishEvents(queue, again, 10)).toMatchObject({ queued: 0, duplicates: ['a', 'b', 'a'] })
    configure(app, withId('2') + YES)
    expect(await publishEvents(queue, again, 10)).toEqual({ queued: 2, duplicates: ['a'], dead: 0 })
    expect(queue.waiting()).toMatchObject([{ project: join(base, 'moved'), count: 2 }])
  })
})

describe('an event is not taken while the system does not say in which directory it is', () => {
  it.each(['ENOMEM', 'EIO', 'ESTALE'])('%s', async (code) => {
    const { lstatSync } = fs
    const failing = (path: string, options: object): unknown => {
      if (path === join(app, '.git')) throw Object.assign(new Error(code), { code })
      return lstatSync(path, options)
    }
    make(app, null, ['.git'])
    Object.assign(fs, { lstatSync: failing })
    syncBuiltinESMExports()
    try {
      await expect(publishIn(app)).rejects.toThrow(`${join(app, '.git')} cannot be read (${code})`)
    } finally {
      Object.assign(fs, { lstatSync })
      syncBuiltinESMExports()
    }
    expect((await publishIn(app)).eventId).toBe('e')
  })
})
