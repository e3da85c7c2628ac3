import { expect, it } from 'vitest'
import type { Listener, PortRange } from '../../../src/identity/machine.js'
import { watchPortsBeside } from '../../../src/observe/platform/listeners-beside.js'
import type { Platform } from '../../../src/observe/platform/platform.js'

const BESIDE = { from: 9237, to: 9337 }
const RANGE = { from: 9400, to: 9450 }

/** A machine on which something listens on these ports. Counts how often its table is read. */
function machineWith(ports: readonly number[]) {
  const readings: PortRange[] = []
  const platform = {
    listeners: async (range: PortRange) => {
      readings.push(range)
      return ports
        .filter((port) => port >= range.from && port < range.to)
        .map((port) => ({ port }) as Listener)
    },
  } as unknown as Platform
  return { platform, readings }
}

it.each([
  ['nothing', [], false],
  ['only on the scanned ports', [9400, 9449], false],
  ['between both ranges, and directly beside them', [9236, 9337, 9399, 9450], false],
  ['on the first of the other ports', [9237, 9401], true],
  ['on the last of them', [9336], true],
])('listens %j: read once, and told only of the other ports', async (_, ports, isTold) => {
  const { platform, readings } = machineWith(ports)
  let told = 0
  const watching = watchPortsBeside(platform, { ports: BESIDE, onListener: () => (told += 1) })
  const found = await watching.listeners(RANGE, AbortSignal.timeout(1_000))
  expect(found.map(({ port }) => port)).toEqual(ports.filter((port) => port >= 9400 && port < 9450))
  expect([told, readings]).toEqual([isTold ? 1 : 0, [{ from: 9237, to: 9450 }]])
})
