import { isAbsolute } from 'node:path'
import { classify, type Verdict } from '../classify/classify.js'
import { factsOf } from '../classify/derive.js'
import type { Facts } from '../classify/facts.js'
import type { Family } from '../family.js'
import type { Host, Listener } from '../identity/machine.js'
import { makeProof, type ProvenProcess } from '../identity/proof.js'
import type { DaemonRecord } from '../identity/record.js'
import type { ScopeView, Sighting, Surroundings } from '../identity/sighting.js'
import { matchShapes } from '../identity/spawn-shape.js'
import { handshake } from './handshake.js'
import { HEALTH_PATH, probe, type ProbeReply } from './health.js'
import type { Platform } from './platform/platform.js'
import { readScope, type UnlockedView } from './records.js'
import { readForeignScopes } from './scopes.js'
import { sightingsOf, type Heard } from './sightings.js'

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
  const read = readScope(family, scope)
  const listeners = await platform.listeners(family.ports, deadline)
  const replies = new Map(
    await Promise.all(listeners.map(async (at) => [at.socket, await ask(family, at)] as const)),
  )
  const hints = hintsFrom(replies.values(), read)
  const holders = new Map(await platform.holders(listeners, hints, deadline))
  const proven = await proveRecorded(family, read, listeners, holders, platform)
  const found = [...new Set([...holders.values(), ...recordedPids([read])])]
  const here = await withLock(family, scope, read, platform, found)
  const alive = await platform.inspect([...new Set([...found, ...recordedPids([here])])], deadline)
  const sightings = await sightingsOf(
    family,
    { listeners, holders, replies, here, alive, host, proven },
    platform,
  )
  const foreignMs = Math.max(foreignScopesMs, LOOK_MS - (performance.now() - started))
  const scopes = await readScopes(family, scope, here, sightings, host.user, foreignMs)
  const { user, namespaces, networkNamespace } = host
  const surroundings = { user, namespaces, networkNamespace, machine: host, here, scopes, alive }
  const more = await platform.inspect(
    recordedPids(scopes.values()).filter((pid) => !alive.has(pid)),
    deadline,
  )
  const around = { ...surroundings, alive: new Map([...alive, ...more]) }
  return {
    family,
    host,
    surroundings: around,
    candidates: sightings.map((seen) => decide(family, seen, around, sightings)),
  }
}

/** Who holds the lock of our own scope; the candidates are asked first, because it is nearly always one of them. */
async function withLock(
  family: Family,
  scope: string,
  { told, ...view }: UnlockedView,
  platform: Platform,
  pids: readonly number[],
): Promise<ScopeView> {
  return { ...view, lockHolder: await platform.lockHolder(family.files(scope).daemonLock, told, pids) }
}

/**
 * A daemon whose descriptors cannot be read (its Node has file capabilities, above all) can still prove itself: the one that
 * owns the record's token is the process that the record names. Asked only where the socket's holder is unknown otherwise.
 * Its pid counts only where pids mean the same: in another pid namespace that number names another process.
 */
async function proveRecorded(
  family: Family,
  { records }: UnlockedView,
  listeners: readonly Listener[],
  holders: Map<string, number>,
  platform: Platform,
): Promise<ReadonlySet<string>> {
  const proven = new Set<string>()
  for (const read of records) {
    if (read.state !== 'readable' || read.record.lineage !== 'own' || !read.record.running) continue
    const { pid, port } = read.record
    const silent = listeners.filter((at) => at.port === port && at.pid === null && !holders.has(at.socket))
    if (pid === null || silent.length === 0) continue
    if ((await handshake(family, read.record, PROBE_MS)).outcome !== 'proven') continue
    const isSeen = await isSeenHere(read.record, pid, platform)
    for (const at of silent.filter(({ address }) => address === '127.0.0.1')) {
      if (isSeen) holders.set(at.socket, pid)
      proven.add(at.socket)
    }
  }
  return proven
}

