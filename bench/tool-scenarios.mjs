// @ts-check
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { besideFile } from './beside.mjs'
import { answeredBy, installTool, LIBRARIES } from './tool-copies.mjs'
import { daemons, end, isRunning, residentMegabytes, run, shout } from './tool-processes.mjs'

/** The scenarios that every tool goes through. Each one begins without a daemon and without files, and ends its daemons. */

/** @typedef {import('./tool-copies.mjs').Library} Library */
/** @typedef {import('./tool-processes.mjs').Place} Place */
/** @typedef {Place & { home: string, library: Library, tool: string }} Stage `tool`: where the tool is installed */

const HERD = 32

/**
 * sock-daemon ends the surplus daemons of concurrent starts after ten seconds, and a familiar daemon checks itself every
 * thirty seconds.
 */
const HERD_SETTLE_MS = 12_000
const ORPHAN_MS = 45_000

/** Long enough for a daemon to end if it lost the race for its socket or was told to exit. */
const SETTLE_MS = 2_000

/** How many commands are tried after a kill -9 until one is served. */
const TRIES = 3

/** How often the two installations are used alternately. */
const TURNS = 3

/**
 * @template T
 * @param {string} home @param {Library} library @param {(stage: Stage) => Promise<T>} act
 */
async function onStage(home, library, act) {
  const directory = mkdtempSync(join(home, 's-'))
  const stage = { home, library, directory, tool: join(directory, 'tool') }
  installTool(home, library, '1.0.0', stage.tool)
  const before = daemons()
  try {
    return await act(stage)
  } finally {
    await end(daemons().filter((pid) => !before.includes(pid)))
    rmSync(directory, { recursive: true, force: true })
  }
}

/** Runs the command and returns the version that answered; null if none did. @param {Stage} stage @param {string} [tool] */
async function ask(stage, tool = stage.tool) {
  const { ms, code, stdout, stderr } = await shout(stage, tool, 'hello')
  return { ms, version: code === 0 ? answeredBy('hello', stdout) : null, stderr }
}

/** Starts the only daemon of the stage and returns its pid. @param {Stage} stage */
async function startDaemon(stage) {
  const before = daemons()
  const { version, stderr } = await ask(stage)
  const [pid, ...others] = daemons().filter((one) => !before.includes(one))
  if (version === null || pid === undefined || others.length > 0)
    throw new Error(`${stage.library}: the first command started no single daemon: ${stderr}`)
  return pid
}

/** Times the first command, which must start the daemon. @param {string} home @param {Library} library */
export function coldStart(home, library) {
  return onStage(home, library, async (stage) => (await ask(stage)).ms)
}

/**
 * Starts 32 commands at once while there is no daemon. `after`: the number of daemons that remain after sock-daemon has
 * ended its surplus ones.
 *
 * @param {string} home @param {Library} library
 */
export function herd(home, library) {
  return onStage(home, library, async (stage) => {
    const before = daemons()
    const { ms, served } = await startTogether(stage, HERD)
    await sleep(HERD_SETTLE_MS)
    const left = daemons().filter((pid) => !before.includes(pid)).length
    return { ms, served, of: HERD, after: left }
  })
}

/**
 * Starts `count` commands at once. None of them finds a daemon.
 *
 * @param {string} home @param {Library} library @param {number} count
 */
export function atOnce(home, library, count) {
  return onStage(home, library, (stage) => startTogether(stage, count))
}

/** Returns the time until the last command has ended, and how many were served. @param {Stage} stage @param {number} count */
async function startTogether(stage, count) {
  const started = performance.now()
  const texts = Array.from({ length: count }, (_, index) => `hello ${index}`)
  const answers = await Promise.all(texts.map((text) => shout(stage, stage.tool, text)))
  const ms = performance.now() - started
  const failed = answers.filter(
    ({ code, stdout }, index) => code !== 0 || !answeredBy(texts[index] ?? '', stdout),
  )
  for (const { ms: after, stderr } of failed)
    console.error(`  not served after ${after.toFixed(0)} ms: ${stderr}`)
  return { ms, served: count - failed.length }
}

