import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { startChild } from '../helpers/children.js'
import { inGroups, tally, timeoutFor, times } from '../helpers/counts.js'
import {
  endDaemons,
  leaveNoDaemons,
  recordIn,
  recordPath,
  startDaemonIn,
  starterOf,
} from '../helpers/daemons.js'
import { eventually } from '../helpers/eventually.js'
import { figure } from '../helpers/figures.js'
import { newRoot } from '../helpers/homes.js'
import { portsOf } from '../helpers/ports.js'
import { daemonsOf, startTimeOf } from '../helpers/processes.js'
import { seeded } from '../helpers/random.js'

const ports = portsOf('life/interrupted')

leaveNoDaemons(ports)

const ATTEMPTS = times(4, 200)
const GROUP = 8
/** The last moment is at this time after the spawn of the starter, or later where a start takes longer here and now. */
const LAST_MOMENT_MS = 120
/** Some are interrupted when they are through. */
const BEYOND = 1.25
/** On a quiet machine every process that was starting is up or gone by then. */
const SETTLED_MS = 2_000

/** What there is of a root's daemon, from the machine's side. `wrong`: a daemon that no record names, or more than one. */
type Outcome = 'nothing' | 'a recorded daemon' | `wrong: ${string}`

/** Runs a starter, which is interrupted at the given moment, or never. Returns how long it took. */
async function start(
  root: string,
  interruption?: { readonly how: NodeJS.Signals; readonly afterMs: number },
) {
  const began = performance.now()
  const starter = startChild(process.execPath, starterOf(root, ports), { stdio: 'ignore' })
  const ended = once(starter, 'exit')
  if (interruption !== undefined) {
    await sleep(interruption.afterMs)
    starter.kill(interruption.how)
  }
  await ended
  return performance.now() - began
}

/**
 * Starts in all these roots, one after the other, each interrupted at a random moment of a start; the first one at its very
 * beginning and the last one long after it, so that few moments meet both on a busy machine, too.
 */
async function interruptIn(roots: readonly string[], random: () => number): Promise<void> {
  const wholeMs = await start(newRoot())
  const lastMs = Math.max(LAST_MOMENT_MS, BEYOND * wholeMs)
  for (const [index, root] of roots.entries()) {
    const share = index === 0 ? 0 : index === roots.length - 1 ? 2 : random()
    await start(root, { how: index % 2 === 0 ? 'SIGKILL' : 'SIGINT', afterMs: share * lastMs })
  }
}

async function outcomeIn(root: string): Promise<Outcome> {
  const pids = daemonsOf(root)
  const record = existsSync(recordPath(root)) ? recordIn(root) : null
  if (pids.length === 0) return record === null ? 'nothing' : `wrong: ${record.state} record, no process`
  if (pids.length > 1) return `wrong: ${pids.length} processes`
  if (record === null) return 'wrong: a process without record'
  if (record.pid !== pids[0] || record.birth !== startTimeOf(record.pid))
    return 'wrong: the record names another'
  const reply = await fetch(`http://127.0.0.1:${record.port}/api/health`).catch(() => null)
  return reply?.status === 200 ? 'a recorded daemon' : 'wrong: the recorded daemon does not answer'
}

/** Returns the outcome when it is not wrong: on a busy machine, what was starting takes longer. */
function settledIn(root: string): Promise<Outcome> {
  return eventually(async () => {
    const outcome = await outcomeIn(root)
    expect(outcome).not.toMatch(/^wrong/)
    return outcome
  })
}

/** The next command works, with the daemon that is there or with the one that it starts. */
async function nextIn(root: string, outcome: Outcome): Promise<string> {
  const before = daemonsOf(root)
  const daemon = await startDaemonIn(root, ports)
  const { status } = await daemon.post('/api/slow', { ms: 1 })
  const isRight = before.length === 0 ? daemon.started !== null : daemon.pid === before[0]
  const now = daemonsOf(root)
  const isServed = status === 200 && isRight && now.length === 1
  if (isServed) return `${outcome}, then served`
  return `${outcome}, wrong: status ${status}, ${daemon.started}, ${daemon.pid} of ${now.join()}, before ${before.join()}`
}

it(
  `a start that is interrupted leaves a recorded daemon or nothing: ${ATTEMPTS} random moments`,
  async () => {
    const { random } = seeded('life/interrupted')
    const found: string[] = []
    for (const group of inGroups(ATTEMPTS, GROUP)) {
      const roots = group.map(newRoot)
      await interruptIn(roots, random)
      await sleep(SETTLED_MS)
      const outcomes = await Promise.all(roots.map(settledIn))
      for (const [index, root] of roots.entries())
        found.push(await nextIn(root, outcomes[index] ?? 'nothing'))
      await endDaemons()
    }
    const counts = tally(found)
    figure(`interrupted ${found.length} starts: ${JSON.stringify(counts)}`)
    expect(Object.keys(counts).filter((outcome) => outcome.includes('wrong'))).toEqual([])
    expect(Object.keys(counts)).toEqual(['a recorded daemon, then served', 'nothing, then served'])
    expect(found).toHaveLength(ATTEMPTS)
  },
  timeoutFor(ATTEMPTS, 2_000),
)
