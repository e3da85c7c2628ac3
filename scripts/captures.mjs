// @ts-check
/**
 * `npm run captures`: captures the output of the commands for docs/cli. Runs them on terminals of 60, 80 and 120 columns,
 * with and without colours, on real daemons in a private network, and writes each output as text and as a picture. Values
 * that differ between two runs (pids, times, sizes) are replaced by fixed values of the same width. Takes some minutes,
 * because a stale daemon is at least half a minute old. `npm run captures -- --print NAME` prints the captures whose name
 * contains NAME, and writes nothing.
 */
import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { spawnHostile } from '../stand-ins/hostile.mjs'
import { spawnPredecessor, stopAll } from '../stand-ins/predecessor.mjs'
import { toSvg } from './captures/svg.mjs'
import { fixed, FIRST_PID } from './captures/fixed.mjs'
import { inPrivateNetwork } from './private-network.mjs'

const CLI = fileURLToPath(new URL('../packages/spec-kitty/bin/spec-kitty.js', import.meta.url))
const CAPTURES = fileURLToPath(new URL('../docs/cli/', import.meta.url))
const WIDTHS = [60, 80, 120]

/** The minimum age of a stale daemon: a younger daemon of the predecessor may count as starting. */
const STALE_AFTER_MS = 31_000

/** Old enough that an age in seconds has two digits. */
const TWO_DIGITS_MS = 10_000

/** The time limit of a command. No command takes longer. */
const COMMAND_MS = 60_000

/** The variable that contains the width that a process of this script captures. */
const WIDTH = 'CAPTURES_WIDTH'

const printed = process.argv.indexOf('--print') < 0 ? null : (process.argv.at(-1) ?? '')
const width = Number(process.env[WIDTH] ?? 0)

if (width === 0) await captureAll()
else await captureAt(width)

async function captureAll() {
  if (printed === null) {
    mkdirSync(CAPTURES, { recursive: true })
    for (const name of readdirSync(CAPTURES)) if (/\.(?:txt|svg)$/.test(name)) rmSync(join(CAPTURES, name))
  }
  // The widths are captured one after the other. In parallel, they would slow each other down, processes would end late,
  // and the output would differ.
  for (const one of WIDTHS) {
    const command = inPrivateNetwork(process.argv)
    if (command === null) throw new Error('this machine allows no private network: run it as root on Linux')
    const env = { ...process.env, [WIDTH]: String(one) }
    const { status } = spawnSync(command[0] ?? '', command.slice(1), { env, stdio: 'inherit' })
    if (status !== 0) throw new Error(`the captures of ${one} columns failed`)
  }
}

/** @param {number} columns */
async function captureAt(columns) {
  // The path has the same length as the name in the captures, so that every line keeps its length.
  const home = `/tmp/ann${String(columns).slice(0, 2)}`
  mkdirSync(home)
  // From here on, pids have four digits.
  writeFileSync('/proc/sys/kernel/ns_last_pid', String(FIRST_PID))
  try {
    await play({ columns, home })
  } finally {
    await stopAll()
    rmSync(home, { recursive: true, force: true })
  }
}

/** @typedef {{ columns: number, home: string }} Stage */

