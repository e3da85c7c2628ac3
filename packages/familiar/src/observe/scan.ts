import { isAbsolute } from 'node:path'
import { monotonicMs } from '../clock.js'
import { classify, type Verdict } from '../classify/classify.js'
import { factsOf } from '../classify/derive-facts.js'
import type { Facts } from '../classify/facts.js'
import type { Family } from '../family.js'
import { isSameNamespace, type Host, type Listener } from '../identity/machine.js'
import type { ProvenProcess } from '../identity/proof.js'
import type { DaemonRecord } from '../protocol/record.js'
import type { ScopeSnapshot, Observation, ScanContext } from '../classify/observation.js'
import { handshake } from './handshake.js'
import { askAll } from './ask-listeners.js'
import { PROBE_MS } from './probe-health.js'
import type { Platform } from './platform/platform.js'
import { prove } from './prove-process.js'
import { readScope, type UnlockedView } from './read-records.js'
import { ScopeReader } from './read-scopes-in-child.js'
import { stillListening } from './still-listening.js'
import { likelyHolders, NO_OTHERS } from './likely-holders.js'
import { observationsOf, type Heard } from './make-observations.js'

/**
 * The time limit of a scan. The time that is left after the listeners were asked is used to read the scopes that other
 * processes name.
 */
const SCAN_MS = 950

/**
 * How long a scan that precedes an action may spend on reading other scopes. A daemon whose scope was not read is never
 * cleaned up, and on a busy machine the start of the child process that reads the scopes can take longer than
 * `SCAN_MS`.
 */
export const FOREIGN_SCOPES_TIMEOUT_MS = 3_000

/** The minimum time for reading other scopes. On a local file system the child process that reads them takes about 50 ms. */
const FOREIGN_SCOPES_SHORT_MS = 300

/** How long the tools of the operating system may take (Linux needs none). */
const MACHINE_MS = 5_000

/** One candidate: the observation, the facts derived from it, the verdict, and the proof if there is one. */
export interface Candidate {
  readonly observation: Observation
  readonly facts: Facts
  readonly verdict: Verdict
  /**
   * The proof that is required to signal the process. Null if the identity of the process is not proven, or if its
   * command line is not one of this family (`SpawnShape`).
   */
  readonly proof: ProvenProcess | null
}

/** The result of one scan of a family's port range. */
export interface Scan {
  readonly family: Family
  readonly host: Host
  readonly context: ScanContext
  /** Every listener in the range, ordered by port. If the holder of the daemon lock does not listen, it comes first. */
  readonly candidates: readonly Candidate[]
}

/**
 * Scans every listener in the family's port range and classifies it. Writes nothing and signals no candidate. No process
 * that it starts outlives the scan, except a child that hangs in a system call (`read-scopes-in-child.ts`).
 *
 * Takes at most about a second, whatever the listeners do. Takes longer if `foreignScopesMs` gives other scopes more
 * time, if a busy machine is slow to start the child that reads them, or if slow tools of the operating system are needed
 * (macOS, Windows). `isToAct`: candidates may be signalled because of this scan, so it checks who holds each socket
 * before asking it, and again after reading the processes. Throws `E_LOOK_FAILED` if the system cannot list the
 * listeners, and `E_RESOURCES` if this process has too few resources.
 */
export async function scan(
  family: Family,
  scope: string,
  platform: Platform,
  foreignScopesMs: number = FOREIGN_SCOPES_SHORT_MS,
  isToAct = false,
): Promise<Scan> {
  const reader = new ScopeReader()
  try {
    return await scanWith(reader, family, scope, platform, { foreignScopesMs, isToAct })
  } finally {
    await reader.close()
  }
}

