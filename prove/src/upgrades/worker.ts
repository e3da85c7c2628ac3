/** Performs its share of the upgrades, in its own pid namespace, and prints each result as a line of JSON. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { randomOf } from '../random.js'
import { watchLateness } from '../stage/lateness.js'
import { assertPrivate } from '../stage/namespaces.js'
import { clearStage } from '../stage/processes.js'
import { startEventServer } from '../stage/server.js'
import { KINDS, type Kind } from './kinds.js'
import { openScene } from './scene.js'

/** The task of a worker: how many rounds of each kind. */
export interface Task {
  readonly seed: number
  readonly rounds: Readonly<Partial<Record<Kind, number>>>
}

async function main({ seed, rounds }: Task): Promise<void> {
  assertPrivate()
  const base = mkdtempSync(join(tmpdir(), 'prove-upgrades-'))
  try {
    if (spawnSync('mount', ['-t', 'tmpfs', 'none', base]).status !== 0) throw new Error('no tmpfs here')
    const server = await startEventServer()
    const random = randomOf(seed)
    const lateness = watchLateness()
    for (const [kind, count] of Object.entries(rounds)) {
      const at = join(base, kind)
      mkdirSync(at)
      const scene = openScene(at, server, kind, random, lateness)
      await KINDS[kind as Kind](scene, count)
      say({ kind, ...(await scene.close()) })
      await clearStage(new Set())
      rmSync(at, { recursive: true, force: true })
    }
  } finally {
    spawnSync('umount', ['-l', base])
    rmSync(base, { recursive: true, force: true })
  }
}

function say(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`)
}

await main(JSON.parse(process.argv[2] ?? '{}') as Task)
process.exit(0)