/** @param {Stage} stage */
async function play(stage) {
  const { home } = stage
  const root = join(home, '.spec-kitty')
  const other = join(home, 'backup', 'of-the-old-laptop', '.spec-kitty')
  const project = join(home, 'project')
  for (const path of [root, other, join(project, '.kittify')])
    mkdirSync(path, { recursive: true, mode: 0o700 })
  const at = (/** @type {string} */ name, /** @type {string} */ line, more = {}) =>
    capture(stage, name, line, more)

  await at('help', 'spec-kitty --help')
  await at('help-doctor', 'spec-kitty auth doctor --help')
  await at('help-topic', 'spec-kitty help exit-codes')
  await at(
    'error-usage',
    'spec-kitty sync stauts; spec-kitty auth doctor --frce; spec-kitty dashboard --status --stop; spec-kitty sync logs --lines many',
  )
  await at('explain', 'spec-kitty explain F-002; spec-kitty explain pre_marker')

  const fleet = await startFleet(root, other)
  await at('start-upgrade', 'spec-kitty sync start', { once: true })
  await sleep(TWO_DIGITS_MS)
  await at('status', 'spec-kitty sync status')
  await at('logs', 'spec-kitty sync logs')
  await at('logs-json', 'spec-kitty sync logs --json')
  await at(
    'dashboard',
    'spec-kitty dashboard; spec-kitty dashboard --status; spec-kitty dashboard --stop; spec-kitty dashboard --stop',
    { cwd: project },
  )
  await sleep(Math.max(0, fleet.startedAt + STALE_AFTER_MS - Date.now()))

  await at('doctor', 'spec-kitty auth doctor')
  await at('list', 'spec-kitty sync list')
  await at('doctor-verbose', 'spec-kitty auth doctor --verbose')
  await at('reset-dry-run', 'spec-kitty auth doctor --reset --dry-run')
  await at('reset', 'spec-kitty auth doctor --reset', { answer: 'y\n', once: true })
  await at('error-terminal', 'spec-kitty dashboard --cleanup-all < /dev/null')
  await at('dashboards-clean-up', 'spec-kitty dashboard --cleanup-all', {
    cwd: home,
    answer: 'y\n',
    once: true,
  })
  await at('dashboards-none', 'spec-kitty dashboard --cleanup-all', { cwd: home })
  await stopAll()
  await at('doctor-quiet', 'spec-kitty auth doctor')

  await crash(root)
  await at('crash-status', 'spec-kitty sync status')
  await at('crash-doctor', 'spec-kitty auth doctor')
  await at('start', 'spec-kitty sync start; spec-kitty sync stop; spec-kitty sync stop')
  writeFileSync(join(root, 'config.toml'), '[sync]\nserver_url = "https://sync.example.org\n')
  await at('error-config', 'spec-kitty config list; spec-kitty auth doctor')
  rmSync(join(root, 'config.toml'))
  const server = await fillRange()
  await at('error-range-full', 'spec-kitty sync start')
  await sleep(TWO_DIGITS_MS)
  await at('doctor-range-full', 'spec-kitty auth doctor')
  server.kill('SIGKILL')
}

/**
 * Starts the processes that a user may have after some months: a live daemon of an earlier version, 18 stale ones, one
 * that names no home, one of another home, one that hangs, a web server, and two dashboards whose projects are gone.
 *
 * @param {string} root @param {string} other
 */
async function startFleet(root, other) {
  const sync = (/** @type {number} */ port, /** @type {string} */ version, more = {}) =>
    spawnPredecessor({ family: 'sync', port, version, root, endCpuMs: 0, ...more })
  await sync(9400, '3.2.6', { record: true })
  const versions = ['3.2.2', '3.2.3', '3.2.4']
  for (let index = 0; index < 18; index++) await sync(9401 + index, versions[index % 3] ?? '')
  await sync(9420, '3.2.1', { marker: false, owner: false })
  await sync(9421, '3.2.5', { root: other, record: true })
  const hung = await sync(9422, '3.2.5')
  hung.child.kill('SIGSTOP')
  await spawnHostile('http', 9430)
  for (const port of [9237, 9238]) {
    const gone = join(root, '..', `gone-${port}`)
    mkdirSync(join(gone, '.kittify'), { recursive: true })
    await spawnPredecessor({ family: 'dashboard', port, version: '3.2.4', project: gone, record: true })
    rmSync(gone, { recursive: true })
  }
  return { startedAt: Date.now() }
}

/** Starts the sync daemon and kills it. @param {string} root */
async function crash(root) {
  run('spec-kitty sync start', join(root, '..'))
  const { stdout } = run('spec-kitty sync status --json', join(root, '..'))
  const { pid } = JSON.parse(stdout)
  process.kill(pid, 'SIGKILL')
  for (let tries = 0; tries < 100 && isAlive(pid); tries++) await sleep(20)
}

