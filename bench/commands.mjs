// @ts-check
import { spawnSync } from 'node:child_process'
import { dirname } from 'node:path'
import { fileURLToPath as pathOf } from 'node:url'
import { besideFile, hasPackages, hasPsutil, PYTHON, PYTHON_PACKAGES } from './beside.mjs'
import { listenersOn, RANGE } from './stage-kinds.mjs'

/**
 * @typedef {import('./time-command.mjs').Timed} Timed
 * @typedef {'floor' | 'doctor' | 'by-hand' | 'memory' | 'memory-by-hand' | 'reset' | 'lsof' | 'ss' | 'psutil' | 'pid-port' |
 *   'find-process' | 'fkill' | 'plain-end'} CommandName
 * @typedef {{ argv: readonly string[], isDone(timed: Timed, listeners: number): boolean }} Timeable
 */

const CLI = pathOf(new URL('../packages/spec-kitty/bin/spec-kitty.js', import.meta.url))
const DOCTOR = [CLI, 'auth', 'doctor', '--json']
const PORTS = [String(RANGE.from), String(RANGE.to)]

const BY_HAND = [besideFile('doctor-by-hand.cjs'), ...PORTS]
/** Its options go before the script that is measured. */
const WITH_PEAK = ['--require', pathOf(new URL('peak-memory.cjs', import.meta.url))]

/** Every command that can be timed, with a check that it did its work. @type {Record<CommandName, Timeable>} */
const COMMANDS = {
  floor: { argv: [process.execPath, '-e', '0'], isDone: ({ exitCode }) => exitCode === 0 },
  doctor: { argv: [process.execPath, ...DOCTOR], isDone: hasSeen },
  'by-hand': { argv: [process.execPath, ...BY_HAND], isDone: hasSeen },
  memory: { argv: [process.execPath, ...WITH_PEAK, ...DOCTOR], isDone: hasSeen },
  'memory-by-hand': { argv: [process.execPath, ...WITH_PEAK, ...BY_HAND], isDone: hasSeen },
  reset: { argv: [process.execPath, ...DOCTOR, '--reset'], isDone: hasSwept },
  lsof: { argv: ['lsof', '-nP', '-iTCP', '-sTCP:LISTEN'], isDone: hasLines },
  ss: { argv: ['ss', '-ltnp'], isDone: hasLines },
  psutil: {
    argv: [PYTHON, besideFile('psutil-look.py'), ...PORTS],
    isDone: hasListed,
  },
  'pid-port': { argv: [process.execPath, besideFile('pid-port.mjs'), ...PORTS], isDone: hasListed },
  'find-process': {
    argv: [process.execPath, besideFile('find-process.mjs'), ...PORTS],
    isDone: ({ exitCode, stdout }, listeners) =>
      exitCode === 0 && JSON.parse(stdout).length === Math.min(listeners, 1),
  },
  fkill: { argv: [process.execPath, besideFile('fkill.mjs'), ...PORTS], isDone: hasListed },
  'plain-end': { argv: [process.execPath, besideFile('plain-end.mjs'), ...PORTS], isDone: hasListed },
}

/** Returns the command for a root. @param {CommandName} name @param {string} root */
export function commandFor(name, root) {
  const [file = '', ...args] = COMMANDS[name].argv
  const env = { PATH: process.env['PATH'] ?? '', HOME: dirname(root), SPEC_KITTY_HOME: root }
  return { file, args, env: name === 'psutil' ? { ...env, PYTHONPATH: PYTHON_PACKAGES } : env }
}

/**
 * Returns how many milliseconds a run took or, for a command that reports it, its peak of memory in MB. Throws unless the command did its work,
 * because a command that fails early would look fast.
 *
 * @param {CommandName} name @param {import('./stage-kinds.mjs').StageName} stage @param {Timed} timed
 */
export function valueOf(name, stage, timed) {
  if (!COMMANDS[name].isDone(timed, listenersOn(stage))) {
    throw new Error(`${name} on '${stage}' did not do its work, exit ${timed.exitCode}:\n${timed.stdout}`)
  }
  const isMemory = COMMANDS[name].argv.includes('--require')
  if (isMemory && !(Number(timed.note) > 0))
    throw new Error(`${name} on '${stage}' did not report its memory`)
  return isMemory ? Number(timed.note) / 1024 : timed.ms
}

/** Returns whether this machine has the programs that the command needs. @param {CommandName} name */
export function isHere(name) {
  if (name === 'psutil') return hasPsutil()
  if (name === 'pid-port' || name === 'find-process' || name === 'fkill') return hasPackages()
  if (name === 'plain-end') return isHere('ss')
  if (name === 'lsof' || name === 'ss') return spawnSync(name, ['-h']).error === undefined
  return true
}

/** Returns whether the output has every listener once, each with its process and a class. @param {Timed} timed @param {number} listeners */
function hasSeen({ exitCode, stdout }, listeners) {
  if (exitCode !== 0) return false
  /** @type {readonly { port: number, pid: number | null, class?: string, cleanup_class?: string }[]} */
  const candidates = JSON.parse(stdout).candidates
  const ports = new Set(candidates.map(portIn))
  const isWhole = candidates.length === listeners && ports.size === listeners
  return (
    isWhole && candidates.every((one) => one.pid !== null && (one.class ?? one.cleanup_class) !== undefined)
  )
}

/** @param {Timed} timed @param {number} listeners */
function hasSwept({ exitCode, stdout }, listeners) {
  return exitCode === 0 && JSON.parse(stdout).reset_result.swept.length === listeners
}

/** Returns whether the output lists every listener of the range. @param {Timed} timed @param {number} listeners */
function hasListed({ exitCode, stdout }, listeners) {
  return exitCode === 0 && new Set(JSON.parse(stdout).map(portIn)).size === listeners
}

/** @param {{ readonly port: number }} entry */
function portIn({ port }) {
  return port
}

/** Returns whether the output has a header and at least one line per listener. @param {Timed} timed @param {number} listeners */
function hasLines({ stdout }, listeners) {
  return stdout.trimEnd().split('\n').length > listeners
}
