import { describe, expect, it } from 'vitest'
import { commandText } from '../src/identity/machine.js'
import type { Platform, PortRange } from '../src/observe/platform/platform.js'

/** What a backend is asked about, and what is known to be true of it. */
export interface Subject {
  readonly platform: Platform
  readonly range: PortRange
  /** Listeners in the range whose holders are known. */
  readonly listening: readonly { readonly port: number; readonly address: string; readonly pid: number }[]
  /** Processes that live. */
  readonly living: readonly number[]
  /** A pid that no process has. */
  readonly dead: number
}

/**
 * What every backend must answer, no matter where it gets its answers: the real machine's, and those that are fed what another system's
 * tools have printed.
 */
export function conformance(name: string, subject: () => Subject): void {
  const soon = (): AbortSignal => AbortSignal.timeout(20_000)

  describe(`the platform ${name}`, () => {
    it('reports the scanning process, and the same each time', async () => {
      const { platform } = subject()
      const host = await platform.host()
      expect(host.pid).toBe(process.pid)
      for (const text of Object.values(host)) expect(String(text)).toMatch(/\S/)
      expect(host.hostId).toMatch(/^[0-9a-f]{16}$/)
      expect(await platform.host()).toEqual(host)
    })

    it('lists every listener of the range once, and none beside it', async () => {
      const { platform, range, listening } = subject()
      const found = await platform.listeners(range, soon())
      const places = found.map(({ port, address }) => `${address} ${port}`)
      expect(places).toEqual(
        expect.arrayContaining(listening.map(({ port, address }) => `${address} ${port}`)),
      )
      expect(found.every(({ port }) => port >= range.from && port < range.to)).toBe(true)
      expect(new Set(found.map(({ socket }) => socket)).size).toBe(found.length)
    })

    it('names a socket the same each time', async () => {
      const { platform, range } = subject()
      const sockets = async (): Promise<readonly string[]> =>
        (await platform.listeners(range, soon())).map(({ socket }) => socket).toSorted()
      expect(await sockets()).toEqual(await sockets())
    })

    it('reports that no process holds the lock of a file that does not exist', async () => {
      const { platform, living } = subject()
      expect(await platform.lockHolder('/no/such/file', null, living)).toBeNull()
      const told = { pid: process.pid, startTime: 'any' }
      expect(await platform.lockHolder('/no/such/file', told, living)).toBeNull()
    })

    it('lists none in an empty range', async () => {
      const { platform, range } = subject()
      expect(await platform.listeners({ from: range.from, to: range.from }, soon())).toEqual([])
    })

    it('reports who holds each, in whatever order they are asked for', async () => {
      const { platform, range, listening, living, dead } = subject()
      const found = await platform.listeners(range, soon())
      const right = new Set(listening.map(({ pid }) => pid))
      for (const hints of [new Set<number>(), right, new Set([dead, ...living, 1])]) {
        const holders = await platform.holders(found, hints, soon())
        for (const { port, address, pid } of listening) {
          const socket = found.find((one) => one.port === port && one.address === address)?.socket ?? ''
          expect(holders.get(socket), `${address} ${port}`).toBe(pid)
        }
      }
    })

    it('finds the living processes with a certain command line, or says that this is slow here', async () => {
      const { platform, living, dead } = subject()
      const views = await platform.inspect(living, soon())
      for (const pid of living) {
        const text = commandText(views.get(pid)?.command ?? { text: '' })
        const found = await platform.matching((command) => (commandText(command) === text ? command : null))
        if (found === null) continue
        expect([...found.keys()]).toContain(pid)
        expect(found.has(dead)).toBe(false)
        expect(await platform.matching(() => null)).toEqual(new Map())
      }
    })

    it('reports the identity of living processes, with a start time that stays', async () => {
      const { platform, living } = subject()
      const views = await platform.inspect(living, soon())
      expect([...views.keys()].toSorted((a, b) => a - b)).toEqual(living.toSorted((a, b) => a - b))
      const again = await platform.inspect(living, soon())
      for (const pid of living) {
        const view = views.get(pid)
        expect(view).toMatchObject({
          pid,
          startTime: expect.stringMatching(/\S/),
          user: expect.stringMatching(/\S/),
        })
        expect(view?.cpuSeconds).toBeGreaterThanOrEqual(0)
        expect(view?.command).not.toBeNull()
        expect(view?.ageSeconds).toBeGreaterThanOrEqual(0)
        expect(again.get(pid)?.startTime).toBe(view?.startTime)
        expect(again.get(pid)?.startedAt).toBe(view?.startedAt)
        expect(view?.startedAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z$/)
      }
    })

    it('does not report dead processes, nor pids that do not exist', async () => {
      const { platform, dead, living } = subject()
      const views = await platform.inspect([dead, 0, -1, ...living], soon())
      expect(views.has(dead) || views.has(0) || views.has(-1)).toBe(false)
      expect(views.size).toBe(living.length)
      expect((await platform.inspect([], soon())).size).toBe(0)
    })

    it('tells the start times of the same processes that it inspects, and the same each time', async () => {
      const { platform, living, dead } = subject()
      const starts = await platform.startTimes([dead, 0, -1, ...living], soon())
      expect([...starts.keys()].toSorted((a, b) => a - b)).toEqual(
        [...new Set(living)].toSorted((a, b) => a - b),
      )
      const again = await platform.startTimes(living, soon())
      for (const [pid, start] of starts) {
        expect(start).toBeGreaterThan(0)
        expect(again.get(pid)).toBe(start)
      }
    })
  })
}
