import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { expect } from 'vitest'
import { spawnPredecessor } from '../../../../stand-ins/predecessor.mjs'
import { smallEnvironment, ENTRY } from '../helpers/cli.js'
import { startTicksOf } from '../helpers/machine.js'
import { lives, until, type Daemon, type SyncRoot } from './sync-root.js'

/** Daemons of an earlier version, and what the log of a daemon says of its start. */

/** The version of this repository. */
export const OWN_VERSION = '4.0.0'

/** Starts a daemon of ours by hand, which then counts as adopted, and lets it report another version. */
export async function startStale(root: SyncRoot, version = '3.9.0', entry = ENTRY): Promise<Daemon> {
  const child = spawn(process.execPath, [entry, 'sync', `--spec-kitty-daemon-root=${root.path}`], {
    env: smallEnvironment({ SPEC_KITTY_CLI_VERSION: version }),
    stdio: 'ignore',
  })
  expect(await until(() => root.remember()?.pid === child.pid)).toBe(true)
  const daemon = root.remember()
  if (daemon === null) throw new Error('the daemon that was started by hand left no record')
  return daemon
}

/** Starts a stand-in of the predecessor's daemon, recorded as its command does unless told otherwise. */
export async function startPredecessor(root: string, port: number, more: object = {}) {
  const old = await spawnPredecessor({ family: 'sync', root, port, version: '3.2.4', record: true, ...more })
  return { ...old, ticks: startTicksOf(old.pid) ?? 'gone' }
}

/** What a daemon wrote of its start. */
export interface Started {
  readonly reason: string
  readonly previous_version: string | null
  readonly version: string
  readonly pid: number
  readonly by_pid: number | null
}

/** Returns the breadcrumb of every start in the root, the oldest first. */
export function startsIn(root: SyncRoot): readonly Started[] {
  const lines = readFileSync(root.file('daemon.log'), 'utf8').split('\n').filter(isJson)
  return lines.map((line) => JSON.parse(line)).filter(({ event }) => event === 'started')
}

/** Besides its own lines the log has what the runtime itself had to say. */
function isJson(line: string): boolean {
  return line.startsWith('{')
}

/** Fails unless every one of these is still the very process that it was. */
export function expectAlive(...daemons: readonly Pick<Daemon, 'pid' | 'ticks'>[]): void {
  expect(daemons.map(lives)).toEqual(daemons.map(() => true))
}