/** @param {number} pid */
function isAlive(pid) {
  const status = spawnSync('sh', [
    '-c',
    `grep -q '^State:.*[^Z]' /proc/${pid}/status && ! grep -q '^State:.Z' /proc/${pid}/status`,
  ])
  return status.status === 0
}

/** Starts one web server on every port of the range. */
async function fillRange() {
  const script = `
    const { createServer } = require('node:http')
    let left = 50
    for (let port = 9400; port < 9450; port++)
      createServer((request, response) => response.end('a page')).listen(port, '127.0.0.1', () => --left || console.log('up'))`
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  await new Promise((resolve) => child.stdout.once('data', resolve))
  return child
}

/** @param {string} line @param {string} home */
function run(line, home) {
  return spawnSync('sh', ['-c', line], {
    env: environment(home),
    encoding: 'utf8',
    cwd: home,
    timeout: COMMAND_MS,
  })
}

/** @param {string} home @returns {NodeJS.ProcessEnv} */
function environment(home) {
  const bin = join(home, 'bin')
  mkdirSync(bin, { recursive: true })
  const command = join(bin, 'spec-kitty')
  writeFileSync(command, `#!/bin/sh\nexec '${process.execPath}' '${CLI}' "$@"\n`, { mode: 0o755 })
  return {
    PATH: `${bin}:${process.env['PATH'] ?? ''}`,
    HOME: home,
    TERM: 'xterm-256color',
    TZ: 'UTC',
    LANG: 'C.UTF-8',
  }
}

/**
 * Runs commands (with `; ` between them) on a terminal, and writes their output. With `once`, the command is run only
 * once, in colour, because it changes the state that it shows.
 *
 * @param {Stage} stage @param {string} name @param {string} line
 * @param {{ cwd?: string, answer?: string, once?: boolean }} options
 */
async function capture({ columns, home }, name, line, { cwd = home, answer = '', once = false }) {
  const shown = async (/** @type {NodeJS.ProcessEnv} */ more) => {
    const env = { ...environment(home), ...more }
    const screens = []
    for (const one of line.split('; ')) {
      screens.push(`$ ${one}\n${await onTerminal(one, { columns, cwd, answer, env })}`)
    }
    return fixed(screens.join(''), home)
  }
  const colored = await shown({})
  const plain = once ? withoutStyles(colored) : await shown({ NO_COLOR: '1' })
  if (printed !== null) {
    if (name.includes(printed)) console.log(`== ${name}, ${columns} columns\n${colored}`)
    return
  }
  writeFileSync(join(CAPTURES, `${name}-${columns}.txt`), plain)
  writeFileSync(join(CAPTURES, `${name}-${columns}.svg`), toSvg(colored, columns))
}

/** @param {string} text */
function withoutStyles(text) {
  // oxlint-disable-next-line no-control-regex
  return text.replaceAll(/\u001b\[[\d;]*m/g, '')
}

/**
 * @param {string} line
 * @param {{ columns: number, cwd: string, answer: string, env: NodeJS.ProcessEnv }} options
 * @returns {Promise<string>}
 */
async function onTerminal(line, { columns, cwd, answer, env }) {
  const command = `stty cols ${columns} rows 50; ${line}`
  const child = spawn('script', ['-qec', command, '/dev/null'], {
    cwd,
    env,
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  let screen = ''
  let unsent = answer
  // A character may arrive in two parts.
  child.stdout.setEncoding('utf8').on('data', (/** @type {string} */ chunk) => {
    screen += chunk
    if (unsent === '' || !screen.includes('[y/N]')) return
    child.stdin.write(unsent)
    unsent = ''
  })
  const timer = setTimeout(() => child.kill('SIGKILL'), COMMAND_MS)
  await new Promise((resolve) => child.once('close', resolve))
  clearTimeout(timer)
  return screen
}
