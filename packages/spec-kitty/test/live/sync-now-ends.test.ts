import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { quarantinedDatabases } from '../../src/sync/queue/quarantine.js'
import { queuePath } from '../../src/sync/queue/queue-path.js'
import { TIMING } from '../../src/sync/upload/back-off.js'
import { reply } from '../helpers/sync-server.js'
import { daemonsOf } from './sync-root.js'
import { makeShell } from './sync-shell.js'
import { makeSyncWork, type SyncWork } from './sync-work.js'

/** What `sync now` says when something stays or is lost, with a real daemon and server. */
let work: SyncWork

beforeEach(async () => {
  work = await makeSyncWork()
})

afterEach(() => work.end())

describe('sync now', () => {
  it('stops watching a server that fails, and says after how many attempts, and what the daemon does', async () => {
    await work.publish(['a'])
    work.server.otherwise = reply(500)
    const { status, stdout, stderr } = await work.run(['sync', 'now'])
    expect([status, stdout]).toEqual([1, 'sent: 0 · kept: 1 · rejected: 0\n'])
    const attempts = TIMING.drainAttempts
    expect(stderr.trimEnd().split('\n').at(-1)).toMatch(
      new RegExp(
        `^stopped watching after ${attempts} failed attempts, and the daemon goes on: .*500.*Z; nothing`,
      ),
    )
    const waits = stderr.split('\n').filter((line) => line.startsWith('waiting for the server'))
    expect(new Set(waits).size).toBe(waits.length)
    expect(daemonsOf(work.root.path)).toHaveLength(1)
  })

  it('says where a damaged queue was put aside, and what saves its events', async () => {
    await work.publish(['a', 'b'])
    const path = queuePath(work.root.path)
    writeFileSync(path, 'no database at all, and much more than that'.repeat(500))
    for (const side of ['-wal', '-shm']) rmSync(path + side, { force: true })
    const { status, stdout, stderr } = await work.run(['sync', 'now'])
    const [aside] = quarantinedDatabases(path)
    expect([status, stdout, stderr]).toEqual([
      1,
      '',
      `spec-kitty: the queue was damaged: it was moved to ${aside}, and a new one started (spec-kitty sync queue --export FILE saves what can be read of it)\n`,
    ])
    expect(await work.run(['sync', 'now'])).toMatchObject({ status: 0, stdout: 'nothing waits\n' })
  })

  it('says of a consent that cannot be read what sync status says', async () => {
    const broken = work.makeProject('broken')
    await work.publish(['a'], { project: broken })
    writeFileSync(join(broken, '.kittify', 'config.yaml'), 'sync: [\n')
    const { status, stderr } = await work.run(['sync', 'now'])
    const said = /1 event stays: (the consent of \S+ cannot be read: .+): spec-kitty explain/.exec(
      stderr,
    )?.[1]
    expect([status, said]).toEqual([1, expect.stringContaining(`${broken} cannot be read: line `)])
    const shown = JSON.parse((await work.run(['sync', 'status', '--json'])).stdout)
    expect(said).toBe(shown.nothing_leaves.sentence)
  })

  it('sends the events of a project that was moved, once they are published where it is now', async () => {
    await work.publish(['a', 'b'])
    const now = work.makeProject('now')
    await work.publish(['c'], { project: now })
    rmSync(work.project, { recursive: true })
    const { status, stderr } = await work.run(['sync', 'now'])
    expect([status, stderr]).toEqual([
      1,
      `2 events stay: ${work.project} is not there any more: spec-kitty explain project_missing\n`,
    ])
    const file = join(work.root.base, 'events.ndjson')
    expect((await work.run(['sync', 'queue', '--export', file])).status).toBe(0)
    const publish = `spec-kitty sync publish - --project ${now} < ${file}`
    expect(makeShell(work.root)(publish)).toMatchObject({ status: 0, stdout: 'queued 2 events\n' })
    expect((await work.run(['sync', 'now'])).status).toBe(0)
    expect(work.server.accepted).toEqual(['c', 'a', 'b'])
  })
})
