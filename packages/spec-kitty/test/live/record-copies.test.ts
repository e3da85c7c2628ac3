import { chmodSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { lives, makeRoot, until, type Daemon, type SyncRoot } from './sync-root.js'

/** What becomes of copies of a record that others touch, make readable, or damage: they hold the token of a live daemon. */
let root: SyncRoot
let daemon: Daemon

beforeEach(() => {
  root = makeRoot()
  daemon = root.start()
})

afterEach(() => root.end())

/** Quarantine keeps the newest three. */
const KEPT = 3
const TIMES = 60

function asides(): readonly string[] {
  return readdirSync(dirname(root.file('record.json')))
    .filter((name) => name.startsWith('record.json.'))
    .map((name) => root.file(name))
}

function expectCopies(): void {
  const found = asides()
  expect(found.length).toBeLessThanOrEqual(KEPT)
  for (const path of found) {
    expect([path, statSync(path).mode & 0o777]).toEqual([path, 0o600])
    expect(/[0-9a-f]{32,}/.test(readFileSync(path, 'utf8'))).toBe(false)
  }
}

function isWhole(): boolean {
  const mode = statSync(root.file('record.json'), { throwIfNoEntry: false })?.mode ?? 0
  return (mode & 0o777) === 0o600 && root.remember()?.pid === daemon.pid
}

it(`a record that is touched ${TIMES} times is not copied`, async () => {
  for (let time = 0; time < TIMES; time++) utimesSync(root.file('record.json'), time, time)
  writeFileSync(root.file('record.json'), 'the last word')
  expect(await until(isWhole)).toBe(true)
  expectCopies()
  expect(asides()).toHaveLength(1)
})

it('a record that is readable for others is so no longer, and no copy of it is', async () => {
  const text = readFileSync(root.file('record.json'), 'utf8')
  writeFileSync(root.file('record.json'), text)
  chmodSync(root.file('record.json'), 0o644)
  expect(await until(isWhole)).toBe(true)
  expectCopies()
  expect(lives(daemon)).toBe(true)
}, 120_000)

it('of many damaged ones the newest three are kept, without a token', async () => {
  const text = readFileSync(root.file('record.json'), 'utf8')
  for (let time = 0; time < 8; time++) {
    writeFileSync(root.file('record.json'), `${text}${text}`)
    expect(await until(isWhole)).toBe(true)
    expectCopies()
  }
  expect(asides().length).toBeGreaterThan(0)
  expect(root.json(['sync', 'start']).document).toMatchObject({ outcome: 'found', pid: daemon.pid })
}, 300_000)
