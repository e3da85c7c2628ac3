import { isAbsolute } from 'node:path'
import { classify, type Verdict } from '../classify/classify.js'
import { factsOf } from '../classify/derive.js'
import type { Facts } from '../classify/facts.js'
import type { Family } from '../family.js'
import type { CommandLine, Host, Listener, ProcessView } from '../identity/machine.js'
import { makeProof, type ProvenProcess } from '../identity/proof.js'
import type { ScopeView, Sighting, Surroundings } from '../identity/sighting.js'
import { matchShapes } from '../identity/spawn-shape.js'
import { HEALTH_PATH, probe, type ProbeReply } from './health.js'
import type { Platform } from './platform/platform.js'
import { readScope } from './records.js'
import { readForeignScopes } from './scopes.js'

/** How long a listener may take to answer. A healthy one takes some milliseconds; together with the rest a look stays below 1 s. */
export const PROBE_MS = 600

/** A look that meets nobody silent has more of its second left for the scopes that other processes named. */
const LOOK_MS = 950

/**
 * Who is about to act waits this long for them: what could not be told is not ended, and on a busy machine the start of
 * the child alone can take longer than a look may.
 */
export const PATIENT_MS = 3_000

/** At least this long they may take. A local file system takes about 50 ms, mostly the start of the child. */
const FOREIGN_SCOPES_MS = 300

/** How long the tools of the operating system may take (Linux needs none). */
const MACHINE_MS = 5_000

/** One candidate with everything that was seen, the facts, the verdict, and the proof where there is one. */
export interface Candidate {
  readonly sighting: Sighting
  readonly facts: Facts
  readonly verdict: Verdict
  /** Null where identity or spawn shape is not proven: such a process cannot be signalled at all. */
  readonly proof: ProvenProcess | null
}

/** Everything one look at a family's range brought. */
export interface Look {
  readonly family: Family
  readonly host: Host
  readonly surroundings: Surroundings
  /** Every listener in the range, by port. */
  readonly candidates: readonly Candidate[]
}

/**
 * Looks at every listener in the family's range and decides what each is. Signals nothing, writes nothing, starts
 * nothing that outlives it; ends within about a second whatever the listeners do, or later where the caller gives the
 * scopes that other processes named more time. Throws `E_LOOK_FAILED` when the system does not tell who listens.
 */
export async function look(
  family: Family,
  scope: string,
  platform: Platform,
  foreignScopesMs: number = FOREIGN_SCOPES_MS,
): Promise<Look> {
  const started = performance.now()
  const deadline = AbortSignal.timeout(MACHINE_MS)
  const host = await platform.host()
  const here = readScope(family, scope)
  const listeners = await platform.listeners(family.ports, deadline)
  const replies = new Map(
    await Promise.all(listeners.map(async (at) => [at.socket, await ask(family, at)] as const)),
  )
  const holders = await platform.holders(listeners, hintsFrom(replies.values(), here), deadline)
  const alive = await platform.inspect([...new Set([...holders.values(), ...recordedPids([here])])], deadline)
  const groups = withLockHolder(group(listeners, holders), here, alive)
  const sightings = groups.map((of) => toSighting(family, of, replies, alive))
  const foreignMs = Math.max(foreignScopesMs, LOOK_MS - (performance.now() - started))
  const scopes = await readScopes(family, scope, here, sightings, foreignMs)
  const surroundings = { user: host.user, namespaces: host.namespaces, here, scopes, alive }
  const more = await platform.inspect(
    recordedPids(scopes.values()).filter((pid) => !alive.has(pid)),
    deadline,
  )
  const around = { ...surroundings, alive: new Map([...alive, ...more]) }
  return {
    family,
    host,
    surroundings: around,
    candidates: sightings.map((seen) => decide(family, seen, around)),
  }
}

interface Heard {
  readonly answer: Sighting['answer']
  readonly report: Sighting['report']
}

async function ask(family: Family, listener: Listener): Promise<Heard> {
  return hear(family, await probe(listener.address, listener.port, HEALTH_PATH, PROBE_MS))
}

function hear(family: Family, reply: ProbeReply): Heard {
  if (reply.kind === 'silent' || reply.kind === 'unreachable') return { answer: 'silent', report: null }
  if (reply.kind === 'http') return { answer: 'http', report: null }
  const report = family.readSelfReport(reply.body)
  if (report !== null) return { answer: 'self_report', report }
  const isOther = family.relatives.some((other) => other.readSelfReport(reply.body) !== null)
  return { answer: isOther ? 'other_family_report' : 'http', report: null }
}

/** Pids that a reply or a record claims: where to look first for the holder of a socket. */
function hintsFrom(heard: Iterable<Heard>, here: ScopeView): ReadonlySet<number> {
  const claimed = [...heard].flatMap(({ report }) => report?.pid ?? [])
  return new Set([...claimed, ...recordedPids([here])])
}

