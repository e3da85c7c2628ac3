import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { lineOf, lives, signal, type Daemon, type SyncRoot } from '../live/sync-root.js'
import { startCommand, type Ended } from './herd.js'

/** A user's home: nothing but `$HOME` leads to its root. */
export interface Home {
  readonly root: SyncRoot
  run(args: readonly string[]): Promise<Ended>
}

/** A process that has nothing to do with us, and that a foreign record may name. */
export type Innocent = Pick<Daemon, 'pid' | 'ticks'>

/** Makes the home whose `.spec-kitty` is the root. */
export function makeHome(root: SyncRoot): Home {
  const home = dirname(root.path)
  mkdirSync(home, { recursive: true })
  return { root, run: (args) => startCommand(args, { HOME: home }).ended }
}

/** What a spawner did to the daemon after it had started or found one. */
export type Deed = 'left' | 'stopped' | 'killed' | 'recycled' | 'renamed'

const DEEDS: readonly Deed[] = ['left', 'stopped', 'killed', 'recycled', 'renamed']
const LONGEST_PAUSE_MS = 300

/** What became of a command that a spawner ran. */
export interface Turn {
  readonly command: 'start' | 'stop'
  readonly ended: Ended
  readonly deed: Deed
}

/**
 * One of several spawners in a home: starts the daemon again and again, and after each start stops it, kills it, or
 * writes another process into its record, as others did in #1071.
 */
export async function spawnAgainAndAgain(
  { root, run }: Home,
  times: number,
  random: () => number,
  innocents: readonly Innocent[],
): Promise<readonly Turn[]> {
  const turns: Turn[] = []
  for (let round = 0; round < times; round++) {
    const deed = DEEDS[Math.floor(random() * DEEDS.length)] ?? 'left'
    turns.push({ command: 'start', ended: await run(['sync', 'start']), deed })
    await sleep(random() * LONGEST_PAUSE_MS)
    const daemon = root.remember()
    const innocent = innocents[Math.floor(random() * innocents.length)]
    if (deed === 'stopped') turns.push({ command: 'stop', ended: await run(['sync', 'stop']), deed })
    else if (deed !== 'left' && daemon !== null && innocent !== undefined) {
      disturb(root, daemon, deed, innocent, random() < 0.5)
    }
  }
  return turns
}

/**
 * `recycled`: the daemon dies, and its record then names a living process, with the start time it has or another. `renamed`:
 * it lives, and the record names a process with another start time. Both in one go: no other daemon can have
 * come up in between.
 */
function disturb(root: SyncRoot, daemon: Daemon, deed: Deed, innocent: Innocent, isTrue: boolean): void {
  if (deed !== 'renamed') signal(daemon, 'SIGKILL')
  if (deed !== 'killed') nameInRecord(root, innocent, deed === 'recycled' && isTrue)
}

/** Overwrites the record, as the predecessor did: in place, without any lock. */
export function nameInRecord(root: SyncRoot, { pid, ticks }: Innocent, isTrueStartTime: boolean): void {
  const record = JSON.parse(readFileSync(root.file('record.json'), 'utf8'))
  const birth = `${record.boot_id}/${isTrueStartTime ? ticks : Number(ticks) - 1}`
  writeFileSync(root.file('record.json'), JSON.stringify({ ...record, state: 'running', pid, birth }))
}

/** Returns what is wrong with how a command ended: it must have worked, or have said in one line why it did not. */
export function flawOf({ status, signal: killedBy, stderr }: Ended): string | null {
  if (status === 0) return null
  const isSaid = killedBy === null && [1, 2, 75].includes(status ?? -1) && lineOf(stderr).length === 1
  return isSaid ? null : `exit ${status ?? killedBy}: ${stderr}`
}

/** Returns those that are dead. */
export function deadOf(innocents: readonly Innocent[]): readonly number[] {
  return innocents.filter((innocent) => !lives(innocent)).map(({ pid }) => pid)
}
