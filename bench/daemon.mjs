// @ts-check
/**
 * `node bench/daemon.mjs [ROUNDS]`: measures what a daemon of this version costs. Each figure and its baseline are
 * measured in the same run. Needs a private network (root on Linux), so the real ports are not touched.
 */
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { get } from 'node:http'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { connect, definitionOf, readOwnRecord, selectPlatform, stopDaemon } from 'familiar/internals'
import { syncDaemon } from '../packages/spec-kitty/dist/daemons/define-daemons.js'
import { inPrivateNetwork } from '../scripts/private-network.mjs'
import hand from './beside/by-hand.cjs'
import start from './beside/start-by-hand.cjs'
import { TARGETS } from './targets.mjs'

const CLI = fileURLToPath(new URL('../packages/spec-kitty/bin/spec-kitty.js', import.meta.url))
/** The daemon that the package ships. The modules of `dist`, which this script uses as the client, would start theirs. */
const DAEMON = fileURLToPath(new URL('../packages/spec-kitty/command/spec-kitty-daemon.js', import.meta.url))
const STATUS_BY_HAND = fileURLToPath(new URL('beside/status-by-hand.cjs', import.meta.url))
const COMMAND_BY_HAND = fileURLToPath(new URL('beside/command-by-hand.cjs', import.meta.url))
const BARE = `require('http').createServer((_, r) => r.end('{}')).listen(0, '127.0.0.1', function () { console.log(this.address().port) })`
const IDLE_MS = 60_000
/** V8 still collects garbage for about a minute after the start, so the idle measurement begins after that. */
const BEFORE_IDLE_MS = 65_000

if (process.env['FAMILIAR_PRIVATE_NETWORK'] !== '1') process.exit(inside())

const rounds = Number(process.argv[2] ?? 11)
const scope = realpathSync(mkdtempSync(join(tmpdir(), 'familiar-bench-')))
const env = { PATH: process.env['PATH'] ?? '', HOME: scope, SPEC_KITTY_HOME: scope }
/** The root of the daemon by hand. */
const handRoot = realpathSync(mkdtempSync(join(tmpdir(), 'familiar-bench-')))
const platform = await selectPlatform()
const definition = definitionOf(syncDaemon)

/** @type {(readonly [string, string, number, number, string])[]} */
const lines = []
try {
  await measureStarts()
  await measureWarm()
  await measureKilled()
  await measureIdle()
} finally {
  await stop()
  for (const root of [scope, handRoot]) rmSync(root, { recursive: true, force: true })
}
for (const [id, what, value, ratio, target] of lines) {
  console.log(
    `${id.padEnd(4)} ${what.padEnd(62)} ${value.toFixed(2).padStart(9)}  ${ratio.toFixed(2).padStart(6)}  ${target}`,
  )
}

/** Runs this script again, in a private network. Returns its exit code. */
function inside() {
  const command = inPrivateNetwork([process.execPath, ...process.argv.slice(1)])
  if (command === null) {
    console.error('this bench needs a private network: run it as root on Linux')
    return 2
  }
  return spawnSync(command[0] ?? '', command.slice(1), { stdio: 'inherit' }).status ?? 2
}

function connectHere() {
  return connect({
    family: definition.family,
    scope,
    platform,
    // A getter, as in the library: only a command that starts a daemon needs to find out how.
    get launch() {
      const launch = definition.launch(scope)
      const args = launch.args.map((arg) => (basename(arg) === basename(DAEMON) ? DAEMON : arg))
      return { ...launch, args, env: { ...env, NODE_OPTIONS: launch.env['NODE_OPTIONS'] } }
    },
    self: definition.self,
    versionVariable: 'SPEC_KITTY_CLI_VERSION',
    stopCommand: 'stop',
    doctorCommand: () => 'spec-kitty auth doctor',
  })
}

function stop() {
  return stopDaemon({ family: definition.family, scope, platform, reason: 'bench' })
}

/**
 * M6: the time in this process from the spawn of a daemon to its first answer, compared with a bare server that does
 * nothing else, and with a daemon that keeps the same promises and does nothing else.
 */
async function measureStarts() {
  const samples = await inRounds(rounds, {
    ours: async () => {
      const ms = await time(connectHere)
      await stop()
      return ms
    },
    byHand: async () => {
      const ms = await time(() => start.connect(handRoot))
      const pid = endByHand()
      rmSync(start.filesOf(handRoot).record)
      while (!Number.isNaN(hand.startOf(pid))) await sleep(1)
      return ms
    },
    bare: () => time(startBare),
  })
  const what = 'cold start, spawn to served / bare server to its first answer'
  add('M6', what, samples.ours, samples.bare, `<= ${TARGETS.M6.ratio}`)
  add('M6', 'beside it: by hand / bare server', samples.byHand, samples.bare, '')
}

/**
 * M5: a warm connect in this process, and `sync status` as a whole command. Each is compared with a script that does only
 * what is necessary: reads the record, asks the daemon, and checks the proof.
 */
