import type { Family } from '../family.js'
import {
  commandText,
  type CommandLine,
  type Host,
  type Listener,
  type ProcessView,
} from '../identity/machine.js'
import type { ScopeSnapshot, Observation } from '../classify/observation.js'
import { matchShapes } from '../identity/spawn-shape.js'
import { placeOf } from './platform/mounts.js'
import type { Platform } from './platform/platform.js'

/** Time limit for reading the parents of forked processes. */
const PARENTS_MS = 5_000

/** The answer of one socket to the probe. */
export interface Heard {
  readonly answer: Observation['answer']
  readonly report: Observation['report']
}

/** Everything that a scan has read from the machine. The observations are built from it. */
export interface Read {
  readonly listeners: readonly Listener[]
  /** The pid that holds each socket. */
  readonly holders: ReadonlyMap<string, number>
  /** The answer of each socket. */
  readonly replies: ReadonlyMap<string, Heard>
  readonly here: ScopeSnapshot
  readonly alive: ReadonlyMap<number, ProcessView>
  readonly host: Host
  /** The sockets whose holder proved that it owns the token in our record of the scanned scope. */
  readonly proven: ReadonlySet<string>
}

/** Returns one observation for each process and port, and one for the holder of the daemon lock if it does not listen. */
export async function observationsOf(
  family: Family,
  read: Read,
  platform: Platform,
): Promise<readonly Observation[]> {
  const { listeners, holders, here, alive } = read
  const groups = withLockHolder(group(listeners, holders), here, alive)
  const observations = await Promise.all(groups.map((of) => toObservation(family, of, read, platform)))
  return withAncestors(observations, platform, AbortSignal.timeout(PARENTS_MS))
}

interface Group {
  readonly port: number | null
  readonly pid: number | null
  readonly listeners: readonly Listener[]
}

/** Groups sockets by process and port: each group is one candidate. A socket with an unknown holder is a group by itself. */
function group(listeners: readonly Listener[], holders: ReadonlyMap<string, number>): readonly Group[] {
  const groups = new Map<string, Group>()
  for (const listener of listeners) {
    const pid = listener.pid ?? holders.get(listener.socket) ?? null
    const key = pid === null ? listener.socket : `${listener.port}/${pid}`
    const others = groups.get(key)?.listeners ?? []
    groups.set(key, { port: listener.port, pid, listeners: [...others, listener] })
  }
  return [...groups.values()].toSorted((a, b) => (a.port ?? 0) - (b.port ?? 0))
}

/** Adds a group without sockets for the holder of the daemon lock if it is alive and does not listen. */
function withLockHolder(
  groups: readonly Group[],
  { lockHolder }: ScopeSnapshot,
  alive: ReadonlyMap<number, ProcessView>,
): readonly Group[] {
  if (lockHolder === null || lockHolder === 'unknown') return groups
  const isThere = alive.has(lockHolder.pid) && alive.get(lockHolder.pid)?.startTime === lockHolder.startTime
  if (!isThere || groups.some(({ pid }) => pid === lockHolder.pid)) return groups
  return [{ port: null, pid: lockHolder.pid, listeners: [] }, ...groups]
}

async function toObservation(
  family: Family,
  { port, pid, listeners }: Group,
  { replies, alive, here, host, proven }: Read,
  platform: Platform,
): Promise<Observation> {
  const best = bestOf(listeners.flatMap((listener) => replies.get(listener.socket) ?? []))
  const process = pid === null ? null : (alive.get(pid) ?? null)
  const command = process?.command ?? null
  const seen = {
    port,
    listeners,
    pid,
    process,
    answer: best?.answer ?? 'silent',
    report: best?.report ?? null,
    shape: command === null ? null : matchShapes(family.shapes, command),
    otherFamily: command === null ? null : otherFamilyOf(family, command),
    ownsToken: listeners.some(({ socket }) => proven.has(socket)),
    forkedFrom: [],
  }
  const named = await scopesNamedBy(family, seen, platform, host.user)
  const heldDirectory = heldBy(seen, here, platform, host.user)
  const namedScopes = named === null || heldDirectory === null ? named : [...named, heldDirectory]
  return { ...seen, namedScopes, heldDirectory }
}

