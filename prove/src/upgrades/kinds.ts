import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  cellarLayout,
  nodesLayout,
  npmLayout,
  overwriteSlowly,
  touchAll,
  type Layout,
} from './installations.js'
import type { Scene } from './scene.js'

export type Kind =
  | 'in-place'
  | 'purged-path'
  | 'another-node'
  | 'mtime-only'
  | 'downgrade'
  | 'half-written'
  | 'removed'

/** The kinds of upgrades. Each is performed this number of times in a row, while requests and commands continue. */
export const KINDS: Readonly<Record<Kind, (scene: Scene, rounds: number) => Promise<void>>> = {
  'in-place': (scene, rounds) => upgradeAgainAndAgain(scene, npmLayout(scene.base), rounds),
  'purged-path': (scene, rounds) => upgradeAgainAndAgain(scene, cellarLayout(scene.base), rounds),
  'another-node': (scene, rounds) => upgradeAgainAndAgain(scene, nodesLayout(scene.base), rounds),
  'mtime-only': touchAgainAndAgain,
  downgrade: downgradeAgainAndAgain,
  'half-written': overwriteAgainAndAgain,
  removed: removeAgainAndAgain,
}

async function upgradeAgainAndAgain(scene: Scene, layout: Layout, rounds: number): Promise<void> {
  await begin(scene, layout)
  for (let round = 1; round <= rounds; round++) {
    await layout.install(`4.${round}.0`)
    await scene.handOver(`4.${round}.0`)
    await sleep(100)
  }
}

async function touchAgainAndAgain(scene: Scene, rounds: number): Promise<void> {
  const layout = npmLayout(scene.base)
  await begin(scene, layout)
  for (let round = 0; round < rounds; round++) {
    touchAll(layout.directory())
    await scene.expectSame(4)
  }
}

/** Alternates between two versions. The newer daemon must stay in use, whichever version the commands have. */
async function downgradeAgainAndAgain(scene: Scene, rounds: number): Promise<void> {
  const layout = npmLayout(scene.base)
  await begin(scene, layout)
  for (let round = 1; round <= rounds; round++) {
    await layout.install(`4.${round}.0`)
    await scene.handOver(`4.${round}.0`)
    await layout.install(`3.9.${round}`)
    await scene.expectSame(2)
  }
}

/** Starts commands from an installation while its files are still being written. */
async function overwriteAgainAndAgain(scene: Scene, rounds: number): Promise<void> {
  const layout = npmLayout(scene.base)
  await begin(scene, layout)
  for (let round = 1; round <= rounds; round++) {
    const starting = scene.startMeanwhile()
    await overwriteSlowly(layout.directory(), `4.${round}.0`, scene.random)
    await starting()
    // A command may already have started the new version, once all the files that it needed were written.
    await scene.handOver(`4.${round}.0`)
  }
}

/** Removes the package while its daemon runs, and then installs it elsewhere. */
async function removeAgainAndAgain(scene: Scene, rounds: number): Promise<void> {
  for (let round = 1; round <= rounds; round++) {
    const layout = cellarLayout(join(scene.base, String(round)))
    if (round === 1) await begin(scene, layout)
    else await layout.install(`4.${round}.0`)
    scene.use(layout)
    if (round > 1) await scene.handOver(`4.${round}.0`)
    rmSync(layout.directory(), { recursive: true })
    await sleep(300)
  }
  const last = npmLayout(join(scene.base, 'last'))
  await last.install('5.0.0')
  scene.use(last)
  await scene.handOver('5.0.0')
}

async function begin(scene: Scene, layout: Layout): Promise<void> {
  await layout.install('4.0.0')
  scene.use(layout)
  await scene.begin()
}