/** A start time that cannot be compared is the only thing that may differ: then the kernel keeps this process from us. */
async function isSeenHere(record: DaemonRecord, pid: number, platform: Platform): Promise<boolean> {
  const { hostId, bootId, pidNamespace } = await platform.host()
  const isSameSpace =
    record.hostId === hostId && record.bootId === bootId && record.pidNamespace === pidNamespace
  if (!isSameSpace) return false
  const found = (await platform.inspect([pid], AbortSignal.timeout(MACHINE_MS))).get(pid)
  return found !== undefined && (found.birth === null || found.birth === record.birth)
}

async function ask(family: Family, listener: Listener): Promise<Heard> {
  return hear(family, await probe(listener.address, listener.port, HEALTH_PATH, PROBE_MS))
}

function hear(family: Family, reply: ProbeReply): Heard {
  if (reply.kind === 'unreachable') return { answer: 'unreachable', report: null }
  if (reply.kind !== 'json') return { answer: reply.kind, report: null }
  const report = family.readSelfReport(reply.body)
  if (report !== null) return { answer: 'self_report', report }
  const isOther = family.relatives.some((other) => other.readSelfReport(reply.body) !== null)
  return { answer: isOther ? 'other_family_report' : 'http', report: null }
}

/** Pids that a reply or a record claims: where to look first for the holder of a socket. */
function hintsFrom(heard: Iterable<Heard>, here: UnlockedView): ReadonlySet<number> {
  const claimed = [...heard].flatMap(({ report }) => report?.pid ?? [])
  return new Set([...claimed, ...recordedPids([here])])
}

/** The pids that the records and the lock of these scopes name. A pid of another machine or pid namespace is looked at in vain. */
function recordedPids(scopes: Iterable<ScopeView | UnlockedView>): readonly number[] {
  return [...scopes].flatMap((scope) => {
    const lock = 'told' in scope ? scope.told : scope.lockHolder
    return [
      ...scope.records.flatMap((read) => (read.state === 'readable' ? (read.record.pid ?? []) : [])),
      ...(lock === null || lock === 'unknown' ? [] : [lock.pid]),
    ]
  })
}

/** What another user's process names is not opened at all: it may be anything. */
async function readScopes(
  family: Family,
  scope: string,
  here: ScopeView,
  sightings: readonly Sighting[],
  user: string,
  foreignMs: number,
): Promise<ReadonlyMap<string, ScopeView>> {
  const own = new Set([scope, ...(here.real === null ? [] : [here.real])])
  const named = sightings.flatMap((seen) => (isOfUser(seen, user) ? (seen.namedScopes ?? []) : []))
  const foreign = [...new Set(named)].filter((path) => isAbsolute(path) && !own.has(path))
  const pids = [...new Set(sightings.flatMap(({ pid }) => pid ?? []))]
  const deadline = AbortSignal.timeout(Math.round(foreignMs))
  const read = await readForeignScopes(family, foreign, pids, deadline)
  const views = [...read].map(([path, view]) => [path, isSame(view, here) ? here : view] as const)
  return new Map([...[...own].map((path) => [path, here] as const), ...views])
}

function isOfUser({ listeners, process }: Sighting, user: string): boolean {
  return (
    process?.user === user && listeners.every((listener) => listener.user === null || listener.user === user)
  )
}

function isSame(one: ScopeView, other: ScopeView): boolean {
  if (one.real === null || other.real === null) return false
  return one.real === other.real || (one.directory !== null && one.directory === other.directory)
}

function decide(
  family: Family,
  sighting: Sighting,
  around: Surroundings,
  others: readonly Sighting[],
): Candidate {
  const facts = factsOf(family, sighting, around, others)
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
  const started = (await platform.inspect([pid], deadline)).get(pid)
  if (started?.command == null || started.birth === null || started.namespaces !== namespaces) return null
  if (matchShapes(family.shapes, started.command) === null) return null
  const { birth, command, executable } = started
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
