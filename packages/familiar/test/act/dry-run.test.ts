import { describe, expect, it } from 'vitest'
import { spawnHostile } from '../../../../stand-ins/hostile.mjs'
import { spawnPredecessor } from '../../../../stand-ins/predecessor.mjs'
import { cleanUp, type CleanUpReport, type CleanUpRequest } from '../../src/act/clean-up.js'
import type { ProcessView } from '../../src/identity/machine.js'
import type { Platform } from '../../src/observe/platform/platform.js'
import { selectPlatform } from '../../src/observe/platform/select.js'
import { testFamily } from '../helpers/family.js'
import { makeHome } from '../helpers/homes.js'
import { leaveNothing } from '../helpers/leaks.js'
import { watch } from '../helpers/machine.js'
import { portsIn, portsOf } from '../helpers/ports.js'

const ports = portsOf('act/dry-run')
const family = testFamily(ports)
const nextPort = portsIn(ports)
const real = await selectPlatform()
/** How long a step may take: on a busy machine a daemon needs a while to end. */
const AMPLE_MS = 60_000

leaveNothing(ports)

function clean(scope: string, request: Partial<CleanUpRequest>): Promise<CleanUpReport> {
  return cleanUp({ family, scope, platform: real, intent: 'reset', stepMs: AMPLE_MS, ...request })
}

async function start(root: string, options: Partial<Parameters<typeof spawnPredecessor>[0]> = {}) {
  const daemon = await spawnPredecessor({ family: 'sync', port: nextPort(), root, ...options })
  return { ...daemon, isAlive: watch(daemon.pid) }
}

function resultsOf(report: CleanUpReport): unknown {
  return Object.fromEntries(
    report.entries.map(({ candidate, result }) => [candidate.observation.port, result]),
  )
}

/** What a dry run says of each port, in the words of what is done. */
function forecastIn(report: CleanUpReport): unknown {
  const words: Readonly<Record<string, string>> = { would_sweep: 'swept', would_fail: 'failed' }
  return Object.fromEntries(
    report.entries.map(({ candidate, result }) => [
      candidate.observation.port,
      words[result.outcome] ?? result.outcome,
    ]),
  )
}

function outcomesIn(report: CleanUpReport): unknown {
  return Object.fromEntries(
    report.entries.map(({ candidate, result }) => [candidate.observation.port, result.outcome]),
  )
}

describe('a dry run', () => {
  it('promises only what the real run then ends, of every kind, with every intent, also for one port', async () => {
    const root = makeHome()
    const safe = await start(root)
    const others = [
      await start(root, { marker: false }),
      await start(root, { record: true }),
      await start(makeHome()),
      await start(makeHome(), { record: true }),
    ]
    const apart = await start(root)
    const hidden = await start(root)
    const lost = await start(root, { marker: false })
    const stranger = await spawnHostile('http', nextPort())
    const all = [safe, ...others, apart, hidden, lost]
    const views = new Map<number, Partial<ProcessView>>([
      [apart.pid, { namespaces: 'of another mount namespace' }],
      [hidden.pid, { namespaces: null }],
      [lost.pid, { startTime: null }],
    ])
    const platform: Platform = {
      ...real,
      inspect: async (pids, deadline) =>
        new Map(
          [...(await real.inspect(pids, deadline))].map(([pid, view]) => [
            pid,
            { ...view, ...views.get(pid) },
          ]),
        ),
    }
    const intents = ['startup_clean', 'reset', 'reset_force'] as const
    const limits: readonly { readonly port?: number }[] = [
      ...[...all, stranger].map(({ port }) => ({ port })),
      {},
    ]
    const told: unknown[] = []
    for (const intent of intents)
      for (const limit of limits) {
        const request = { ...limit, intent, platform }
        const planned = await clean(root, { ...request, dryRun: true })
        const done = await clean(root, request)
        expect([intent, limit, forecastIn(planned)]).toEqual([intent, limit, outcomesIn(done)])
        told.push(...planned.entries.map(({ result }) => result.outcome))
      }
    expect(new Set(told)).toEqual(new Set(['would_sweep', 'would_fail', 'skipped']))
    expect([apart, hidden, lost].map(({ isAlive }) => isAlive())).toEqual([true, true, true])
  })

  it('promises nothing that must never be signalled', async () => {
    const root = makeHome()
    const daemon = await start(root)
    const platform: Platform = {
      ...real,
      // As if this process had been started by the daemon.
      inspect: async (pids, deadline) => {
        const views = await real.inspect(pids, deadline)
        return new Map(
          [...views].map(([pid, view]) => [
            pid,
            pid === process.ppid ? { ...view, parent: daemon.pid } : view,
          ]),
        )
      },
    }
    const [planned, done] = [await clean(root, { platform, dryRun: true }), await clean(root, { platform })]
    const reason = `unknown: will not signal: process ${daemon.pid} is an ancestor of this one`
    expect(resultsOf(planned)).toEqual({ [daemon.port]: { outcome: 'would_fail', reason } })
    expect(resultsOf(done)).toEqual({ [daemon.port]: { outcome: 'failed', reason } })
    expect(daemon.isAlive()).toBe(true)
  })
})
