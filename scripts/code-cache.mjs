// @ts-check
/**
 * Writes what V8 has compiled of the core of the command, for the Node that builds: half of the start of a command goes into
 * compiling it. A Node of another version does not read it. Run by `build-command.mjs`, in a process of its own:
 *
 *     node scripts/code-cache.mjs COMMAND_DIRECTORY CORE
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import Module, { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import vm from 'node:vm'
import { cacheFile } from './load-core.mjs'

/** What people and scripts run most, and what has to be quick. Functions that none of them calls are compiled when they are needed. */
const RUNS = [
  ['sync', 'status'],
  ['sync', 'status', '--json'],
  ['auth', 'doctor'],
  ['auth', 'doctor', '--json'],
]

const [directory = '', core = ''] = process.argv.slice(2)
const home = mkdtempSync(join(tmpdir(), 'spec-kitty-build-'))
const require = createRequire(join(directory, 'main.js'))
const script = loadCore(join(directory, core))
useHome()
runNext([...RUNS])

/** Nothing of the machine that builds is looked at, and nothing is left on it. */
function useHome() {
  const nowhere = { from: 9, to: 10 }
  writeFileSync(
    join(home, 'sandbox.json'),
    JSON.stringify({ daemons: { sync: nowhere, dashboard: nowhere }, timing: {} }),
  )
  mkdirSync(join(home, 'project'))
  process.env = { PATH: process.env['PATH'], HOME: home, FAMILIAR_SANDBOX: home }
  process.chdir(join(home, 'project'))
}

/** @param {string} file */
function loadCore(file) {
  const script = new vm.Script(Module.wrap(readFileSync(file, 'utf8')), { filename: file })
  const module = new Module(file)
  require.cache[file] = module
  script.runInThisContext()(module.exports, createRequire(file), module, file, directory)
  module.loaded = true
  return script
}

/** @param {string[][]} runs */
function runNext(runs) {
  const words = runs.shift()
  if (words === undefined) return finish()
  const main = join(directory, 'main.js')
  process.argv = [process.execPath, main, ...words]
  delete require.cache[main]
  process.once('beforeExit', () => runNext(runs))
  require(main)
}

function finish() {
  writeFileSync(join(directory, cacheFile(core)), script.createCachedData())
  process.chdir(directory)
  rmSync(home, { recursive: true })
  process.exitCode = 0
}
