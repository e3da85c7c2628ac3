import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { SYNC_NOW } from '../../src/cli/describe/events.js'
import { BATCH_LIMITS } from '../../src/sync/upload/batch.js'
import { TIMING } from '../../src/sync/upload/upload-timing.js'
import { describeSetting, environmentSettings, SETTING_KEYS } from '../../src/sync/settings-table.js'
import { CLOSED_REASONS } from '../../src/sync/why-nothing-leaves.js'

/** docs/sync.md compared with the code: what must be complete, and its numbers. */
const page = readFileSync(new URL('../../../../docs/sync.md', import.meta.url), 'utf8')

/** The cells of the rows whose first cell is code. */
function rowsOf(heading: string): readonly (readonly string[])[] {
  const section = page.split(/^## /m).find((one) => one.startsWith(`${heading}\n`)) ?? ''
  const rows = section.split('\n').filter((line) => line.startsWith('| `'))
  return rows.map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.replaceAll('`', '').trim()),
  )
}

it('lists every setting with its variables and its key', () => {
  expect(rowsOf('Settings').map(([key, variables, inFile]) => [key, variables, inFile])).toEqual(
    SETTING_KEYS.map((key) => {
      const { variables, inFile } = describeSetting(key)
      return [key, variables.join(', '), inFile ?? '']
    }),
  )
})

it.each(['sync.max_queue_size', 'sync.background_daemon', 'sync.format', 'sync.client_id'] as const)(
  'has the default of %s',
  (key) => {
    const found = environmentSettings('', {}).get(key)
    const shown = rowsOf('Settings').find(([one]) => one === key)?.[3]
    expect(found).toMatchObject({
      state: 'right',
      value: key === 'sync.max_queue_size' ? Number(shown) : shown,
    })
  },
)

it('explains every reason why nothing leaves', () => {
  expect(rowsOf('Why nothing leaves').map(([reason]) => reason)).toEqual([
    // Off is a choice; then comes what is wrong on this machine.
    ...CLOSED_REASONS.slice(0, 1),
    'home_unwritable',
    'daemon_wedged',
    'queue_unusable',
    ...CLOSED_REASONS.slice(1),
    'no_consent',
    'consent_unreadable',
    'project_missing',
    'other_project',
    'no_daemon',
    'backing_off',
  ])
})

it('has the numbers of the code', () => {
  const { events, bytes } = BATCH_LIMITS
  for (const text of [
    `at most ${events} events and ${bytes / 1024} KiB`,
    `at once, ${TIMING.requestMs / 1000} s.`,
    `after ${TIMING.backOffMs / 1000} s, doubled up to ${TIMING.maxBackOffMs / 60_000} minutes`,
    `checks every ${TIMING.lookEveryMs / 60_000} minutes`,
  ]) {
    expect(page).toContain(text)
  }
  const help = SYNC_NOW.more.join(' ')
  expect(help).toContain(`after ${TIMING.drainAttempts} failed attempts in a row`)
  expect(help).toContain(`more than ${TIMING.drainWaitMs / 1000} s away`)
})