/**
 * Kills the daemon with SIGKILL. `tries`: the number of the first command after that which was served; null if none was.
 *
 * @param {string} home @param {Library} library
 */
export function killed(home, library) {
  return onStage(home, library, async (stage) => {
    await end([await startDaemon(stage)])
    const started = performance.now()
    for (let tries = 1; tries <= TRIES; tries++) {
      const { version } = await ask(stage)
      if (version !== null) return { tries, ms: performance.now() - started }
    }
    return { tries: null, ms: performance.now() - started }
  })
}

/**
 * Installs version 1.1.0 over 1.0.0 while the daemon of 1.0.0 runs. Then alternates between this installation and a copy
 * of 1.0.0 elsewhere.
 *
 * @param {string} home @param {Library} library
 */
export function upgrade(home, library) {
  return onStage(home, library, async (stage) => {
    await startDaemon(stage)
    installTool(home, library, '1.1.0', stage.tool)
    const { version, ms } = await ask(stage)
    await sleep(SETTLE_MS)
    const pids = daemons()
    const other = join(stage.directory, 'other')
    installTool(home, library, '1.0.0', other)
    const turns = []
    for (let turn = 0; turn < TURNS; turn++) {
      for (const tool of [other, stage.tool]) turns.push((await ask(stage, tool)).version)
    }
    await sleep(SETTLE_MS)
    const isSame = daemons().join() === pids.join()
    return { version, ms, daemons: pids.length, turns, isSame, atEnd: daemons().length }
  })
}

/**
 * Deletes the directory of the tool, and then runs a command of version 1.1.0 that is installed elsewhere.
 *
 * @param {string} home @param {Library} library
 */
export function orphan(home, library) {
  return onStage(home, library, async (stage) => {
    const pid = await startDaemon(stage)
    rmSync(stage.tool, { recursive: true })
    const next = join(stage.directory, 'next')
    installTool(home, library, '1.1.0', next)
    const told = library === 'familiar' ? await list(stage, next, pid) : null
    const { version, ms, stderr } = await ask(stage, next)
    await sleep(SETTLE_MS)
    return { version, ms, stderr, told, isLeft: isRunning(pid), daemons: daemons().length }
  })
}

/**
 * Returns what the library reports about a daemon when it is asked from another copy of the tool.
 *
 * @param {Stage} stage @param {string} tool @param {number} pid
 */
async function list(stage, tool, pid) {
  const { stdout } = await run(stage, [join(tool, 'list.js')])
  const seen = JSON.parse(stdout).find((/** @type {{ pid: number }} */ one) => one.pid === pid)
  return seen === undefined ? null : `${seen.class}, ${seen.reason}`
}

/**
 * Deletes the directory of each tool, and runs no command after that. Returns which libraries still have a running
 * daemon.
 *
 * @param {string} home
 */
export async function abandoned(home) {
  /** @type {Map<Library, Stage & { pid: number }>} */
  const left = new Map()
  for (const library of LIBRARIES) {
    const directory = mkdtempSync(join(home, 's-'))
    const stage = { home, library, directory, tool: join(directory, 'tool') }
    installTool(home, library, '1.0.0', stage.tool)
    left.set(library, { ...stage, pid: await startDaemon(stage) })
    rmSync(stage.tool, { recursive: true })
  }
  await sleep(ORPHAN_MS)
  const found = new Map([...left].map(([library, { pid }]) => [library, isRunning(pid)]))
  await end(daemons())
  for (const { directory } of left.values()) rmSync(directory, { recursive: true, force: true })
  return found
}

/**
 * Deletes the files that the library keeps for its daemon, and then runs a command.
 *
 * @param {string} home @param {Library} library
 */
export function filesLost(home, library) {
  return onStage(home, library, async (stage) => {
    const pid = await startDaemon(stage)
    for (const name of ['.local', '.shoutd', '.shout'])
      rmSync(join(stage.directory, name), { recursive: true, force: true })
    const { version } = await ask(stage)
    await sleep(SETTLE_MS)
    return { isServed: version !== null, isOldLeft: isRunning(pid), daemons: daemons().length }
  })
}

