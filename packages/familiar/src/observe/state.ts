import { isElsewhere, isOfElsewhere } from '../classify/derive.js'
import type { DaemonRecord } from '../identity/record.js'
import type { SelfReport } from '../identity/self-report.js'
import type { Lineage } from '../identity/spawn-shape.js'
import { look, type Candidate, type Look } from './look.js'
import { readOwnRecord } from './records.js'
import { recordOf, singletonOf } from './singleton.js'
import { verify, type OfScope } from './verify.js'

/**
 * What the daemon of a scope is. `starting`: the daemon lock is held by a process that the record does not name.
 * `stopping`: named, marked stopped, and still there. `wedged`: alive, reachable, and silent. `crashed`: recorded as
 * running, and gone. `elsewhere`: on another machine or in another pid namespace. `unreachable`: in another network, or
 * connections are not allowed here. `foreign`: the scope is another user's. `none`: there is none, and no record of one.
 */
export type DaemonState =
  | 'running'
  | 'starting'
  | 'stopping'
  | 'wedged'
  | 'stopped'
  | 'crashed'
  | 'elsewhere'
  | 'unreachable'
  | 'foreign'
  | 'none'

/** The one answer to "is there a daemon, and how is it?": every command, the doctor and the page give this one. */
export interface DaemonStatus {
  readonly state: DaemonState
  /** What tells it, in a few words. */
  readonly why: string
  /** Since when it is so, ISO 8601, as far as that is known; of a crashed one when it was last alive. */
  readonly since: string | null
  readonly lineage: Lineage
  readonly pid: number | null
  readonly port: number | null
  /** What it said of itself, null where it did not answer. */
  readonly report: SelfReport | null
  /** The record that names it, or our last one of the scope. */
  readonly record: DaemonRecord | null
}

/**
 * Returns the state of the scope's daemon. A recorded daemon of ours that proves itself costs one record read and one local
 * request; anything else costs a look at the machine, which is taken by `takeLook` where the caller has its own.
 */
export async function readState(
  at: OfScope,
  takeLook: () => Promise<Look> = () => look(at.family, at.scope, at.platform),
): Promise<DaemonStatus> {
  const proven = await provenState(at)
  if (proven !== null) return proven
  const { state, ...rest } = stateFrom(await takeLook())
  // It may have come up while the look was taken.
  return (state === 'starting' || state === 'wedged' ? await provenState(at) : null) ?? { state, ...rest }
}

async function provenState(at: OfScope): Promise<DaemonStatus | null> {
  const record = readOwnRecord(at.family, at.scope)
  if (record?.running !== true) return null
  const answer = await verify(at, record)
  if (answer.outcome !== 'proven') return null
  const { pid, port, startedAt } = record
  const { report } = answer
  return { state: 'running', why: 'it answers', since: startedAt, lineage: 'own', pid, port, report, record }
}

/** Returns the state of the daemon of the scope that was looked at. Pure but for the clock. */
export function stateFrom(seen: Look): DaemonStatus {
  const { here, user } = seen.surroundings
  const daemon = singletonOf(seen)
  const base = daemon === null ? unseen(seen) : ofDaemon(seen, daemon)
  if (here.owner === null || here.owner === user) return base
  return { ...base, state: 'foreign', why: `the directory belongs to another user (${here.owner})` }
}

function ofDaemon(seen: Look, daemon: Candidate): DaemonStatus {
  const { sighting, facts } = daemon
  const { report, pid, port, process } = sighting
  const record = recordOf(daemon, seen)
  const own = ownRecord(seen)
  const lineage = sighting.shape?.lineage ?? own?.lineage ?? 'predecessor'
  const isMarkedStopped = own?.running === false && own.pid === pid
  const isYoung = (process?.ageSeconds ?? 0) < seen.family.startingSeconds
  const since = record?.startedAt ?? bornAt(process?.ageSeconds ?? null)
  const as = (state: DaemonState, why: string): DaemonStatus => ({
    state,
    why,
    since,
    lineage,
    pid,
    port: port ?? record?.port ?? null,
    report,
    record: record ?? own,
  })
  if (facts.reachable === 'no')
    return as('unreachable', 'it runs where a connection from here does not reach it')
  if (isMarkedStopped && lineage === 'own') return as('stopping', own.stopReason ?? 'it was told to stop')
  if (record === null && isYoung)
    return as('starting', 'it holds the daemon lock, and its record is still to come')
  return report === null ? as('wedged', 'it lives and does not answer') : as('running', 'it answers')
}

function unseen(seen: Look): DaemonStatus {
  const { here, machine, alive } = seen.surroundings
  const own = ownRecord(seen)
  const record = own ?? predecessorRecord(seen)
  const as = (state: DaemonState, why: string, since: string | null = null): DaemonStatus => ({
    state,
    why,
    since,
    lineage: record?.lineage ?? 'own',
    pid: record?.pid ?? null,
    port: record?.port ?? null,
    report: null,
    record,
  })
  if (isElsewhere(here, seen.surroundings) === 'yes') {
    return as('elsewhere', 'its record names another machine or pid namespace, and the daemon lock is held')
  }
  if (here.lockHolder !== null)
    return as('elsewhere', 'the daemon lock is held by a process that is not seen here')
  if (record === null) return as('none', unreadableWhy(seen) ?? 'there is no record of one')
  if (!record.running) return as('stopped', record.stopReason ?? 'it was stopped', record.stoppedAt)
  const process = alive.get(record.pid ?? 0)
  if (record.lineage === 'own') {
    const isElse = isOfElsewhere(record, machine)
    const why = isElse ? 'it ran elsewhere, and the daemon lock is free' : 'its process is gone'
    const isThere = !isElse && process !== undefined && process.birth === record.birth
    return isThere ? as('stopping', 'it let its lock go') : as('crashed', why, here.lockTouchedAt)
  }
  const carries = process?.command != null && JSON.stringify(process.command).includes(record.token ?? '\0')
  if (!carries) return as('stopped', 'the process that its record names is gone')
  const isNear = process.networkNamespace === seen.surroundings.networkNamespace
  return isNear
    ? as('none', "its record names a daemon that is not proven to be this scope's")
    : as('unreachable', 'it runs where a connection from here does not reach it')
}

function ownRecord({ surroundings }: Look): DaemonRecord | null {
  const { records, real } = surroundings.here
  const own = records.flatMap((read) =>
    read.state === 'readable' && read.record.lineage === 'own' ? [read.record] : [],
  )
  return own.find(({ scope }) => scope === real) ?? null
}

function predecessorRecord({ surroundings }: Look): DaemonRecord | null {
  const reads = surroundings.here.records
  const found = reads.flatMap((read) =>
    read.state === 'readable' && read.record.lineage === 'predecessor' ? [read.record] : [],
  )
  return found[0] ?? null
}

function unreadableWhy({ surroundings }: Look): string | null {
  const read = surroundings.here.records.find(({ state }) => state === 'unreadable' || state === 'malformed')
  return read !== undefined && 'why' in read ? `its record cannot be read: ${read.why}` : null
}

function bornAt(ageSeconds: number | null): string | null {
  return ageSeconds === null ? null : new Date(Date.now() - ageSeconds * 1000).toISOString()
}
