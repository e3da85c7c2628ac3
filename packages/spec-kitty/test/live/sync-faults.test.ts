import { closeSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, type TestContext } from 'vitest'
import { lineOf, lives, makeRoot, skipAloud, type SyncRoot, expectRefusal } from './sync-root.js'
import { mountAt, NO_MOUNT, type Mounted } from './sync-mount.js'

/** A home that cannot be written: one clear line, the documented exit code, no process left, nothing of the user's lost. */
let root: SyncRoot
let mounted: Mounted | null

const NOTES = 'what the user wrote\n'

beforeEach(() => {
  root = makeRoot()
  mounted = null
})

afterEach(async () => {
  mounted?.unmount()
  await root.end()
})

/** Mounts a small file system as the root, with something of the user's on it. */
function mountRoot(context: TestContext): Mounted {
  mounted = mountAt(root.path)
  if (mounted === null) return skipAloud(context, NO_MOUNT)
  writeFileSync(join(root.path, 'notes.txt'), NOTES)
  return mounted
}

/** Writes until no block is left. */
function fill(): void {
  const descriptor = openSync(join(root.path, 'fill'), 'w')
  const block = Buffer.alloc(512)
  try {
    expect(() => {
      for (;;) writeSync(descriptor, block)
    }).toThrow('ENOSPC')
  } finally {
    closeSync(descriptor)
  }
}

function notes(): string {
  return readFileSync(join(root.path, 'notes.txt'), 'utf8')
}

const HOSTED = { env: { SPEC_KITTY_ENABLE_SAAS_SYNC: '1' } }

/** The doctor says it, and the status the same, before a command has to fail. */
function expectFinding(said: string, severity: string): void {
  expect(root.json(['auth', 'doctor'], HOSTED).document.findings).toContainEqual(
    expect.objectContaining({ id: 'F-021', severity, summary: expect.stringContaining(said) }),
  )
}

/** What only reads works, whatever the home is like. */
function expectReadable(): void {
  for (const command of [
    ['sync', 'stop'],
    ['sync', 'status'],
    ['sync', 'logs'],
    ['auth', 'doctor'],
    ['auth', 'doctor', '--reset'],
  ]) {
    const { status, stderr } = root.run(command)
    expect([command, status, lineOf(stderr)]).toEqual([command, 0, []])
  }
}

describe('a read-only home', () => {
  it('refuses a start and a restart, and everything that only reads works', (context) => {
    const own = mountRoot(context)
    own.makeReadOnly()
    for (const command of ['start', 'restart']) {
      expectRefusal(root, root.run(['sync', command]), 'EROFS', root.path)
      const { status, document } = root.json(['sync', command])
      expect([status, document.ok, document.error.code]).toEqual([2, false, 'E_SCOPE_UNUSABLE'])
    }
    expectReadable()
    expect(notes()).toBe(NOTES)
    // The doctor and the status say it before a start has to fail.
    const said = `${root.path} is on a read-only file system`
    expectFinding(said, 'critical')
    const { stdout } = root.run(['sync', 'status'], HOSTED)
    const wayOut =
      'make that file system writable, or set SPEC_KITTY_HOME to a directory of your own \\(session and events of this home stay in it\\)'
    expect(stdout).toMatch(
      new RegExp(
        `^uploads +nothing leaves: ${said}\n +${wayOut}; to read more:\n +spec-kitty explain F-021\nauto-start `,
        'm',
      ),
    )
    expect(stdout).toMatch(/^auto-start +off: the home cannot be written to$/m)
    const shown = root.run(['auth', 'doctor'], HOSTED).stdout
    expect(shown.indexOf('(F-021')).toBeLessThan(shown.indexOf('(F-001)'))
  })

  it('does so too where a daemon ran before, and tells why it stopped', (context) => {
    const own = mountRoot(context)
    root.start()
    root.run(['sync', 'stop'])
    own.makeReadOnly()
    expectRefusal(root, root.run(['sync', 'start']), 'EROFS', root.file(''))
    expectReadable()
    expect(root.json(['sync', 'status']).document.last_stop.reason).toBe('operator_stop')
  })
})

describe('a full disk', () => {
  it('refuses a start, and starts once there is room', (context) => {
    mountRoot(context)
    fill()
    for (const command of ['start', 'restart'])
      expectRefusal(root, root.run(['sync', command]), 'ENOSPC', root.path)
    expect(root.json(['sync', 'start']).document.error.code).toBe('E_SCOPE_UNUSABLE')
    expectReadable()
    expect(root.run(['sync', 'start']).stderr).toContain('free space on the disk that holds ')
    const said = `the disk that holds ${root.path} is full`
    expectFinding(said, 'critical')
    const { stdout } = root.run(['sync', 'status'], HOSTED)
    expect(stdout).toContain(`events may stay here: ${said}`)
    expect(stdout).toContain('free space there, or set SPEC_KITTY_HOME to a directory on another disk')
    expect(stdout).not.toContain('auth login')
    rmSync(join(root.path, 'fill'))
    expect(lives(root.start())).toBe(true)
    root.run(['sync', 'stop'])
    expect(notes()).toBe(NOTES)
  })

  it('that fills up while the daemon runs leaves it working, and a stop stops it', (context) => {
    mountRoot(context)
    const daemon = root.start()
    fill()
    expect(root.json(['sync', 'start']).document).toMatchObject({ outcome: 'found', pid: daemon.pid })
    expect(root.json(['sync', 'status']).document).toMatchObject({ state: 'running', pid: daemon.pid })
    expect(root.run(['auth', 'doctor']).status).toBe(0)
    const said = `the disk that holds ${root.path} is full`
    expectFinding(said, 'critical')
    expect(root.run(['sync', 'status']).stdout).toContain(`no event can be queued: ${said}`)
    expect(root.json(['sync', 'stop'])).toMatchObject({ status: 0, document: { outcome: 'stopped' } })
    expect(lives(daemon)).toBe(false)
    expect(root.json(['sync', 'status'])).toMatchObject({
      status: 0,
      document: { state: 'stopped', why: 'operator_stop', pid: null },
    })
    expectRefusal(root, root.run(['sync', 'start']), 'ENOSPC', root.path)
    rmSync(join(root.path, 'fill'))
    expect(lives(root.start())).toBe(true)
    root.run(['sync', 'stop'])
    expect(notes()).toBe(NOTES)
  })
})

describe('a limit of file sizes', () => {
  // 'life/record-writes' has every size.
  it.each([200])('of %i bytes refuses a start, leaves no half record, and a start works after', (bytes) => {
    const limited = root.run(['sync', 'start'], { prefix: ['prlimit', `--fsize=${bytes}`] })
    expectRefusal(root, limited, 'EFBIG', root.path)
    const names = readdirSync(root.file('.')).filter((name) => !/\.(lock|log)$/.test(name))
    expect(names).toEqual(['.gitignore'])
    expect(lives(root.start())).toBe(true)
  })
})
