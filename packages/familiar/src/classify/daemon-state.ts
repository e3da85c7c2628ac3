import { UNKNOWN_NAMESPACE } from '../identity/machine.js'
import { isHeldElsewhere, namesLiving } from './names-living.js'
import { isOfElsewhere, type DaemonRecord } from '../protocol/record.js'
import type { SelfReport } from '../protocol/self-report.js'
import { userText } from '../identity/user-text.js'
import type { ScopeSnapshot, ScanContext } from './observation.js'
import type { Implementation } from '../identity/spawn-shape.js'

/**
 * The state of the daemon of a scope. `starting`: a process that was started a moment ago holds the daemon lock, and no
 * record names it yet. `stopping`: the daemon is marked as stopped in its record, or has released its lock, but its
 * process still exists. `wedged`: its process exists and, as far as known, can be reached, but gives no self-report.
 * `crashed`: its record says that it runs, but its process is gone. `elsewhere`: it runs on another machine or in another
 * pid namespace, is not visible from here, or was started for another path before its directory was moved here.
 * `unreachable`: it is in another network namespace, or this process is not allowed to connect. `foreign`: the scope
 * belongs to another user. `none`: there is no daemon, and no record names one of this scope.
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

/**
 * Whether a scope has a daemon, and in which state it is. All commands of a tool use this object to show or use the
 * state.
 */
export interface DaemonStatus {
  readonly state: DaemonState
  /** The reason for the state, in a few words. */
  readonly why: string
  /** When the daemon started or stopped or, if it crashed, when it was last alive. ISO 8601; null if unknown. */
  readonly since: string | null
  readonly implementation: Implementation
  readonly pid: number | null
  readonly port: number | null
  /** The self-report of the daemon; null if it gave none. */
  readonly report: SelfReport | null
  /**
   * The record that names the daemon. If none does: our own record of the scope or, if no daemon was found either, a
   * predecessor's.
   */
  readonly record: DaemonRecord | null
  /** Set if the files of the scope cannot be read: the reason. Then the state `none` only means that no daemon is known. */
  readonly unread?: string
  /** Set if the daemon lock is held by a daemon of ours that was started for another path. Then the state is `elsewhere`. */
  readonly heldFor?: HeldFor
  /**
   * Set if a predecessor's daemon runs in this scope too. Our commands leave it alone, because the scope has a record of
   * ours.
   */
  readonly beside?: {
    readonly pid: number
    readonly port: number | null
    /** Whether its command line names this scope. If not, it may be the daemon of another one. */
    readonly isMarked: boolean
  }
}

/** The scope that the holder of the daemon lock names in its command line, and whether `stop`, run there, ends that process. */
export interface HeldFor {
  readonly path: string
  readonly isStoppedThere: boolean
}

/** The facts that determine the state if no process was found to be the daemon. */
export type Around = Pick<ScanContext, 'here' | 'machine' | 'alive' | 'networkNamespace' | 'user'>

/** Returns the state of a scope in which no process was found to be the daemon. Pure. */
export function stateWithout(context: Around): DaemonStatus {
  return foreignOr(context, stateOf(context))
}

/** Returns `status`, but with the state `foreign` if the directory of the scope belongs to another user. */
export function foreignOr({ here, user }: Pick<Around, 'here' | 'user'>, status: DaemonStatus): DaemonStatus {
  if (here.owner === null || here.owner === user) return status
  return {
    ...status,
    state: 'foreign',
    why: `the directory belongs to another user (${userText(here.owner)})`,
  }
}