async function measureWarm() {
  await connectHere()
  const { record } = definition.family.files(scope)
  const inside = await inRounds(rounds * 20, {
    warm: () => time(connectHere),
    byHand: () => time(() => ask(record)),
  })
  const { warmMs, statusRatio } = TARGETS.M5
  add('M5', 'warm connect with handshake and proof, in process, ms', inside.warm, [warmMs], `<= ${warmMs} ms`)
  add('M5', 'beside it: by hand, ms', inside.byHand, [warmMs], '')
  const whole = await inRounds(rounds, {
    status: () => timeCommand([CLI, 'sync', 'status']),
    byHand: () => timeCommand([STATUS_BY_HAND, record]),
    floor: () => timeCommand(['-e', '0']),
  })
  add('M5', 'sync status, whole command / floor', whole.status, whole.floor, `<= ${statusRatio}`)
  add('M5', 'beside it: by hand / floor', whole.byHand, whole.floor, '')
}

/** @param {string} file The record. @returns {Promise<void>} */
function ask(file) {
  return new Promise((resolve, reject) => {
    const record = hand.readRecord(file)
    if (record === null) return reject(new Error(`no record: ${file}`))
    hand.prove(record, (isProven, socket) => {
      socket.destroy()
      if (isProven) resolve()
      else reject(new Error('the daemon has not proven itself'))
    })
  })
}

/** M12: how long a command takes if the daemon was killed and it must start another. */
async function measureKilled() {
  const samples = await inRounds(rounds, {
    next: async () => {
      await connectHere()
      const pid = readOwnRecord(definition.family, scope)?.pid
      if (pid == null) throw new Error('no daemon to kill')
      process.kill(pid, 'SIGKILL')
      return timeCommand([CLI, 'sync', 'start'])
    },
    byHand: async () => {
      await start.connect(handRoot)
      endByHand()
      const ms = timeCommand([COMMAND_BY_HAND, handRoot])
      endByHand()
      return ms
    },
    floor: () => timeCommand(['-e', '0']),
  })
  const what = 'killed daemon: the next command served / floor'
  add('M12', what, samples.next, samples.floor, `<= ${TARGETS.M12.ratio}`)
  add('M12', 'beside it: by hand / floor', samples.byHand, samples.floor, '')
}

/** Kills the daemon by hand, which is ours: this script has made its root. Returns its pid. */
function endByHand() {
  const pid = hand.readRecord(start.filesOf(handRoot).record)?.pid
  if (pid === undefined) throw new Error('the daemon by hand has no record')
  process.kill(pid, 'SIGKILL')
  return pid
}

/** M10: resident memory and wake-ups per minute of an idle daemon. */
async function measureIdle() {
  await stop()
  await connectHere()
  const pid = readOwnRecord(definition.family, scope)?.pid ?? 0
  const bare = spawn(process.execPath, ['-e', BARE], { stdio: ['ignore', 'pipe', 'inherit'], env })
  await sleep(BEFORE_IDLE_MS)
  const before = switches(pid)
  await sleep(IDLE_MS)
  const perMinute = (switches(pid) - before) / (IDLE_MS / 60_000)
  add(
    'M10',
    'idle daemon, resident MB / bare idle server',
    [resident(pid)],
    [resident(bare.pid ?? 0)],
    `<= ${TARGETS.M10.memoryRatio}`,
  )
  lines.push([
    'M10',
    'wake-ups a minute (voluntary context switches, main thread)',
    perMinute,
    perMinute / TARGETS.M10.wakeUpsPerMinute,
    `<= ${TARGETS.M10.wakeUpsPerMinute}`,
  ])
  bare.kill('SIGKILL')
}

/** @param {string} id @param {string} what @param {number[]} of @param {number[]} per @param {string} target */
function add(id, what, of, per, target) {
  lines.push([id, what, median(of), median(of) / median(per), target])
}

/**
 * Takes a sample of each measurement in each round, in random order, and returns the samples of each.
 *
 * @template {string} Name
 * @param {number} count @param {Readonly<Record<Name, () => number | Promise<number>>>} measurements
 */
async function inRounds(count, measurements) {
  const names = /** @type {Name[]} */ (Object.keys(measurements))
  const samples = /** @type {Record<Name, number[]>} */ (
    Object.fromEntries(names.map((name) => [name, /** @type {number[]} */ ([])]))
  )
  for (let round = 0; round < count; round++) {
    for (const name of shuffled(names)) samples[name].push(await measurements[name]())
  }
  return samples
}

/** @template T @param {readonly T[]} list */
function shuffled(list) {
  return list
    .map((item) => ({ item, at: Math.random() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ item }) => item)
}

/** @param {readonly string[]} args */
function timeCommand(args) {
  const started = performance.now()
  const { status } = spawnSync(process.execPath, [...args], { env, stdio: 'ignore' })
  if (status !== 0) throw new Error(`${args.join(' ')}: exit ${status}`)
  return performance.now() - started
}

/** @param {() => Promise<unknown>} act */
async function time(act) {
  const started = performance.now()
  await act()
  return performance.now() - started
}

/** @returns {Promise<void>} */
function startBare() {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['-e', BARE], { stdio: ['ignore', 'pipe', 'inherit'], env })
    child.stdout.once('data', (port) => {
      get({ host: '127.0.0.1', port: Number(port) }, (reply) => {
        reply.resume().once('end', () => {
          child.kill('SIGKILL')
          resolve()
        })
      }).once('error', reject)
    })
  })
}

/** @param {number} pid */
function resident(pid) {
  return Number(/^VmRSS:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024
}

/** @param {number} pid */
function switches(pid) {
  return Number(/^voluntary_ctxt_switches:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
}

/** @param {readonly number[]} values */
function median(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}
