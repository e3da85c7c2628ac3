import { spawnSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { stopAll } from '../../../../stand-ins/predecessor.mjs'
import { isAlive, listenersOn, startTicksOf } from '../helpers/machine.js'
import { forEach } from './dashboards.js'
import { daemonsBelow } from './vantage-processes.js'
import { isProject, makeScope, makeScopes, putBack, type Scopes } from './vantage-scopes.js'
import { BEYOND, STANDS } from './vantage-stands.js'
import { endKeepers } from './vantage-strangers.js'
import type { Stand } from './vantage-victims.js'
import { until } from './sync-root.js'

/** One process that a command could end. */
export interface Victim {
  readonly name: string
  readonly pid: number
  readonly ticks: string
  readonly startedAt: number
}

/** All victims of the vantage matrix at once. */
export interface Fleet {
  readonly scopes: Scopes
  readonly victims: ReadonlyMap<string, Victim>
  /** Why some victims are missing here. */
  readonly skipped: readonly string[]
  /** The names of those that have ended since they were started last. */
  ended(): readonly string[]
  /** Ends what a command has started, puts the records back, starts again who has ended, and returns their names. */
  restore(): Promise<readonly string[]>
  end(): Promise<void>
}

type StandingHome = Stand & { readonly content: Map<string, string | null> }

export async function startFleet(): Promise<Fleet> {
  const scopes = makeScopes()
  const victims = new Map<string, Victim>()
  const skipped: string[] = []
  const standing: StandingHome[] = []
  const add = async (stand: Stand): Promise<void> => {
    await startStand(stand, scopes, victims)
    standing.push({ ...stand, content: new Map(stand.scope === null ? [] : scopes.remember(stand.scope)) })
  }
  const beyond = BEYOND.filter(({ needs }) => works(needs))
  for (const { names, needs } of BEYOND.filter((one) => !beyond.includes(one)))
    skipped.push(`${names.join(', ')}: ${needs.join(' ')} does not work here`)
  await forEach([...STANDS, ...beyond], add)
  const ended = (): readonly string[] => endedOf(victims)
  return {
    scopes,
    victims,
    skipped,
    ended,
    restore: async () => {
      await endOthers(scopes, victims)
      const names = ended()
      await forEach(standing, (stand) => restoreStand(stand, scopes, victims))
      return names
    },
    end: () => endFleet(scopes, victims),
  }
}

/** Returns whether a command line that wraps another works on this machine. */
export function works([command = '', ...args]: readonly string[]): boolean {
  return spawnSync(command, [...args, 'true'], { stdio: 'ignore' }).status === 0
}

async function startStand(stand: Stand, scopes: Scopes, victims: Map<string, Victim>): Promise<void> {
  const pids = await stand.start(scopes)
  for (const name of stand.names) {
    const pid = pids[name] ?? 0
    const ticks = startTicksOf(pid)
    if (ticks === null) throw new Error(`${name} is not there`)
    victims.set(name, { name, pid, ticks, startedAt: performance.now() })
  }
}

function endedOf(victims: ReadonlyMap<string, Victim>): readonly string[] {
  return [...victims.values()].filter(({ pid, ticks }) => !isAlive(pid, ticks)).map(({ name }) => name)
}

/** Ends every daemon in the scopes that is none of the victims: a command of the test has started it. */
async function endOthers({ base }: Scopes, victims: ReadonlyMap<string, Victim>): Promise<void> {
  const known = new Set([...victims.values()].map(({ pid }) => pid))
  const others = (): readonly number[] => daemonsBelow(base).filter((pid) => !known.has(pid))
  const isNone = await until(() => {
    for (const pid of others()) process.kill(pid, 'SIGKILL')
    return others().length === 0
  }, 10_000)
  if (!isNone) throw new Error(`these daemons do not end: ${others().join(', ')}`)
}

async function restoreStand(
  stand: StandingHome,
  scopes: Scopes,
  victims: Map<string, Victim>,
): Promise<void> {
  const { scope, names, content, maxAgeMs = Number.POSITIVE_INFINITY } = stand
  const ended = endedOf(victims)
  const age = performance.now() - (victims.get(names[0] ?? '')?.startedAt ?? 0)
  if (age > maxAgeMs || names.some((name) => ended.includes(name))) {
    await clear(stand, scopes, victims)
    await startStand(stand, scopes, victims)
    if (scope !== null) for (const [path, text] of scopes.remember(scope)) content.set(path, text)
  }
  putBack(content)
}

/** Ends what is left of a stand, and empties its scope. */
async function clear({ scope, names }: Stand, scopes: Scopes, victims: Map<string, Victim>): Promise<void> {
  const left = names.flatMap((name) => victims.get(name) ?? [])
  for (const { pid, ticks } of left) if (isAlive(pid, ticks)) process.kill(pid, 'SIGKILL')
  await until(() => left.every(({ pid, ticks }) => !isAlive(pid, ticks)), 60_000)
  if (scope === null) return
  rmSync(scopes.at(scope), { recursive: true, force: true })
  makeScope(scopes.at(scope), isProject(scope))
}

async function endFleet(scopes: Scopes, victims: Map<string, Victim>): Promise<void> {
  await endOthers(scopes, victims)
  for (const { pid, ticks } of victims.values()) if (isAlive(pid, ticks)) process.kill(pid, 'SIGKILL')
  endKeepers()
  await stopAll()
  await until(() => endedOf(victims).length === victims.size && listenersOn(9236, 9451).length === 0, 60_000)
  scopes.end()
}
