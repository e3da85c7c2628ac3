import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { spawnPredecessor, stopAll } from '../../../../stand-ins/predecessor.mjs'
import { startTicksOf } from '../helpers/machine.js'
import { lives, makeRoot, signal, type SyncRoot } from './sync-root.js'

/** `sync stop` on what is hard to stop: predecessors, stopped processes, daemons without a record. */
let root: SyncRoot

beforeEach(() => {
  root = makeRoot()
})

afterEach(async () => {
  await stopAll()
  await root.end()
})

/**
 * The most that a stop may take: two looks, an unanswered question, SIGTERM and SIGKILL of a second each, on a machine that is five
 * times as slow.
 */
const BOUND_MS = 40_000

/** Starts the daemon of the Python spec-kitty that the root's old record names. */
async function predecessor(more: object = {}) {
  const started = await spawnPredecessor({
    family: 'sync',
    port: 9400,
    version: '3.2.4',
    root: root.path,
    record: true,
    ...more,
  })
  return { ...started, ticks: startTicksOf(started.pid) ?? 'gone' }
}

describe('sync stop', () => {
  it('asks the recorded daemon of a predecessor', async () => {
    const old = await predecessor()
    expect(root.json(['sync', 'status']).document).toMatchObject({
      state: 'running',
      is_predecessor: true,
      pid: old.pid,
    })
    const { document, status } = root.json(['sync', 'stop'])
    expect([status, document]).toMatchObject([
      0,
      {
        outcome: 'stopped',
        pid: old.pid,
        port: 9400,
        package_version: '3.2.4',
        cleanup_path: 'http_shutdown',
      },
    ])
    expect(lives(old)).toBe(false)
  })

  it('ends one that ignores SIGTERM, hangs after its port is closed, or is stopped', async () => {
    for (const behaviour of ['ignore-term', 'close-then-hang'] as const) {
      const old = await predecessor({ behaviour })
      const { document } = root.json(['sync', 'stop'])
      expect([behaviour, document.outcome, lives(old)]).toEqual([behaviour, 'stopped', false])
    }
    const wedged = await predecessor()
    wedged.child.kill('SIGSTOP')
    const { document, ms } = root.json(['sync', 'stop'])
    expect(document).toMatchObject({ outcome: 'stopped', pid: wedged.pid, cleanup_path: 'kill' })
    expect([lives(wedged), ms < BOUND_MS]).toEqual([false, true])
  })

  it('leaves a daemon of a predecessor that no record names, and one of another root', async () => {
    const unrecorded = await predecessor({ record: false })
    const elsewhere = await predecessor({ port: 9401, root: join(root.base, 'other') })
    expect(root.json(['sync', 'stop']).document).toEqual({ schema_version: 3, outcome: 'none' })
    expect([lives(unrecorded), lives(elsewhere)]).toEqual([true, true])
  })

  it('ends our own daemon when it is stopped, and its record then says why it is gone', () => {
    const daemon = root.start()
    signal(daemon, 'SIGSTOP')
    const { document, status, ms } = root.json(['sync', 'stop'])
    expect([status, document]).toMatchObject([0, { outcome: 'stopped', cleanup_path: 'kill' }])
    expect([lives(daemon), ms < BOUND_MS]).toEqual([false, true])
    expect(root.json(['sync', 'status']).document).toMatchObject({
      state: 'stopped',
      last_stop: { reason: 'operator_stop' },
    })
  })

  it('finds the daemon by its lock where the record is gone', () => {
    const daemon = root.start()
    rmSync(root.file('record.json'))
    const { document, status } = root.json(['sync', 'stop'])
    expect([status, document.outcome, document.pid]).toEqual([0, 'stopped', daemon.pid])
    expect(lives(daemon)).toBe(false)
  })

  it('finds it so also while it cannot write its record again', () => {
    const daemon = root.start()
    signal(daemon, 'SIGSTOP')
    rmSync(root.file('record.json'))
    const { document } = root.json(['sync', 'stop'])
    expect(document).toMatchObject({
      outcome: 'stopped',
      pid: daemon.pid,
      port: daemon.port,
      cleanup_path: 'kill',
    })
    expect([lives(daemon), existsSync(root.file('record.json'))]).toEqual([false, false])
  })

  it('stops ours and leaves the recorded one of a predecessor beside it, which it ends only where we have no record', async () => {
    root.start()
    const old = await predecessor({ port: 9401 })
    const daemon = root.start()
    expect(root.json(['sync', 'stop']).document.pid).toBe(daemon.pid)
    expect(root.json(['sync', 'status']).document).toMatchObject({ state: 'stopped', is_predecessor: false })
    const beside = new RegExp(`process ${old.pid}, port ${old.port}\\).* left alone`)
    expect(root.run(['sync', 'status']).stdout).toMatch(beside)
    expect(root.json(['sync', 'status']).document.why).toMatch(beside)
    expect(root.json(['sync', 'stop'])).toMatchObject({
      stderr: expect.stringMatching(beside),
      document: { outcome: 'none' },
    })
    expect(lives(old)).toBe(true)
    rmSync(root.file('record.json'))
    expect(root.json(['sync', 'status']).document).toMatchObject({ state: 'running', pid: old.pid })
    expect(root.json(['sync', 'stop']).document.pid).toBe(old.pid)
    expect(root.json(['sync', 'stop']).document.outcome).toBe('none')
  })
})
