import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeEach, expect, it } from 'vitest'
import { makeHome, removeHomes } from '../../../familiar/test/helpers/homes.js'
import { sessionMark } from '../../src/sync/gate-session.js'
import { isSessionRefused, readLastWork, rememberWork } from '../../src/sync/last-work.js'
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
  expect([isRefused(), readLastWork(home)]).toEqual([false, { lastSync: LATER, refused: null }])
})

it('the last success stays known', () => {
  rememberWork(home)({ lastSync: AT, refused: null, hasAnswered: true })
  rememberWork(home)({ lastSync: null, refused: 'mark', hasAnswered: false })
  expect(readLastWork(home)).toEqual({ lastSync: AT, refused: 'mark' })
})

it('what is not there or damaged is not known', () => {
  const nothing = { lastSync: null, refused: null }
  expect([readLastWork(home), isRefused()]).toEqual([nothing, false])
  rememberWork(home)({ lastSync: AT, refused: null, hasAnswered: true })
  for (const text of ['', 'garbage', '[]', '{"last_sync": 5, "refused": {}}', '{"last_sync": "soon"}']) {
    writeFileSync(join(home, 'daemons', 'sync', 'last-work.json'), text)
    expect([text, readLastWork(home)]).toEqual([text, nothing])
  }
  // It cannot be stored where there is no directory for it, and that is no failure.
  rememberWork(join(home, 'session.json'))({ lastSync: AT, refused: null, hasAnswered: true })
})
