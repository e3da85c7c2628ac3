import { describe, expect, it } from 'vitest'
import { sendSignal } from '../../src/act/signal.js'
import { makeProof, type ProvenProcess } from '../../src/identity/proof.js'
import { selectPlatform } from '../../src/observe/platform/select.js'
import { testFamily } from '../helpers/family.js'
import { leaveNothing } from '../helpers/leaks.js'
import { hasPendingSignal, parentOf } from '../helpers/machine.js'
import { portsIn, portsOf } from '../helpers/ports.js'
import { hold, nobodyIn, startProven } from '../helpers/proven.js'
import { startZombie } from '../helpers/zombie.js'

const noInterruption = (): void => undefined

const ports = portsOf('act/signal')
const family = testFamily(ports)
const nextPort = portsIn(ports)
const real = await selectPlatform()

leaveNothing(ports)

describe('sendSignal', () => {
  it('sends to the very process that was proven', async () => {
    const { daemon, target } = await startProven(family, nextPort(), real)
    expect(await sendSignal(real, family, target, 'SIGTERM', noInterruption)).toBe('sent')
    expect(await daemon.exited).toEqual({ code: 0, signal: null })
  })

  it('signals each process right after the last look at it, also side by side with others', async () => {
    const started = [0, 1, 2].map(() => startProven(family, nextPort(), real))
    const proven = await Promise.all(started)
    await Promise.all(proven.map(({ daemon }) => hold(daemon)))
    const pids = proven.map(({ target }) => target.pid)
    const signalled: number[][] = []
    const watched: typeof real = {
      ...real,
      inspect: (asked, deadline) => {
        if (asked.some((pid) => pids.includes(pid))) signalled.push(pids.filter(hasPendingSignal))
        return real.inspect(asked, deadline)
      },
    }
    const sent = await Promise.all(
      proven.map(({ target }) => sendSignal(watched, family, target, 'SIGTERM', noInterruption)),
    )
    expect(sent).toEqual(['sent', 'sent', 'sent'])
    expect(signalled).toEqual([[], pids.slice(0, 1), pids.slice(0, 2)])
  })

  it('says gone of a process that has ended', async () => {
    const { daemon, target } = await startProven(family, nextPort(), real)
    await daemon.stop()
    expect(await sendSignal(real, family, target, 'SIGTERM', noInterruption)).toBe('gone')
  })

  it('says gone of a zombie', async () => {
    const pid = await startZombie()
    const target = makeProof({ ...nobodyIn(family), pid })
    expect(await sendSignal(real, family, target, 'SIGTERM', noInterruption)).toBe('gone')
  })
})

describe('sendSignal refuses', () => {
  const refused = { code: 'E_SIGNAL_REFUSED' }

  it.for([0, 1, -1, -process.pid, 1.5, Number.NaN, 2 ** 53, Number.POSITIVE_INFINITY])(
    'the pid %d',
    async (pid) => {
      const target = makeProof({ ...nobodyIn(family), pid })
      await expect(sendSignal(real, family, target, 'SIGTERM', noInterruption)).rejects.toMatchObject(refused)
    },
  )

  it('itself, its parent and the parents above', async () => {
    const line = [process.pid]
    for (let pid = parentOf(process.pid); pid !== null && pid > 1; pid = parentOf(pid)) line.push(pid)
    expect(line.length).toBeGreaterThan(1)
    for (const pid of line) {
      const target = makeProof({ ...nobodyIn(family), pid })
      await expect(
        sendSignal(real, family, target, 'SIGTERM', noInterruption),
        `pid ${pid}`,
      ).rejects.toMatchObject(refused)
    }
  })

  const wrong: readonly (readonly [string, (target: ProvenProcess) => ProvenProcess])[] = [
    ['a proof of another family', (target) => makeProof({ ...target, family: 'dashboard' })],
    ['a port below the range', (target) => makeProof({ ...target, port: ports.from - 1 })],
    ['a port behind the range', (target) => makeProof({ ...target, port: ports.to })],
    ['a copy of a proof', (target) => ({ ...target })],
    ['something that inherits from a proof', (target) => Object.create(target) as ProvenProcess],
    ['a proof out of a file', (target) => JSON.parse(JSON.stringify(target)) as ProvenProcess],
  ]

  it.for(wrong)('%s', async ([, spoil]) => {
    const { daemon, target, isAlive } = await startProven(family, nextPort(), real)
    await hold(daemon)
    await expect(sendSignal(real, family, spoil(target), 'SIGTERM', noInterruption)).rejects.toMatchObject(
      refused,
    )
    expect([isAlive(), hasPendingSignal(daemon.pid)]).toEqual([true, false])
  })

  it('to have a proof changed afterwards', async () => {
    const { target } = await startProven(family, nextPort(), real)
    expect(() => Object.assign(target, { port: ports.from })).toThrow(TypeError)
  })
})