async function scanWith(
  reader: ScopeReader,
  family: Family,
  scope: string,
  platform: Platform,
  { foreignScopesMs, isToAct }: { readonly foreignScopesMs: number; readonly isToAct: boolean },
): Promise<Scan> {
  const started = monotonicMs()
  const deadline = AbortSignal.timeout(MACHINE_MS)
  const host = await platform.host()
  const read = readScope(family, scope)
  const listeners = await platform.listeners(family.ports, deadline)
  const asked = isToAct ? null : askAll(family, listeners)
  // If the request fails, the `await` below throws. Until then it must not count as an unhandled rejection.
  asked?.catch(() => undefined)
  const ownPorts = recordedPorts(read)
  const hasOther = listeners.some(({ port }) => !ownPorts.has(port))
  const likely = hasOther ? await likelyHolders(family, scope, platform) : NO_OTHERS
  if (likely.nameOtherScopes) reader.prepare()
  const search = async (
    hints: ReadonlySet<number>,
    known: ReadonlyMap<string, number>,
    onlyHints = false,
  ) => {
    const left = listeners.filter(({ socket }) => !known.has(socket))
    const more = left.length === 0 ? [] : await platform.holders(left, hints, deadline, onlyHints)
    return new Map([...known, ...more])
  }
  // A scan to act attributes a reply to the process that held the socket *before* it was asked. Otherwise the reply of a daemon
  // that has just ended would prove its fork, which also holds the socket but does not answer. A scan that only looks begins
  // with the likely processes, while the listeners work on their answers.
  const expected = new Set([...recordedPids([read]), ...likely.pids])
  const before = await search(expected, new Map(), !isToAct)
  const replies = await (asked ?? askAll(family, listeners))
  const holders = isToAct ? before : await search(hintsFrom(replies.values()), before)
  const proven = await proveRecorded(family, read, listeners, holders, platform)
  const found = [...new Set([...holders.values(), ...recordedPids([read])])]
  const here = await withLockHolder(family, scope, read, platform, found)
  const alive = await platform.inspect([...new Set([...found, ...recordedPids([here])])], deadline)
  const inspectedMs = Date.now()
  if (isToAct) await forgetMoved(listeners, holders, proven, platform, deadline)
  const seen = { listeners, holders, alive, user: host.user }
  const left = await stillListening(seen, family.ports, platform, deadline)
  const observations = await observationsOf(
    family,
    { listeners: left, holders, replies, here, alive, host, proven },
    platform,
  )
  const foreignMs = Math.max(foreignScopesMs, SCAN_MS - (monotonicMs() - started))
  const scopes = await readScopes(reader, family, scope, here, observations, host.user, foreignMs)
  const { user, namespaces, networkNamespace } = host
  const context = { user, namespaces, networkNamespace, machine: host, here, scopes, alive, inspectedMs }
  const more = await platform.inspect(
    recordedPids(scopes.values()).filter((pid) => !alive.has(pid)),
    deadline,
  )
  const around = { ...context, alive: new Map([...alive, ...more]) }
  return {
    family,
    host,
    context: around,
    candidates: observations.map((seen) => decide(family, seen, around, observations)),
  }
}

/**
 * Removes the holders that no longer hold their socket, after reading the holders a second time. Between the first read
 * and the reading of the processes, a holder may have ended and another process may have got its pid. Facts about one
 * process would then be attributed to another.
 */
async function forgetMoved(
  listeners: readonly Listener[],
  holders: Map<string, number>,
  proven: ReadonlySet<string>,
  platform: Platform,
  deadline: AbortSignal,
): Promise<void> {
  // A holder whose descriptors cannot be read has proven itself by its token instead.
  const held = listeners.filter(({ socket }) => holders.has(socket) && !proven.has(socket))
  for (const pid of new Set(held.map(({ socket }) => holders.get(socket) ?? 0))) {
    const its = held.filter(({ socket }) => holders.get(socket) === pid)
    const again = await platform.holders(its, new Set([pid]), deadline, true)
    for (const { socket } of its) if (again.get(socket) !== pid) holders.delete(socket)
  }
}

/** Adds the holder of the scanned scope's daemon lock. Checks `pids` first, because the holder is nearly always one of them. */
async function withLockHolder(
  family: Family,
  scope: string,
  { told, ...view }: UnlockedView,
  platform: Platform,
  pids: readonly number[],
): Promise<ScopeSnapshot> {
  return { ...view, lockHolder: await platform.lockHolder(family.files(scope).daemonLock, told, pids) }
}

