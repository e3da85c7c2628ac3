import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeHome, removeHomes } from '../../../familiar/test/helpers/homes.js'
import { assertExportable } from '../../src/sync/export-path.js'

let base: string
let root: string

beforeAll(() => {
  base = makeHome()
  root = join(base, 'home')
  mkdirSync(join(root, 'daemons', 'sync'), { recursive: true })
  mkdirSync(join(root, 'daemons', 'dashboards'))
  mkdirSync(join(root, 'sync', 'daemon'), { recursive: true })
  mkdirSync(join(base, 'project', '.kittify', 'daemon'), { recursive: true })
  mkdirSync(join(base, 'daemons', 'sync'), { recursive: true })
  symlinkSync(join(root, 'daemons', 'sync'), join(base, 'link'))
  symlinkSync(root, join(base, 'home-link'))
})

afterAll(removeHomes)

describe('an export', () => {
  it.each([
    'home/daemons/sync/queue.db',
    'home/daemons/sync/queue.db-wal',
    'home/daemons/sync/queue.db-shm',
    'home/daemons/sync/queue.db-journal',
    'home/daemons/sync/queue.db.lock',
    'home/daemons/sync/queue.db.corrupt-2026-11-27T000000.000Z',
    'home/daemons/sync/record.json',
    'home/daemons/sync/daemon.log',
    'home/daemons/sync/not-yet-a-name-of-ours',
    'home/daemons/dashboards/x.json',
    'home/daemons/new',
    'home/sync/daemon/owner.json',
    'home/session.json',
    'home/Session.json',
    'home/config.toml',
    'home/sync-daemon',
    'home/../home/session.json',
    'link/queue.db-wal',
    'home-link/daemons/sync/queue.db-wal',
    'home-link/session.json',
    'project/.kittify/config.yaml',
    'project/.kittify/.dashboard',
    'project/.kittify/daemon/record.json',
  ])('takes no name of ours: %s', (path) => {
    expect(() => assertExportable(root, join(base, '.', path))).toThrow(
      expect.objectContaining({ code: 'E_EXPORT_FAILED' }),
    )
  })

  it.each([
    'home/events.jsonl',
    'events.jsonl',
    'session.json',
    'config.yaml',
    'daemons/sync/queue.db-wal',
    'project/config.yaml',
    'project/.kittify/events.jsonl',
    'missing/queue.db-wal',
  ])('takes every other name: %s', (path) => {
    expect(() => assertExportable(root, join(base, path))).not.toThrow()
  })

  it('takes a name of a home that does not exist yet', () => {
    expect(() => assertExportable(join(base, 'none'), join(base, 'none', 'session.json'))).not.toThrow()
  })
})