/**
 * Returns the path at which Linux shows the working directory of the process itself; null if that is the scanned scope.
 * Only accesses the file system of the scanned scope. A directory on another mount is compared later, when a child
 * process reads it. The directory of another user's process is not opened: it counts as the scanned scope if it has its
 * path.
 */
function heldBy(
  { shape, process }: Pick<Observation, 'shape' | 'process'>,
  here: ScopeSnapshot,
  platform: Platform,
  user: string,
): string | null {
  const directory = shape?.implementation === 'own' ? (process?.workingDirectory ?? null) : null
  if (platform.name !== 'linux' || process === null || directory === null) return null
  const path = `/proc/${process.pid}/cwd`
  const isSame = (): boolean => process.user !== user || isSamePlace(path, directory)
  const isHere = directory === here.real && here.directory !== null && isSame()
  return isHere ? null : path
}

function isSamePlace(one: string, other: string): boolean {
  const place = placeOf(one)
  return place !== null && place === placeOf(other)
}

/**
 * Returns every scope that the process names: in its command line, its self-report, its working directory (our own
 * daemon) or its environment (a predecessor of this user). Null if it may use another one, which its environment does not
 * tell, or if that could not be read.
 * (macOS and Windows do not show the environment. There the result contains the other names, and is null only if there
 * are none.)
 */
async function scopesNamedBy(
  family: Family,
  { shape, report, process }: Pick<Observation, 'shape' | 'report' | 'process'>,
  platform: Platform,
  user: string,
): Promise<readonly string[] | null> {
  const directory = shape?.implementation === 'own' ? process?.workingDirectory : null
  const named = [shape?.marker, report?.scope, directory].flatMap((name) => name ?? [])
  const isAsked = family.scopesInEnvironment !== null && shape?.implementation === 'predecessor'
  if (!isAsked || process?.user !== user) return [...new Set(named)]
  const environment = await platform.environment(process.pid)
  if (environment === null) return platform.name !== 'linux' && named.length > 0 ? [...new Set(named)] : null
  const more = family.scopesInEnvironment(environment)
  return more === null ? null : [...new Set([...named, ...more])]
}

/** How many generations of forks to follow. */
const MAX_FORKS = 8

/**
 * Adds to each observation the ancestors with the same command line. Only predecessors can have any, because Node cannot
 * fork without exec.
 */
async function withAncestors(
  observations: readonly Observation[],
  platform: Platform,
  deadline: AbortSignal,
): Promise<readonly Observation[]> {
  const found = new Map<Observation, ProcessView[]>()
  let open = observations.flatMap((seen) =>
    seen.shape?.implementation === 'predecessor' && seen.process !== null ? [{ seen, at: seen.process }] : [],
  )
  for (let depth = 0; open.length > 0 && depth < MAX_FORKS; depth++) {
    const parents = open.flatMap(({ at }) => (at.parent !== null && at.parent > 0 ? [at.parent] : []))
    const views = await platform.inspect([...new Set(parents)], deadline)
    open = open.flatMap(({ seen, at }) => {
      const parent = views.get(at.parent ?? 0)
      if (parent === undefined || !isSameCommand(parent, seen)) return []
      found.set(seen, [...(found.get(seen) ?? []), parent])
      return [{ seen, at: parent }]
    })
  }
  return observations.map((seen) => ({ ...seen, forkedFrom: found.get(seen) ?? [] }))
}

function isSameCommand({ command }: ProcessView, { process }: Observation): boolean {
  if (command === null || process?.command == null) return false
  return commandText(command) === commandText(process.command)
}

function otherFamilyOf(family: Family, command: CommandLine): string | null {
  return family.relatives.find((other) => matchShapes(other.shapes, command) !== null)?.name ?? null
}

/**
 * The kinds of answers, the most informative first, and an answer of another family before one of this family. If several
 * sockets of a process on one port, or several paths of one socket, answered differently, the first kind in this list
 * counts.
 */
const BEST_FIRST: readonly Observation['answer'][] = [
  'other_family_report',
  'self_report',
  'http',
  'unreachable',
  'silent',
]

/** Returns the most informative answer of one listener. */
export function bestOf(heard: readonly Heard[]): Heard | undefined {
  return BEST_FIRST.map((answer) => heard.find((one) => one.answer === answer)).find(Boolean)
}
