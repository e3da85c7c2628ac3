import { expect, it } from 'vitest'
import {
  differences,
  isSendingAnyway,
  startedHosted,
  startEnvironment,
} from '../../src/sync/start-environment.js'

const SWITCH = 'SPEC_KITTY_ENABLE_SAAS_SYNC'

/** The daemon has hosted sync as `daemon` says, and the command as `here` says. */
function isSending(daemon: string, here: string | undefined): boolean {
  const env = here === undefined ? {} : { [SWITCH]: here }
  const differing = differences(startEnvironment({ [SWITCH]: daemon }), startEnvironment(env))
  return isSendingAnyway(differing, env)
}

it('a shell that turns hosted sync off in so many words is told that the daemon sends', () => {
  for (const off of ['0', 'false', 'No', 'n', 'off']) expect([off, isSending('1', off)]).toEqual([off, true])
  // Not set, or misspelt, is no word for off; and where it is off for the daemon too, all is as it says.
  for (const other of [undefined, '', 'ture', '1'])
    expect([other, isSending('1', other)]).toEqual([other, false])
  expect(isSending('0', '0')).toBe(false)
})

it('a daemon was started with hosted sync on only if its report says so', () => {
  const on = (value: string): boolean => startedHosted(startEnvironment({ [SWITCH]: value }))
  expect([on('1'), on('0'), startedHosted(null), startedHosted({})]).toEqual([true, false, false, false])
})
