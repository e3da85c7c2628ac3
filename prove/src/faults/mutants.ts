import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Failure, Order, Part, Result } from '../part.js'
import { changeBundle, copyBuild } from '../stage/builds.js'
import { runWith } from './part.js'

/** A bug that is put into a copy of our own package. The trials must find it. */
interface Mutant {
  readonly what: string
  /** A text in the names of the trials that could find the bug. */
  readonly only: string
  /** How many of these trials are run. */
  readonly trials: number
  readonly from: string
  readonly to: string
}

/** The bugs. If one of these texts is no longer in the bundle, the copy cannot be made. */
export const MUTANTS: readonly Mutant[] = [
  {
    what: 'events are called queued though the queue could not be written',
    // All are run, because most of these writes create the database, and only one in ten stores an event.
    only: 'publish pwrite64',
    trials: 200,
    from: 'await publish(batch)',
    to: 'await publish(batch).catch(() => ({ queued: batch.length, duplicates: [], dead: 0 }))',
  },
  {
    what: 'a lack of resources has an exit code that no page names',
    only: 'start descriptors',
    trials: 8,
    from: 'tryAgain: 75',
    to: 'tryAgain: 3',
  },
  {
    what: 'what a killed daemon was writing stays for ever',
    only: 'retirement fsync',
    trials: 8,
    from: 'const TEMPORARY_NAME = ',
    to: 'const TEMPORARY_NAME = /^$/, UNUSED = ',
  },
]

export const faultMutants: Part = {
  id: 'fault-mutants',
  title: 'The fault trials find faults that were put into a copy of our package.',
  run,
}

async function run(order: Order): Promise<Result> {
  const failures: Failure[] = []
  for (const mutant of MUTANTS) {
    const found = await findingsOf(mutant, order)
    order.say(`${mutant.what}: ${found[0]?.why.slice(0, 160) ?? 'not found'}`)
    if (found.length === 0) failures.push({ trial: mutant.what, why: `no trial of ${mutant.only} found it` })
  }
  const caught = MUTANTS.length - failures.length
  const goal = String(MUTANTS.length)
  return {
    figures: [{ what: 'seeded faults that are found', value: caught, goal, met: failures.length === 0 }],
    failures,
  }
}

async function findingsOf({ only, trials, from, to }: Mutant, order: Order): Promise<readonly Failure[]> {
  const base = mkdtempSync(join(tmpdir(), 'prove-mutant-'))
  try {
    const tool = join(base, 'tool')
    copyBuild(tool, '4.0.0')
    changeBundle(tool, from, to)
    const silent: Order = { ...order, trials: order.trials ?? trials, size: 'full', say: () => undefined }
    return (await runWith(silent, tool, only)).failures
  } finally {
    rmSync(base, { recursive: true, force: true })
  }
}
