import { writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { FamiliarError, lackOf } from '../../src/errors.js'
import { changingNow } from '../../src/observe/changing-now.js'
import type { Platform } from '../../src/observe/platform/platform.js'
import { testFamily } from '../helpers/family.js'
import { makeHome } from '../helpers/homes.js'
import { processView } from '../helpers/observations.js'

const PID = 4711

/** A scope whose lock file names a process that lives, and a system on which it holds the lock. */
function lockedScope(change: Partial<Platform> = {}) {
  const scope = makeHome()
  const family = { ...testFamily({ from: 1, to: 2 }) }
  const lifecycleLock = `${scope}/lifecycle.lock`
  writeFileSync(lifecycleLock, JSON.stringify({ pid: PID, birth: 'boot/1' }))
  const platform = {
    name: 'linux',
    inspect: async () => new Map([[PID, processView({ pid: PID })]]),
    lockHolder: async () => ({ pid: PID, startTime: 'boot/1' }),
    ...change,
  } as unknown as Platform
  const at = { ...family, files: (path: string) => ({ ...family.files(path), lifecycleLock }) }
  return changingNow(at, scope, platform)
}

const fails = async (): Promise<never> => {
  throw new FamiliarError('E_LOOK_FAILED', 'powershell: not done in time')
}

describe('the process that changes the daemons of a scope', () => {
  it('is the holder of the life-cycle lock', async () => {
    expect(await lockedScope()).toBe(PID)
  })

  it.each(['darwin', 'win32'] as const)('is not looked for on %s', async (name) => {
    expect(await lockedScope({ name, inspect: fails, lockHolder: fails })).toBe(null)
  })

  it('is not known if a look fails', async () => {
    expect([await lockedScope({ inspect: fails }), await lockedScope({ lockHolder: fails })]).toEqual([
      null,
      null,
    ])
  })

  it('is an error if this process has too few resources', async () => {
    const lockHolder = async (): Promise<never> => {
      throw lackOf('EMFILE')
    }
    await expect(lockedScope({ lockHolder })).rejects.toMatchObject({ code: 'E_RESOURCES' })
  })
})
