import { spawn } from 'node:child_process'
import { renameSync, rmSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { firstOf } from '../../../familiar/test/helpers/counts.js'
import { makeBuild } from '../helpers/builds.js'
import { smallEnvironment } from '../helpers/cli.js'
import { endOf } from '../helpers/dashboards.js'
import { reply, silence, type Answer } from '../helpers/sync-server.js'
import { gone, lives, signal, until, type Daemon } from './sync-root.js'
import { makeSyncWork, type SyncWork } from './sync-work.js'
import { startTimed } from './sync-timed.js'

/** What becomes of work that is under way when the daemon has to leave, and which work keeps it. */
let work: SyncWork

beforeEach(async () => {
  work = await makeSyncWork()
})

afterEach(() => work.end())

const QUICK = { tickMs: 100 }

/** The server takes this long: less than a daemon that leaves may take. */
const SLOW_MS = 1_500

const slowly: Answer = (request, response) => {
  setTimeout(() => acceptInto(request, response), SLOW_MS)
}
let acceptInto: Answer = () => undefined

/** Starts a daemon that has an upload under way, and returns it. */
async function uploading(answer: Answer, timing: Readonly<Record<string, number>> = QUICK): Promise<Daemon> {
  acceptInto = work.server.otherwise
  await work.publish(['a', 'b'])
  work.server.next(answer)
  const daemon = startTimed(work.root, timing, work.env)
  expect(await until(() => work.server.requests.length > 0)).toBe(true)
  return daemon
}

/** Whatever happened, another daemon sends what is not done. */
async function expectNothingLost(): Promise<void> {
  expect((await work.run(['sync', 'now'])).status).toBe(0)
  expect([...new Set(work.server.accepted)].toSorted()).toEqual(['a', 'b'])
  expect(JSON.parse((await work.run(['sync', 'queue', '--json'])).stdout)).toMatchObject({
    queued: 0,
    dead_letters: 0,
  })
}

const WAYS: readonly (readonly [name: string, leave: (daemon: Daemon) => Promise<unknown>])[] = [
  ['is stopped', () => work.run(['sync', 'stop'])],
  ['is told to by SIGTERM', (daemon) => Promise.resolve(signal(daemon, 'SIGTERM'))],
  ['is superseded', () => Promise.resolve(rmSync(work.root.file('daemon.lock')))],
  [
    'is replaced by a newer command',
    () => {
      const newer = makeBuild(work.root.base, { version: '4.1.0' })
      return endOf(spawn(process.execPath, [newer.cli, 'sync', 'start'], { env: smallEnvironment(work.env) }))
    },
  ],
]

/** A daemon that leaves gives an upload a few seconds; the answer, which never comes, has a minute. */
const ABANDONED_MS = 45_000

const ABANDONING = WAYS.toReversed()

describe('an upload that is under way when the daemon', () => {
  it.each(firstOf(WAYS, 2))('%s is finished, and nothing is lost', async (_, leave) => {
    const daemon = await uploading(slowly)
    await leave(daemon)
    expect(await gone(daemon)).toBe(true)
    expect(work.server.accepted).toEqual(['a', 'b'])
    work.root.remember()
    await work.run(['sync', 'stop'])
    await expectNothingLost()
    expect(work.server.accepted).toEqual(['a', 'b'])
  })

  it.each(firstOf(ABANDONING, 1))(
    '%s is abandoned in time if the server does not answer, and nothing is lost',
    async (_, leave) => {
      const daemon = await uploading(silence)
      await leave(daemon)
      expect(await gone(daemon, ABANDONED_MS)).toBe(true)
      work.root.remember()
      await work.run(['sync', 'stop'])
      await expectNothingLost()
    },
  )

  it('loses its root is abandoned or finished, and the root that comes back has everything', async () => {
    const daemon = await uploading(silence)
    renameSync(work.root.path, `${work.root.path}.away`)
    expect(await gone(daemon, ABANDONED_MS)).toBe(true)
    renameSync(`${work.root.path}.away`, work.root.path)
    await expectNothingLost()
  })
})

describe('a daemon that is idle', () => {
  /** It looks for events a second after its start, which must be before it has been idle for too long, on a busy machine too. */
  const IDLE = { tickMs: 100, idleMs: 10_000 }
  /** Much longer than it may be idle. */
  const LONG_MS = 15_000

  it('stays while events that may leave wait', async () => {
    await work.publish(['a'])
    work.server.otherwise = reply(503, '', { 'retry-after': '600' })
    const daemon = startTimed(work.root, IDLE, work.env)
    expect(await until(() => work.server.requests.length > 0)).toBe(true)
    expect(await gone(daemon, LONG_MS)).toBe(false)
    expect(lives(daemon)).toBe(true)
  })

  it.each([
    ['no project has opted in', {}, null],
    ['hosted sync is off', { SPEC_KITTY_ENABLE_SAAS_SYNC: '0' }, undefined],
  ])('retires although events wait, if they may not leave: %s', async (_, env, consent) => {
    const project = consent === undefined ? work.project : work.makeProject('other', consent)
    await work.publish(['a'], { project })
    const daemon = startTimed(work.root, IDLE, { ...work.env, ...env })
    expect(await gone(daemon)).toBe(true)
    expect(work.server.connections()).toBe(0)
    expect(JSON.parse((await work.run(['sync', 'queue', '--json'])).stdout)).toMatchObject({ queued: 1 })
  })
})
