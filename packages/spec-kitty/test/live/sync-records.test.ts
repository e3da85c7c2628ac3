import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { seeded } from '../../../familiar/test/helpers/random.js'
import { lineOf, lives, makeRoot, type SyncRoot } from './sync-root.js'

/** Records that cannot be read: they name no process, prevent no start, and are kept. */
let root: SyncRoot

beforeEach(() => {
  root = makeRoot()
  mkdirSync(root.file('.'), { recursive: true })
})

afterEach(() => root.end())

/** Returns so many bytes, each of a random value. */
function randomBytes(count: number): Uint8Array {
  const { random } = seeded('live/sync-records')
  return Uint8Array.from({ length: count }, () => Math.floor(random() * 256))
}

/** What else is no record: `protocol/record` (what is read) and `life/record` (what is kept). */
const CORRUPT: Readonly<Record<string, () => string | Uint8Array>> = {
  truncated: () => '{"schema": 1, "family": "sync", "scope": "/',
  'a megabyte': () => Buffer.alloc(1024 * 1024, 'x'),
  binary: () => randomBytes(4_096),
}

/** What was moved aside. */
function kept(): readonly string[] {
  return readdirSync(root.file('.')).filter((name) => name.startsWith('record.json.corrupt-'))
}

function expectUsable(): void {
  for (const [command, shown] of [
    [['sync', 'status'], { state: 'none', pid: null, port: null }],
    [['sync', 'stop'], { outcome: 'none' }],
    [['auth', 'doctor'], { candidates: [] }],
  ] as const) {
    const { status, stderr, document } = root.json(command)
    expect([command, status, stderr, document]).toMatchObject([command, 0, '', shown])
  }
}

describe('a corrupt record', () => {
  it.each(Object.keys(CORRUPT))('that is %s does not stop a start, and is kept beside the new one', (how) => {
    const content = Buffer.from(CORRUPT[how]?.() ?? '')
    writeFileSync(root.file('record.json'), content)
    expectUsable()
    expect(readFileSync(root.file('record.json')).equals(content)).toBe(true)
    expect(lives(root.start())).toBe(true)
    expect(kept().map((name) => readFileSync(root.file(name)).equals(content))).toEqual([true])
    expect(root.run(['sync', 'logs']).stdout).toContain(kept()[0])
  })

  it('that is a directory does not stop a start, and is kept with what is in it', () => {
    mkdirSync(root.file('record.json'))
    writeFileSync(join(root.file('record.json'), 'notes.txt'), 'mine\n')
    expectUsable()
    expect(lives(root.start())).toBe(true)
    expect(readFileSync(join(root.file(kept()[0] ?? ''), 'notes.txt'), 'utf8')).toBe('mine\n')
  })

  it("of a predecessor's is left where it is, as are the user's own files", () => {
    const own = {
      'sync-daemon': 'http://localhost:9434\n',
      'config.toml': '[sync\n',
      'session.json': '{',
      'notes.txt': 'mine\n',
    }
    for (const [name, text] of Object.entries(own)) writeFileSync(join(root.path, name), text)
    expectUsable()
    expect(lives(root.start())).toBe(true)
    expect(root.run(['auth', 'doctor', '--reset', '--force']).status).toBe(0)
    expect(root.run(['sync', 'restart']).status).toBe(0)
    expect(root.run(['sync', 'stop']).status).toBe(0)
    for (const [name, text] of Object.entries(own)) {
      expect([name, readFileSync(join(root.path, name), 'utf8')]).toEqual([name, text])
    }
  })

  it('of a lock is no lock, and a lock that cannot be opened is said in one line', () => {
    writeFileSync(root.file('daemon.lock'), randomBytes(100))
    writeFileSync(root.file('lifecycle.lock'), 'garbage')
    expectUsable()
    expect(lives(root.start())).toBe(true)
    const other = root.beside(join(root.base, 'other'))
    mkdirSync(other.file('lifecycle.lock'), { recursive: true })
    const { status, stderr } = other.run(['sync', 'start'])
    expect([status, lineOf(stderr)]).toEqual([2, [expect.stringContaining('EISDIR')]])
    expect(statSync(other.file('lifecycle.lock')).isDirectory()).toBe(true)
  })

  it('that names an innocent process does not harm it', () => {
    root.start()
    root.run(['sync', 'stop'])
    const record = JSON.parse(readFileSync(root.file('record.json'), 'utf8'))
    writeFileSync(root.file('record.json'), JSON.stringify({ ...record, state: 'running', pid: process.pid }))
    expect(root.json(['sync', 'status']).document.state).toBe('crashed')
    expect(root.json(['sync', 'stop']).document.outcome).toBe('none')
    expect(root.json(['auth', 'doctor', '--reset', '--force']).document.reset_result.swept).toEqual([])
    expect(lives(root.start())).toBe(true)
  })
})
