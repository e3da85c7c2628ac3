// @ts-check
/**
 * `node bench/libraries.mjs [ROUNDS] [--write]`: compares the same small tool built with familiar, core_d and
 * sock-daemon. Installs the libraries into a temporary directory (needs the npm registry), then does everything else in a
 * private network and pid namespace (root on Linux). Prints a table in Markdown; `--write` puts it into
 * docs/library/side-by-side.md. ROUNDS is the number of warm calls (default 31); the other scenarios have fewer rounds.
 * Takes about eight minutes.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, release, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { inPrivateNetwork } from '../scripts/private-network.mjs'
import { installLibraries, LIBRARIES } from './tool-copies.mjs'
import { daemons } from './tool-processes.mjs'
import * as scenarios from './tool-scenarios.mjs'
import { pageOf } from './tool-table.mjs'

const PAGE = fileURLToPath(new URL('../docs/library/side-by-side.md', import.meta.url))

/** Cold starts and kills are slow and vary little; a herd takes a quarter of a minute. */
const COLD_ROUNDS = 11
const HERD_ROUNDS = 3
const KILL_ROUNDS = 5

const rounds = Number(process.argv.slice(2).find((word) => /^\d+$/.test(word)) ?? 31)
const [, given = ''] = process.argv.find((word) => word.startsWith('--home='))?.split('=') ?? []
process.exitCode = process.env['FAMILIAR_PRIVATE_NETWORK'] === '1' ? await inside(given) : outside()

/** Installs the libraries, and runs this script again in a private network. Returns its exit code. */
function outside() {
  const home = realpathSync(mkdtempSync(join(tmpdir(), 'libs-')))
  try {
    const command = inPrivateNetwork([process.execPath, ...process.argv.slice(1), `--home=${home}`])
    if (command === null) {
      console.error('this bench needs a private network: run it as root on Linux')
      return 2
    }
    installLibraries(home)
    return spawnSync(command[0] ?? '', command.slice(1), { stdio: 'inherit' }).status ?? 2
  } finally {
    rmSync(home, { recursive: true, force: true })
  }
}

/** @param {string} home where the libraries are installed */
async function inside(home) {
  const { samples, resident } = await step('warm calls', () => scenarios.warm(home, rounds))
  const cold = await each('cold start', COLD_ROUNDS, (library) => scenarios.coldStart(home, library))
  const herd = await each('herd', HERD_ROUNDS, (library) => scenarios.herd(home, library))
  const killed = await each('kill -9', KILL_ROUNDS, (library) => scenarios.killed(home, library))
  const upgrade = await each('upgrade', 1, (library) => scenarios.upgrade(home, library))
  const orphan = await each('orphan', 1, (library) => scenarios.orphan(home, library))
  const filesLost = await each('lost files', 1, (library) => scenarios.filesLost(home, library))
  const abandoned = await step('abandoned', () => scenarios.abandoned(home))
  const left = daemons()
  if (left.length > 0) throw new Error(`the bench left processes behind: ${left.join(', ')}`)
  const results = { samples, resident, cold, herd, killed, upgrade, orphan, filesLost, abandoned }
  const page = pageOf(home, results, machine())
  console.log(page)
  if (process.argv.includes('--write')) {
    mkdirSync(dirname(PAGE), { recursive: true })
    writeFileSync(PAGE, page)
  }
  return 0
}

/** Returns the date, the machine and its load in one line. */
function machine() {
  const [one = 0] = loadavg()
  const processor = cpus()[0]?.model.trim() ?? 'unknown processor'
  const date = new Date().toISOString().slice(0, 10)
  return `${date}, Linux ${release()}, ${cpus().length} x ${processor}, Node ${process.versions.node}, load ${one.toFixed(1)}, ${rounds} rounds`
}

/**
 * Runs a scenario `times` times with each library in turn. The order changes from round to round.
 *
 * @template T
 * @param {string} name @param {number} times @param {(library: import('./tool-copies.mjs').Library) => Promise<T>} act
 */
async function each(name, times, act) {
  /** @type {Map<import('./tool-copies.mjs').Library, T[]>} */
  const results = new Map(LIBRARIES.map((library) => [library, []]))
  for (let time = 0; time < times; time++) {
    const turned = [...LIBRARIES.slice(time % 3), ...LIBRARIES.slice(0, time % 3)]
    for (const library of turned) {
      results
        .get(library)
        ?.push(await step(`${name} ${time + 1} of ${times}: ${library}`, () => act(library)))
    }
  }
  return results
}

/** @template T @param {string} name @param {() => Promise<T>} act */
function step(name, act) {
  console.error(name)
  return act()
}
