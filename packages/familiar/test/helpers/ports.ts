import type { PortRange } from '../../src/identity/machine.js'

/** Every test file that listens. Files run side by side, so each has ports that no other one uses. */
const FILES = [
  'act/signal',
  'act/signal-identity',
  'act/signal-permission',
  'act/stop',
  'act/cleanup',
  'act/cleanup-foreign',
  'act/cleanup-lock',
  'act/scope-owner',
  'observe/health',
  'observe/health-hostile',
  'observe/look',
  'observe/look-hostile',
  'observe/look-records',
  'observe/look-roots',
  'observe/platform/conformance',
] as const

/** Below the ports that systems hand out by themselves (Linux from 32768 on), and clear of the families' own ranges. */
const FIRST_PORT = 20_000

const PORTS_PER_FILE = 50

/** Returns the ports of a test file: a range of its own between 20000 and 32000. */
export function portsOf(file: (typeof FILES)[number]): PortRange {
  const from = FIRST_PORT + FILES.indexOf(file) * PORTS_PER_FILE
  return { from, to: from + PORTS_PER_FILE }
}

/** Returns a function that hands out the ports of a range one after the other, each once. */
export function portsIn(range: PortRange): () => number {
  let next = range.from
  return () => {
    if (next >= range.to) throw new RangeError(`the ports from ${range.from} on are used up`)
    return next++
  }
}
