// @ts-check
import { spawnSync } from 'node:child_process'
import { dirname } from 'node:path'
import { fileURLToPath as pathOf } from 'node:url'
import { listenersOn, RANGE } from './stages.mjs'

/**
 * @typedef {import('./time.mjs').Timed} Timed
 * @typedef {'floor' | 'doctor' | 'memory' | 'reset' | 'lsof' | 'ss' | 'psutil'} CommandName
 * @typedef {{ argv: readonly string[], isDone(timed: Timed, listeners: number): boolean }} Timeable
 */

const CLI = pathOf(new URL('../packages/spec-kitty/bin/spec-kitty.js', import.meta.url))
const DOCTOR = [CLI, 'auth', 'doctor', '--json']
const PYTHON = '/usr/bin/python3'
const PSUTIL_LOOK = pathOf(new URL('psutil-look.py', import.meta.url))

/** Every command that can be timed, and a check that it did its work. @type {Record<CommandName, Timeable>} */
const COMMANDS = {
  floor: { argv: [process.execPath, '-e', '0'], isDone: ({ exitCode }) => exitCode === 0 },
  doctor: { argv: [process.execPath, ...DOCTOR], isDone: hasSeen },
  memory: {
    argv: [process.execPath, '--require', pathOf(new URL('peak-memory.cjs', import.meta.url)), ...DOCTOR],
    isDone: (timed, listeners) => hasSeen(timed, listeners) && Number(timed.note) > 0,
  },
  reset: { argv: [process.execPath, ...DOCTOR, '--reset'], isDone: hasSwept },
  lsof: { argv: ['lsof', '-nP', '-iTCP', '-sTCP:LISTEN'], isDone: hasLines },
  ss: { argv: ['ss', '-ltnp'], isDone: hasLines },
  psutil: {
    argv: [PYTHON, PSUTIL_LOOK, String(RANGE.from), String(RANGE.to)],
    isDone: ({ exitCode, stdout }, listeners) => exitCode === 0 && JSON.parse(stdout).length === listeners,
  },
}

/** Returns the command for a root. @param {CommandName} name @param {string} root */
export function commandFor(name, root) {
  const [file = '', ...args] = COMMANDS[name].argv
  return { file, args, env: { PATH: process.env['PATH'] ?? '', HOME: dirname(root), SPEC_KITTY_HOME: root } }
}

/**
 * Returns how many milliseconds a run took, for `memory` its peak in MB. Throws unless the command did its work, because a
 * command that fails is fast.
 *
 * @param {CommandName} name @param {import('./stages.mjs').StageName} stage @param {Timed} timed
 */
export function valueOf(name, stage, timed) {
  if (!COMMANDS[name].isDone(timed, listenersOn(stage))) {
    throw new Error(`${name} on '${stage}' did not do its work, exit ${timed.exitCode}:\n${timed.stdout}`)
  }
  return name === 'memory' ? Number(timed.note) / 1024 : timed.ms
}

/** Returns whether the machine has what the command needs. @param {CommandName} name */
export function isHere(name) {
  if (name === 'psutil') return spawnSync(PYTHON, ['-c', 'import psutil']).status === 0
  if (name === 'lsof' || name === 'ss') return spawnSync(name, ['-h']).error === undefined
  return true
}

/** @param {Timed} timed @param {number} listeners */
function hasSeen({ exitCode, stdout }, listeners) {
  return exitCode === 0 && JSON.parse(stdout).candidates.length === listeners
}

/** @param {Timed} timed @param {number} listeners */
function hasSwept({ exitCode, stdout }, listeners) {
  return exitCode === 0 && JSON.parse(stdout).reset_result.swept.length === listeners
}

/** Expects a header and at least one line per listener. @param {Timed} timed @param {number} listeners */
function hasLines({ stdout }, listeners) {
  return stdout.trimEnd().split('\n').length > listeners
}
