import { closeSync, openSync, readdirSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, type TestContext } from 'vitest'
import { makeBuild } from '../helpers/builds.js'
import { mountAt, NO_MOUNT, type Mounted } from './sync-mount.js'
import { lineOf, lives, makeRoot, skipAloud, type Daemon, type SyncRoot } from './sync-root.js'

/** A daemon is not stopped for another one that could not write its record. */
let root: SyncRoot
let mounted: Mounted | null

beforeEach(() => {
  root = makeRoot()
  mounted = null
})

afterEach(async () => {
  root.run(['sync', 'stop'])
  mounted?.unmount()
  await root.end()
})

function startOnSmallDisk(context: TestContext): Daemon {
  mounted = mountAt(root.path)
  if (mounted === null) return skipAloud(context, NO_MOUNT)
  return root.start()
}

function fill(): void {
  const descriptor = openSync(join(root.path, 'fill'), 'w')
  try {
    expect(() => {
      for (;;) writeSync(descriptor, Buffer.alloc(512))
    }).toThrow('ENOSPC')
  } finally {
    closeSync(descriptor)
  }
}

/** Nothing of the attempt is left beside the daemon's files. */
function leftovers(): readonly string[] {
  return readdirSync(root.file('.')).filter((name) => name.startsWith('.') && name !== '.gitignore')
}

describe('sync restart', () => {
  it('on a full disk is refused, and the daemon runs on; with room it restarts', (context) => {
    const daemon = startOnSmallDisk(context)
    fill()
    const { status, stdout, stderr } = root.run(['sync', 'restart'])
    expect([status, stdout, lineOf(stderr)]).toEqual([2, '', [expect.stringContaining('ENOSPC')]])
    expect(root.json(['sync', 'restart']).document.error.code).toBe('E_SCOPE_UNUSABLE')
    expect(lives(daemon)).toBe(true)
    expect(root.json(['sync', 'status']).document).toMatchObject({ state: 'running', pid: daemon.pid })
    expect(leftovers()).toEqual([])
    rmSync(join(root.path, 'fill'))
    expect(root.json(['sync', 'restart'])).toMatchObject({ status: 0, document: { outcome: 'started' } })
    expect(lives(daemon)).toBe(false)
    expect(leftovers()).toEqual([])
  })

  it('under a limit on the size of files that a record does not fit in is refused too', () => {
    const daemon = root.start()
    const { status, stderr } = root.run(['sync', 'restart'], { prefix: ['prlimit', '--fsize=200'] })
    expect([status, lineOf(stderr)]).toEqual([2, [expect.stringContaining('EFBIG')]])
    expect([lives(daemon), leftovers()]).toEqual([true, []])
  })
})

describe('a newer installation', () => {
  it('on a full disk does not end the daemon that it cannot replace', (context) => {
    const daemon = startOnSmallDisk(context)
    fill()
    const newer = makeBuild(root.base, { version: '4.1.0' })
    const { status, stdout, stderr } = newer.run(['sync', 'start'], root.env)
    expect([status, stdout, lineOf(stderr)]).toEqual([2, '', [expect.stringContaining('ENOSPC')]])
    expect(lives(daemon)).toBe(true)
    rmSync(join(root.path, 'fill'))
    expect(newer.run(['sync', 'start'], root.env).status).toBe(0)
    expect(lives(daemon)).toBe(false)
    root.remember()
  })
})
