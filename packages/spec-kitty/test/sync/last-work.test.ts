import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeEach, expect, it } from 'vitest'
import { makeHome, removeHomes } from '../../../familiar/test/helpers/homes.js'
import { sessionMark } from '../../src/sync/gate-session.js'
import { isRefusedAgain, isSessionRefused, readLastWork, rememberWork } from '../../src/sync/last-work.js'
import { knownReport } from '../../src/sync/work-report.js'

afterAll(removeHomes)

const AT = '2026-11-27T20:19:48.414Z'
const LATER = '2026-11-27T20:20:48.414Z'

let home: string

beforeEach(() => {
  home = makeHome()
  writeFileSync(join(home, 'session.json'), '{}')
})

/** What commands know of the session; `sync` is what the daemon reports. */
function isRefused(sync: Readonly<Record<string, string | boolean>> | null = null): boolean {
  return isSessionRefused(home, knownReport(sync === null ? null : { sync }))
}

it('remembers a refusal beyond the daemon, until the session changes', () => {
  rememberWork(home)({ lastSync: null, refused: sessionMark(home), hasAnswered: false })
  expect([isRefused(), isRefused({ refused: false })]).toEqual([true, true])
  writeFileSync(join(home, 'session.json'), '{"another": "session"}')
  expect(isRefused()).toBe(false)
})

it('is over as soon as the server takes something, in any daemon', () => {
  rememberWork(home)({ lastSync: AT, refused: sessionMark(home), hasAnswered: true })
  expect(isRefused({ refused: false, last_sync: LATER })).toBe(false)
  const remember = rememberWork(home)
  // The first pass of the next daemon has not asked the server yet.
  remember({ lastSync: null, refused: null, hasAnswered: false })
  expect(isRefused()).toBe(true)
  remember({ lastSync: LATER, refused: null, hasAnswered: true })
  expect([isRefused(), readLastWork(home)]).toEqual([
    false,
    { lastSync: LATER, refused: null, isRefusedAgain: false },
  ])
})

it('a session that the server refused again is told from one that it refused once, until it takes something', () => {
  const refused = { lastSync: null, refused: sessionMark(home), hasAnswered: false }
  const first = rememberWork(home)
  first(refused)
  first(refused)
  expect(isRefusedAgain(home)).toBe(false)
  const next = rememberWork(home)
  next({ ...refused, refused: null })
  expect(isRefusedAgain(home)).toBe(false)
  next(refused)
  expect(isRefusedAgain(home)).toBe(true)
  // A daemon that has not asked the server yet changes nothing of that.
  const third = rememberWork(home)
  third({ ...refused, refused: null })
  expect(isRefusedAgain(home)).toBe(true)
  // The restart was of use: the server took something.
  third({ lastSync: LATER, refused: null, hasAnswered: true })
  third(refused)
  expect(isRefusedAgain(home)).toBe(false)
  rememberWork(home)(refused)
  expect(isRefusedAgain(home)).toBe(true)
  writeFileSync(join(home, 'session.json'), '{"another": "session"}')
  expect(isRefusedAgain(home)).toBe(false)
})

it('the last success stays known', () => {
  rememberWork(home)({ lastSync: AT, refused: null, hasAnswered: true })
  rememberWork(home)({ lastSync: null, refused: 'mark', hasAnswered: false })
  expect(readLastWork(home)).toEqual({ lastSync: AT, refused: 'mark', isRefusedAgain: false })
})

it('what is not there or damaged is not known', () => {
  const nothing = { lastSync: null, refused: null, isRefusedAgain: false }
  expect([readLastWork(home), isRefused()]).toEqual([nothing, false])
  rememberWork(home)({ lastSync: AT, refused: null, hasAnswered: true })
  for (const text of ['', 'garbage', '[]', '{"last_sync": 5, "refused": {}}', '{"last_sync": "soon"}']) {
    writeFileSync(join(home, 'daemons', 'sync', 'last-work.json'), text)
    expect([text, readLastWork(home)]).toEqual([text, nothing])
  }
  // It cannot be stored where there is no directory for it, and that is no failure.
  rememberWork(join(home, 'session.json'))({ lastSync: AT, refused: null, hasAnswered: true })
})
