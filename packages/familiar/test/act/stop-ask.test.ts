import { describe, expect, it } from 'vitest'
import { requestShutdown } from '../../src/act/request-shutdown.js'
import { terminate } from '../../src/act/terminate-process.js'
import { PREDECESSOR } from '../../../../stand-ins/predecessor-record.mjs'
import { parseRecord } from '../../src/protocol/record.js'
import { selectPlatform } from '../../src/observe/platform/select.js'
import { testFamily } from '../helpers/family.js'
import { leaveNothing } from '../helpers/leaks.js'
import { useLifecycleLock } from '../helpers/lifecycle-lock.js'
import { listenersOn } from '../helpers/machine.js'
import { portsIn, portsOf } from '../helpers/ports.js'
import { startProven } from '../helpers/proven.js'

const ports = portsOf('act/stop-ask')
const family = testFamily(ports)
const nextPort = portsIn(ports)
const real = await selectPlatform()
const STEP_MS = 300

leaveNothing(ports)

const heldLock = useLifecycleLock()

describe('terminate asks first, where it can', () => {
  /** Asks the predecessor's way, with the token in its command line. */
  function asking(port: number, token: string) {
    const read = parseRecord(`http://127.0.0.1:${port}\n${port}\n${token}\n`, [PREDECESSOR.parseRecord])
    if (read.state !== 'readable') throw new Error('no record')
    return () => requestShutdown(family, read.record, 'test')
  }

  it.for([
    ['a daemon that leaves, although it ignores SIGTERM', 'ignore-term', 'http_shutdown'],
    ['a daemon that accepts, closes its port and hangs', 'close-then-hang', 'kill'],
  ] as const)('%s', async ([, behaviour, path]) => {
    const port = nextPort()
    const { daemon, target, isAlive } = await startProven(family, port, real, { behaviour })
    const ask = asking(port, daemon.token)
    expect(await terminate(heldLock(), real, family, target, { stepMs: STEP_MS, ask })).toEqual({
      outcome: 'swept',
      path,
    })
    expect([isAlive(), listenersOn(port, port + 1)]).toEqual([false, []])
  })

  it('a daemon that does not accept', async () => {
    const { target, isAlive } = await startProven(family, nextPort(), real)
    const ask = asking(target.port ?? 0, 'another-token')
    const result = await terminate(heldLock(), real, family, target, { stepMs: STEP_MS, ask })
    expect(result).toEqual({ outcome: 'swept', path: 'terminate' })
    expect(isAlive()).toBe(false)
  })
})