/**
 * Times warm calls of every tool, and of the baselines, as whole processes, in random order in each round. `by hand`: the
 * daemon of familiar is called by a package that does only what is necessary, imported as each tool imports its library.
 *
 * @param {string} home @param {number} rounds
 */
export async function warm(home, rounds) {
  const stages = LIBRARIES.map((library) => {
    const directory = mkdtempSync(join(home, 's-'))
    installTool(home, library, '1.0.0', join(directory, 'tool'))
    return { home, library, directory, tool: join(directory, 'tool') }
  })
  const pids = new Map()
  for (const stage of stages) pids.set(stage.library, await startDaemon(stage))
  const [first] = stages
  if (first?.library !== 'familiar') throw new Error('the first stage is that of familiar')
  const imported = installCall(first.directory)
  const subjects = [
    ...baselines(first),
    ...stages.map((stage) => ({ name: stage.library, time: () => timeWarm(stage) })),
    { name: 'by hand', time: () => timeByHand(first, imported) },
    { name: 'by hand, without an import', time: () => timeByHand(first, besideFile('call-by-hand.cjs')) },
  ]
  /** @type {Map<string, number[]>} */
  const samples = new Map(subjects.map(({ name }) => [name, []]))
  for (let round = 0; round < rounds; round++) {
    for (const { name, time } of shuffled(subjects)) samples.get(name)?.push(await time())
  }
  const resident = new Map([...pids].map(([library, pid]) => [library, residentMegabytes(pid)]))
  await end(daemons())
  for (const { directory } of stages) rmSync(directory, { recursive: true, force: true })
  return { samples, resident }
}

/** @param {Stage} stage */
function baselines(stage) {
  const empty = join(stage.tool, 'work.cjs')
  const module = ['--input-type=module', '--eval']
  /** @param {string} name @param {readonly string[]} args */
  const timed = (name, args) => ({ name, time: () => timeQuiet({ directory: stage.tool }, args) })
  return [
    timed('floor', ['-e', '0']),
    timed('empty CommonJS file', [empty]),
    timed('empty ES module', [...module, '0']),
    timed("import 'familiar'", [...module, "import 'familiar'"]),
  ]
}

/** @param {Stage} stage */
async function timeWarm(stage) {
  const { ms, version, stderr } = await ask(stage)
  if (version === null) throw new Error(`${stage.library}: a warm command was not served: ${stderr}`)
  return ms
}

/**
 * Installs the call by hand as a package that an ES module imports, and returns that module. Without a package, the
 * comparison would leave out what Node does for every imported library.
 *
 * @param {string} directory
 */
function installCall(directory) {
  const place = join(directory, 'by-hand')
  const installed = join(place, 'node_modules/call-by-hand')
  mkdirSync(installed, { recursive: true })
  for (const name of ['call-by-hand.cjs', 'by-hand.cjs']) cpSync(besideFile(name), join(installed, name))
  const manifest = { name: 'call-by-hand', version: '1.0.0', exports: './call-by-hand.cjs' }
  writeFileSync(join(installed, 'package.json'), JSON.stringify(manifest))
  cpSync(besideFile('imported-call.mjs'), join(place, 'imported-call.mjs'))
  return join(place, 'imported-call.mjs')
}

/** @param {Stage} stage @param {string} script */
async function timeByHand(stage, script) {
  const record = join(stage.directory, '.local/state/shoutd/record.json')
  const { ms, stdout, stderr } = await run(stage, [script, record, 'hello'])
  if (answeredBy('hello', stdout) === null)
    throw new Error(`the call by hand was not served: ${stdout}${stderr}`)
  return ms
}

/** @param {Place} place @param {readonly string[]} args */
async function timeQuiet(place, args) {
  const { ms, code, stderr } = await run(place, args)
  if (code !== 0) throw new Error(`${args.join(' ')}: exit ${code}\n${stderr}`)
  return ms
}

/** @template T @param {readonly T[]} list */
function shuffled(list) {
  return list
    .map((item) => ({ item, at: Math.random() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ item }) => item)
}
