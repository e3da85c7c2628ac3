import { basename } from 'node:path'
import type { ReasonNames } from '../classify/classify.js'
import { FamiliarError } from '../errors.js'
import { nounFor } from './port-user-words.js'
import type { Candidate, Scan } from './scan.js'

/** The number of groups that are listed. If there are several more, those are counted together. */
const SHOWN_GROUPS = 4

interface PortUser {
  readonly ports: number
  /** Whether it is a live daemon that a record names; for a daemon of a user, the one of this scope. */
  readonly isRecorded: boolean
  readonly who: string
}

/**
 * Returns a line that says which processes use the ports of the range. A process with several ports is named; all others
 * are counted by kind. The largest users come first. The recorded daemon is always among those that are listed. `scope`:
 * the tool's name for a scope.
 */
export function describePortUsers(seen: Scan, scope: string): string {
  const users = usersIn(seen, scope).toSorted((one, other) => other.ports - one.ports)
  const rest = users.filter((user, index) => !isShown(user, index))
  const shown = users.filter((user, index) => rest.length === 1 || isShown(user, index))
  const left = rest.length < 2 ? 0 : rest.reduce((sum, { ports }) => sum + ports, 0)
  return [
    ...shown.map(({ ports, who }) => `${ports} by ${who}`),
    ...(left === 0 ? [] : [`${left} by processes of ${rest.length} more kinds`]),
  ].join(', ')
}

function usersIn({ candidates, family }: Scan, scope: string): readonly PortUser[] {
  return [...groupBy(candidates.filter(listens), keyOf(candidates)).values()].map((group) =>
    userOf(group, { scope, names: family.reasonNames }),
  )
}

function isShown({ isRecorded }: PortUser, index: number): boolean {
  return index < SHOWN_GROUPS || isRecorded
}

/**
 * Returns a line that says which processes use the ports of a range in which no port can be bound. A port without a
 * listener is bound by a socket that does not listen, and Linux does not list such sockets.
 */
export function describeFullRange(seen: Scan, scope: string): string {
  const { from, to } = seen.family.ports
  const shown = new Set(seen.candidates.flatMap(({ observation }) => observation.port ?? [])).size
  const bound = to - from - shown
  return [describePortUsers(seen, scope), bound > 0 ? `${bound} by ${BOUND}` : '']
    .filter((text) => text !== '')
    .join(', ')
}

/** Returns the error for a port that was asked for and is not free, with who uses it; null if nothing listens on it. */
export function portInUse(
  port: number,
  seen: Scan,
  { scope, hint = null }: { readonly scope: string; readonly hint?: string | null },
): FamiliarError | null {
  const candidates = seen.candidates.filter(({ observation }) => observation.port === port)
  const users = usersIn({ ...seen, candidates }, scope).map(({ who }) => who)
  if (users.length === 0) return null
  return new FamiliarError('E_PORT_IN_USE', `port ${port} is in use by ${users.join(' and ')}`, { hint })
}

const BOUND =
  'sockets that are bound and do not listen, which no list of listeners shows (Linux: see ss -tanp and, from Linux and iproute2 6.8 on, ss -tanp --bound-inactive; macOS: lsof -nP -iTCP)'

function listens({ observation }: Candidate): boolean {
  return observation.port !== null
}

/** Returns a function that returns the group of a candidate. A process with several ports is a group of its own. */
function keyOf(candidates: readonly Candidate[]): (candidate: Candidate) => string {
  const counts = groupBy(candidates.filter(listens), ({ observation }) => String(observation.pid))
  return (candidate) => {
    const pid = String(candidate.observation.pid)
    const isAlone = candidate.observation.pid === null || (counts.get(pid)?.length ?? 0) < 2
    return isAlone ? kindOf(candidate) : `${pid} ${kindOf(candidate)}`
  }
}

/** Returns the kind of the candidate, as in the doctor's table: the reason, or that it is proven stale. */
function kindOf({ verdict }: Candidate): string {
  return verdict.reason ?? verdict.class
}

function userOf(
  group: readonly Candidate[],
  words: { readonly scope: string; readonly names: ReasonNames },
): PortUser {
  const ports = new Set(group.map(({ observation }) => observation.port)).size
  const processes = countProcesses(group)
  const [first] = group
  const kind = first === undefined ? '' : kindOf(first)
  const executable = first?.observation.process?.executable ?? null
  const program = executable === null ? '' : `, ${basename(executable)}`
  const isOne = processes === 1
  const noun = nounFor(kind, { ...words, isOne })
  const count = processes === ports ? '' : `${processes} `
  const who = isOne ? `${noun}, process ${first?.observation.pid ?? 'unknown'}${program}` : `${count}${noun}`
  return { ports, isRecorded: kind === 'is_recorded_singleton', who: `${who} (${kind})` }
}

/** Ports whose process is unknown count as one process each, because nothing says that it is the same. */
function countProcesses(group: readonly Candidate[]): number {
  return new Set(group.map(({ observation: { pid, port } }) => (pid === null ? `port ${port}` : pid))).size
}

function groupBy<T>(all: readonly T[], key: (one: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>()
  for (const one of all) {
    const group = groups.get(key(one))
    if (group === undefined) groups.set(key(one), [one])
    else group.push(one)
  }
  return groups
}
