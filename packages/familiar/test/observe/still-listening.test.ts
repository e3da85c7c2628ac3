import { describe, expect, it } from 'vitest'
import { FamiliarError, lackOf } from '../../src/errors.js'
import type { Listener, ProcessView } from '../../src/identity/machine.js'
import type { Platform } from '../../src/observe/platform/platform.js'
import { stillListening } from '../../src/observe/still-listening.js'
import { listener, PID, processView, USER } from '../helpers/observations.js'

const PORTS = { from: 9400, to: 9450 }

/** The first listing, and what a further one answers. `listings` counts the further ones. */
function look(seen: {
  readonly listeners: readonly Listener[]
  readonly alive?: readonly ProcessView[]
  readonly again: Platform['listeners']
}) {
  let listings = 0
  const listeners: Platform['listeners'] = async (...asked) => {
    listings += 1
    return seen.again(...asked)
  }
  const alive = new Map((seen.alive ?? []).map((view) => [view.pid, view]))
  const first = { listeners: seen.listeners, holders: new Map<string, number>(), alive, user: USER }
  const left = stillListening(first, PORTS, { listeners }, AbortSignal.timeout(60_000))
  return { left, listings: () => listings }
}

const gone = async (): Promise<readonly Listener[]> => []

describe('a further listing', () => {
  const doubtful = listener({ socket: 'doubtful' })

  it('that fails leaves the listeners as they were', async () => {
    const again = async (): Promise<never> => {
      throw new FamiliarError('E_LOOK_FAILED', 'powershell: not done in time')
    }
    const { left, listings } = look({ listeners: [doubtful], again })
    expect(await left).toEqual([doubtful])
    expect(listings()).toBe(1)
  })

  it('that is late is given up well before the time of the scan is over', async () => {
    const again: Platform['listeners'] = (_, deadline) =>
      new Promise((_resolve, reject) => {
        deadline.addEventListener('abort', () => reject(new FamiliarError('E_LOOK_FAILED', 'late')))
      })
    expect(await look({ listeners: [doubtful], again }).left).toEqual([doubtful])
  })

  it('for which this process has too few resources is an error', async () => {
    const again = async (): Promise<never> => {
      throw lackOf('EMFILE')
    }
    await expect(look({ listeners: [doubtful], again }).left).rejects.toMatchObject({ code: 'E_RESOURCES' })
  })

  it('is made for a process that is gone, and for one whose command line is hidden although it is ours', async () => {
    const hidden = processView({ command: null })
    for (const [at, alive] of [
      [listener({ pid: PID }), []],
      [listener({ pid: PID }), [hidden]],
      [listener({ pid: PID, user: null }), []],
      [listener({ user: null }), [hidden]],
    ] as const) {
      const { left, listings } = look({ listeners: [at], alive, again: gone })
      expect(await left).toEqual([])
      expect(listings()).toBe(1)
    }
  })

  // Windows names the process of each socket, and neither its owner nor the command line of another user's process.
  it('is not made for a living process where the system does not say whose its socket is', async () => {
    const service = listener({ pid: PID, user: null })
    const alive = [processView({ user: null, command: null, executable: null })]
    const { left, listings } = look({ listeners: [service], alive, again: gone })
    expect(await left).toEqual([service])
    expect(listings()).toBe(0)
  })
})