/**
 * Asks the daemon that a record names to prove that it has the record's token, and returns the sockets of those that did.
 * This is needed if the file descriptors of the process cannot be read (usually because its Node has file capabilities),
 * so it is done only for sockets whose holder is otherwise unknown. The proof shows that the holder is the process that
 * the record names, so its pid is added to `holders`. The pid is added only if it belongs to our own pid namespace,
 * because in another one the same number is another process.
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
    if (read.state !== 'readable' || read.record.implementation !== 'own' || !read.record.running) continue
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

/**
 * Returns whether the recorded process is visible here. The machine, boot and pid namespace must match the record, and
 * so must the start time, unless the kernel hides it from us.
 */
async function isSeenHere(record: DaemonRecord, pid: number, platform: Platform): Promise<boolean> {
  const { hostId, bootId, pidNamespace } = await platform.host()
  const isSameSpace =
    record.hostId === hostId && record.bootId === bootId && isSameNamespace(record.pidNamespace, pidNamespace)
  if (!isSameSpace) return false
  const found = (await platform.inspect([pid], AbortSignal.timeout(MACHINE_MS))).get(pid)
  return found !== undefined && (found.startTime === null || found.startTime === record.startTime)
}

/** Returns the pids that replies name. The search for the holder of a socket checks them first. */
function hintsFrom(heard: Iterable<Heard>): ReadonlySet<number> {
  return new Set([...heard].flatMap(({ report }) => report?.pid ?? []))
}

function recordedPorts({ records }: UnlockedView): ReadonlySet<number> {
  return new Set(records.flatMap((read) => (read.state === 'readable' ? [read.record.port] : [])))
}

/**
 * Returns the pids in the records and locks of these scopes. Some may belong to another machine or pid namespace;
 * inspecting those says nothing about the recorded daemon.
 */
function recordedPids(scopes: Iterable<ScopeSnapshot | UnlockedView>): readonly number[] {
  return [...scopes].flatMap((scope) => {
    const lock = 'told' in scope ? scope.told : scope.lockHolder
    return [
      ...scope.records.flatMap((read) => (read.state === 'readable' ? (read.record.pid ?? []) : [])),
      ...(lock === null || lock === 'unknown' ? [] : [lock.pid]),
    ]
  })
}

/**
 * Reads the scopes that processes name. A path that another user's process names is never opened, because that user chose
 * it and it may lead anywhere.
 */
async function readScopes(
  reader: ScopeReader,
  family: Family,
  scope: string,
  here: ScopeSnapshot,
  observations: readonly Observation[],
  user: string,
  foreignMs: number,
): Promise<ReadonlyMap<string, ScopeSnapshot>> {
  const own = new Set([scope, ...(here.real === null ? [] : [here.real])])
  const named = observations.flatMap((seen) => (isOfUser(seen, user) ? (seen.namedScopes ?? []) : []))
  const foreign = [...new Set(named)].filter((path) => isAbsolute(path) && !own.has(path))
  const pids = [...new Set(observations.flatMap(({ pid }) => pid ?? []))]
  const read = await reader.read(family, foreign, pids, foreignMs)
  const views = [...read].map(([path, view]) => [path, isSame(view, here) ? here : view] as const)
  return new Map([...[...own].map((path) => [path, here] as const), ...views])
}

function isOfUser({ listeners, process }: Observation, user: string): boolean {
  return (
    process?.user === user && listeners.every((listener) => listener.user === null || listener.user === user)
  )
}

/** Compares the directories themselves. If another file system is mounted over one of them, both have the same path. */
function isSame(one: ScopeSnapshot, other: ScopeSnapshot): boolean {
  if (one.directory !== null && other.directory !== null) return one.directory === other.directory
  return one.real !== null && one.real === other.real
}

function decide(
  family: Family,
  observation: Observation,
  context: ScanContext,
  others: readonly Observation[],
): Candidate {
  const facts = factsOf(family, observation, context, others)
  const verdict = classify(family.rules, family.reasonNames, facts)
  return { observation, facts, verdict, proof: prove(family, observation, facts) }
}