function recordedPids(scopes: Iterable<ScopeView>): readonly number[] {
  return [...scopes].flatMap(({ records, lockHolder }) => [
    ...records.flatMap((read) => (read.state === 'readable' ? (read.record.pid ?? []) : [])),
    ...(lockHolder === null || lockHolder === 'unknown' ? [] : [lockHolder.pid]),
  ])
}

interface Group {
  readonly port: number | null
  readonly pid: number | null
  readonly listeners: readonly Listener[]
}

/** One candidate is what one process holds on one port; a socket whose holder is unknown is one of its own. */
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

/** The holder of the daemon lock is a candidate also while it does not listen. */
function withLockHolder(
  groups: readonly Group[],
  { lockHolder }: ScopeView,
  alive: ReadonlyMap<number, ProcessView>,
): readonly Group[] {
  if (lockHolder === null || lockHolder === 'unknown') return groups
  const isThere = alive.get(lockHolder.pid)?.birth === lockHolder.birth
  if (!isThere || groups.some(({ pid }) => pid === lockHolder.pid)) return groups
  return [{ port: null, pid: lockHolder.pid, listeners: [] }, ...groups]
}

function toSighting(
  family: Family,
  { port, pid, listeners }: Group,
  replies: ReadonlyMap<string, Heard>,
  alive: ReadonlyMap<number, ProcessView>,
): Sighting {
  const heard = listeners.flatMap((listener) => replies.get(listener.socket) ?? [])
  const best = BEST_FIRST.map((answer) => heard.find((one) => one.answer === answer)).find(Boolean)
  const process = pid === null ? null : (alive.get(pid) ?? null)
  const command = process?.command ?? null
  return {
    port,
    listeners,
    pid,
    process,
    answer: best?.answer ?? 'silent',
    report: best?.report ?? null,
    shape: command === null ? null : matchShapes(family.shapes, command),
    otherFamily: command === null ? null : otherFamilyOf(family, command),
  }
}

function otherFamilyOf(family: Family, command: CommandLine): string | null {
  return family.relatives.find((other) => matchShapes(other.shapes, command) !== null)?.name ?? null
}

/** Where a process has several sockets on one port, the answer that says most counts; another family's counts before ours. */
const BEST_FIRST: readonly Sighting['answer'][] = ['other_family_report', 'self_report', 'http', 'silent']

async function readScopes(
  family: Family,
  scope: string,
  here: ScopeView,
  sightings: readonly Sighting[],
  foreignMs: number,
): Promise<ReadonlyMap<string, ScopeView>> {
  const own = new Set([scope, ...(here.real === null ? [] : [here.real])])
  const named = sightings.flatMap((seen) => [seen.shape?.marker ?? [], seen.report?.scope ?? []].flat())
  const foreign = [...new Set(named)].filter((path) => isAbsolute(path) && !own.has(path))
  const read = await readForeignScopes(family, foreign, AbortSignal.timeout(Math.round(foreignMs)))
  const views = [...read].map(([path, view]) => [path, isSame(view, here) ? here : view] as const)
  return new Map([...[...own].map((path) => [path, here] as const), ...views])
}

function isSame(one: ScopeView, other: ScopeView): boolean {
  return one.real !== null && one.real === other.real
}

function decide(family: Family, sighting: Sighting, around: Surroundings): Candidate {
  const facts = factsOf(family, sighting, around)
  const verdict = classify(family.rules, family.reasonNames, facts)
  return { sighting, facts, verdict, proof: prove(family, sighting, facts) }
}

/** Returns the proof for a process that the caller has just started, null when it is not (or no longer) a daemon of the family. */
export async function proveStarted(
  family: Family,
  platform: Platform,
  pid: number,
): Promise<ProvenProcess | null> {
  const deadline = AbortSignal.timeout(MACHINE_MS)
  const { namespaces } = await platform.host()
  const process = (await platform.inspect([pid], deadline)).get(pid)
  if (process?.command == null || process.birth === null || process.namespaces !== namespaces) return null
  if (matchShapes(family.shapes, process.command) === null) return null
  const { birth, command, executable } = process
  return makeProof({
    family: family.name,
    port: null,
    pid,
    birth,
    command,
    executable,
    namespaces,
    listeners: [],
  })
}

/** A proof needs the process, its birth, its namespaces and its spawn shape, whatever its class. */
function prove(family: Family, { process, port, listeners }: Sighting, facts: Facts): ProvenProcess | null {
  if (process === null || process.birth === null || process.command === null || process.namespaces === null) {
    return null
  }
  if (facts.in_range !== 'yes' || facts.spawn_shape !== 'yes' || facts.other_family !== 'no') return null
  if (facts.same_namespaces !== 'yes') return null
  return makeProof({
    family: family.name,
    port,
    pid: process.pid,
    birth: process.birth,
    command: process.command,
    executable: process.executable,
    namespaces: process.namespaces,
    listeners,
  })
}
