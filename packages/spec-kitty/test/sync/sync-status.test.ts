import type { DaemonStatus } from 'familiar'
import { afterAll, expect, it } from 'vitest'
import { makeHome, removeHomes } from '../../../familiar/test/helpers/homes.js'
import { syncStatus } from '../../src/sync/sync-status.js'

afterAll(removeHomes)

const DAY_MS = 86_400_000

/** What the line about the last upload says of a daemon that has stopped. */
async function lastSync(stoppedAt: Date): Promise<string | undefined> {
  const home = makeHome()
  const since = stoppedAt.toISOString()
  // Of the record, the work of the daemon asks only for when it ended.
  const status = {
    state: 'stopped',
    why: 'it was stopped',
    since,
    implementation: 'familiar',
    pid: null,
    port: null,
    report: null,
    record: { stoppedAt: since, running: false, extension: {} },
  } as unknown as DaemonStatus
  const io = { env: { SPEC_KITTY_HOME: home, HOME: home }, cwd: () => home }
  const lines = [
    ['daemon', 'not running'],
    ['log', ''],
  ] as const
  const told = await syncStatus(
    home,
    io,
  )({ status, state: status.state, document: { log: null } as never, lines })
  return told.lines.find(([name]) => name === 'last sync')?.[1]
}

it('tells the day on which the daemon ended, if that is not today', async () => {
  expect(await lastSync(new Date())).toMatch(/^unknown since the daemon ended at \d\d:\d\d:\d\d$/)
  expect(await lastSync(new Date(Date.now() - 2 * DAY_MS))).toMatch(
    /^unknown since the daemon ended at \d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/,
  )
})
