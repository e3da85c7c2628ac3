import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { queuePath } from '../../dist/sync/queue/queue-path.js'
import { reply } from '../helpers/sync-server.js'
import { makeSyncWork, type SyncWork } from './sync-work.js'

/** Another program keeps the queue locked, as a backup or a database browser does. */
let work: SyncWork
let holder: ChildProcess

/** Locks the queue in a process of its own, until that is ended. `mode`: what the lock keeps others from. */
async function lock(mode: 'writing' | 'reading'): Promise<string> {
  const sql = mode === 'writing' ? 'BEGIN IMMEDIATE' : 'PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE'
  const script = `const { DatabaseSync } = require('@photostructure/sqlite')
    globalThis.database = new DatabaseSync(process.argv[1])
    globalThis.database.exec(process.argv[2])
    console.log('locked')
    setInterval(() => undefined, 1000)`
  holder = spawn(process.execPath, ['-e', script, queuePath(work.root.path), sql], {
    stdio: ['ignore', 'pipe', 'inherit'],
    cwd: import.meta.dirname,
  })
  const first = await Promise.race([once(holder.stdout ?? holder, 'data'), once(holder, 'exit')])
  expect(String(first[0])).toBe('locked\n')
  return `process ${holder.pid} (node) writes to it, or keeps it locked`
}

beforeEach(async () => {
  work = await makeSyncWork()
})

afterEach(async () => {
  holder.kill('SIGKILL')
  await work.end()
})

it.each(['writing', 'reading'] as const)('is told by every command, with its process (%s)', async (mode) => {
  // In a process of its own: this one would keep the database open.
  const off = { SPEC_KITTY_ENABLE_SAAS_SYNC: '0' }
  await work.run(['sync', 'publish', '--type', 'T', '--project', work.project], off)
  const said = await lock(mode)
  const status = await work.run(['sync', 'status'])
  expect(status.stdout).toContain(said)
  expect(status.stdout).toContain('spec-kitty sync now  # once the other program is done with it, or ended')
  expect(status.ms).toBeLessThan(3_000)
  if (mode === 'writing') expect(status.stdout).toMatch(/^queue +1 event waits/m)
  expect((await work.run(['auth', 'doctor'])).stdout.replaceAll(/\s+/g, ' ')).toContain(said)
  // 'sync now' would start no daemon there.
  for (const env of [off, { SPEC_KITTY_SYNC_DISABLE: '1' }]) {
    const { stdout } = await work.run(['auth', 'doctor'], env)
    expect(stdout).toContain(
      'spec-kitty sync queue  # shows what waits, once the other program is done with it',
    )
    expect(stdout).not.toContain('sync now')
  }
  const queue = await work.run(['sync', 'queue'])
  expect((queue.stdout + queue.stderr).replaceAll(/\s+/g, ' ')).toContain(said)
  holder.kill('SIGKILL')
  await once(holder, 'exit')
  expect((await work.run(['sync', 'status'])).stdout).not.toContain('locked')
  expect((await work.run(['sync', 'now'])).status).toBe(0)
})

it('is told instead of an older failure, also while nothing waits', async () => {
  await work.run(['sync', 'start'])
  work.server.otherwise = reply(503)
  await work.publish(['a'])
  await work.run(['sync', 'now', '--timeout', '2'])
  const said = await lock('writing')
  const { stdout } = await work.run(['sync', 'status'])
  expect([stdout.includes(said), stdout.includes('503')]).toEqual([true, false])
  const { nothing_leaves, queued } = JSON.parse((await work.run(['sync', 'status', '--json'])).stdout)
  expect([nothing_leaves.reason, queued]).toEqual(['queue_unusable', 1])
})