function stateOf(context: Around): DaemonStatus {
  const { here, machine, alive } = context
  const own = ownRecordIn(here)
  const record = own ?? predecessorRecordIn(here)
  const as = (state: DaemonState, why: string, since: string | null = null): DaemonStatus => ({
    state,
    why,
    since,
    implementation: record?.implementation ?? 'own',
    pid: record?.pid ?? null,
    port: record?.port ?? null,
    report: null,
    record,
  })
  const unread = unreadWhy(here)
  if (unread !== null) return { ...as('none', unread), unread }
  if (isHeldElsewhere(here, machine)) {
    const where =
      record?.pidNamespace === UNKNOWN_NAMESPACE && record.hostId === machine.hostId
        ? 'does not tell its pid namespace'
        : 'names another machine or pid namespace'
    return as('elsewhere', `its record ${where}, and the daemon lock is held`)
  }
  if (here.lockHolder !== null)
    return as('elsewhere', 'the daemon lock is held by a process that is not seen here')
  if (record === null) return as('none', unreadableWhy(here) ?? 'there is no record of one')
  if (!record.running) return as('stopped', record.stopReason ?? 'it was stopped', record.stoppedAt)
  const isAlive = namesLiving(record, alive) === 'yes'
  if (record.implementation === 'own') {
    const isElse = isOfElsewhere(record, machine)
    const why = isElse ? 'it ran elsewhere, and the daemon lock is free' : 'its process is gone'
    return isAlive && !isElse ? as('stopping', 'it let its lock go') : as('crashed', why, here.lockTouchedAt)
  }
  if (!isAlive) return as('stopped', 'the process that its record names is gone')
  const isNear = alive.get(record.pid ?? 0)?.networkNamespace === context.networkNamespace
  return isNear
    ? as('none', "its record names a daemon that is not proven to be this scope's")
    : as('unreachable', 'it runs where a connection from here does not reach it')
}

/** Returns our own record of the scope; null if it is absent, unreadable or names another scope. */
export function ownRecordIn({ records, real }: ScopeSnapshot): DaemonRecord | null {
  const own = records.flatMap((read) =>
    read.state === 'readable' && read.record.implementation === 'own' ? [read.record] : [],
  )
  return own.find(({ scope }) => scope === real) ?? null
}

function predecessorRecordIn({ records }: ScopeSnapshot): DaemonRecord | null {
  const found = records.flatMap((read) =>
    read.state === 'readable' && read.record.implementation === 'predecessor' ? [read.record] : [],
  )
  return found[0] ?? null
}

function unreadableWhy({ records }: ScopeSnapshot): string | null {
  const read = records.find(({ state }) => state === 'unreadable' || state === 'malformed')
  return read !== undefined && 'why' in read ? `its record cannot be read: ${read.why}` : null
}

/**
 * Returns why neither the record nor the lock of the scope can be read; null if one of them can. In this case the holder
 * of the lock is unknown only because the file cannot be read, not because an invisible process holds it.
 */
export function unreadWhy({ records, lockHolder, lockTouchedAt, real }: ScopeSnapshot): string | null {
  if (lockHolder !== 'unknown' || lockTouchedAt !== null) return null
  const unreadable = records.find(({ state }) => state === 'unreadable')
  if (unreadable === undefined || !('why' in unreadable)) return null
  const where = real === null ? '' : ` in ${real}`
  return `whether one runs is not known: its files${where} cannot be read (${unreadable.why})`
}

/**
 * Returns whether the daemon reports that the directory of its scope was moved, removed or replaced: then it exits by
 * itself (row R2). Daemons of earlier versions do not report this.
 */
export function isScopeGone(report: SelfReport | null): boolean {
  return report?.details['scope_gone'] === true
}

/** Returns a text that says why a daemon that was started for another path is not used here. */
export function heldText({ path, isStoppedThere }: HeldFor): string {
  const text = `it holds the daemon lock of this directory, and its command line names ${path}`
  return isStoppedThere ? text : `${text}, where no command finds it now; it exits by itself when it is idle`
}

/** Returns what the user can do about such a daemon if no command can be suggested. */
export function heldAdvice({ path, isStoppedThere }: HeldFor): string {
  if (isStoppedThere) return `stop it in ${path}`
  return `make ${path} lead to it again (mount it) and stop it there, or wait until it has exited`
}

/**
 * Returns a text that says why a daemon whose directory was moved is not used here. `scope` is the path that it was
 * started for.
 */
export function movedText(scope: string | null): string {
  return `it was started for ${scope ?? 'another path'}, which was moved here; it exits by itself within about a minute`
}
