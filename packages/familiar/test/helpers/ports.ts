import { listenersOn } from './machine.js'
import type { PortRange } from '../../src/identity/machine.js'

/** Every test file that listens. Files run side by side, so each has ports that no other one uses. */
const FILES = [
  'act/signal',
  'act/signal-identity',
  'act/signal-permission',
  'act/stop',
  'act/stop-ask',
  'act/stop-ending',
  'act/stop-interrupted',
  'act/cleanup',
  'act/cleanup-spared',
  'act/cleanup-lock',
  'act/cleanup-scopes',
  'act/scope-owner',
  'observe/health',
  'observe/health-hostile',
  'observe/scan',
  'observe/scan-hostile',
  'observe/scan-holders',
  'observe/scan-lock',
  'observe/scan-records',
  'observe/scan-roots',
  'observe/resources',
  'observe/unreachable',
  'observe/verify',
  'observe/platform/conformance',
  'life/by-hand',
  'life/concurrent',
  'life/drain',
  'life/files',
  'life/flood',
  'life/idle',
  'life/inherit',
  'life/interrupted',
  'life/killed',
  'life/lack',
  'life/leaving',
  'life/lease',
  'life/lock-unsupported',
  'life/log',
  'life/mimic',
  'life/pages',
  'life/ports',
  'life/record',
  'life/record-shared',
  'life/record-writes',
  'life/replace',
  'life/replace-drain',
  'life/replace-failure',
  'life/replace-predecessor',
  'life/replace-unproven',
  'life/retire-stale',
  'life/retirement',
  'life/siblings',
  'life/start',
  'life/start-failure',
  'life/start-limits',
  'life/unmounted',
  'life/unreachable',
  'life/wedged',
  'life/health-head',
  'cli/commands',
  'cli/doctor',
  'client/fetch',
  'life/handler',
  'life/none-here',
  'life/old-health',
  'act/dry-run',
] as const

/** Below the ports that systems hand out by themselves (Linux from 32768 on), and clear of the families' own ranges. */
const FIRST_PORT = 20_000

const PORTS_PER_FILE = 50
const PORTS_PER_RUN = 3_150
const RUNS = 4

/**
 * Returns the ports of a test file: a range of its own between 20000 and 32600, where no process listens. Each run of the
 * tests begins at another place, so that two on one machine stay apart.
 */
export function portsOf(file: (typeof FILES)[number]): PortRange {
  const runs = Array.from({ length: RUNS }, (_, index) => (process.ppid + index) % RUNS)
  const ranges = runs.map((run) =>
    rangeAt(FIRST_PORT + run * PORTS_PER_RUN + FILES.indexOf(file) * PORTS_PER_FILE),
  )
  const free = ranges.find(({ from, to }) => listenersOn(from, to).length === 0)
  if (free === undefined) throw new Error(`no free ports for ${file}`)
  return free
}

function rangeAt(from: number): PortRange {
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
