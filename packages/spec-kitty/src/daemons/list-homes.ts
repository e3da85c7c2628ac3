import type { Scan } from 'familiar'
import { describeCandidate, statusHead, type DoctorRecord, type StatusHead } from 'familiar/cli'
import { usualHome } from '../cli/runtime-root.js'
import { syncDaemon } from './define-daemons.js'

/** A home that has a sync daemon, or had one, as `sync list` shows it. Names and meanings are permanent. */
export interface ListedHome extends StatusHead {
  readonly home: string
  /** Whether this is the home that the listing command uses. */
  readonly is_current: boolean
  readonly uptime_seconds: number | null
}

export interface Homes {
  /** The homes: that of this command first, the others sorted by path. */
  readonly homes: readonly ListedHome[]
  /** The number of listening sync daemons that belong to none of these homes. */
  readonly others: number
  /** How many of these daemons name a home but are not a daemon in use there, such as older ones that were left behind. */
  readonly strays: number
  /** Those that are in use all the same, by home: the daemon of an earlier version, beside the record of this one. */
  readonly kept: ReadonlyMap<string, DoctorRecord>
}

/**
 * Returns every home that has a sync daemon, found by one scan: this home, and those that listeners in the port range
 * name. The home of another user is never opened; only the information in its daemon's command line is listed. Changes
 * nothing.
 */
export async function listHomes(root: string): Promise<Homes> {
  const daemon = syncDaemon.at(root)
  // This command exists to show other homes, so it allows enough time to read them, even on a busy machine.
  const scan = await daemon.scan({ forCleanUp: true })
  const found = scan.candidates
    .filter(({ observation }) => observation.shape !== null)
    .map((candidate) => describeCandidate(daemon, candidate, scan))
  const here = { home: root, head: statusHead(await daemon.status({ seen: scan })) }
  const read = [here, ...(await otherHomes(root, scan))].filter(({ head }) => hasDaemon(head))
  const homes = [
    ...read.map(({ home, head }) => homeOf(home, head, root, found)),
    ...unreadHomes(found, scan),
  ]
  const used = new Set(homes.map(({ pid }) => pid))
  const others = found.filter(({ pid }) => !used.has(pid))
  const kept = others.filter((one) => one.skip_reason === 'is_recorded_singleton' || one.in_use_by !== null)
  const strays = others.filter((one) => !kept.includes(one) && homeNamed(one) !== null)
  return {
    homes,
    others: others.length,
    strays: strays.length,
    kept: new Map(kept.map((one) => [one.in_use_by ?? root, one])),
  }
}

/**
 * Returns the homes that this user's daemons name. The scan has already read them, so they do not hang. The default home
 * is included, because its daemon may have crashed and no longer listen.
 */
async function otherHomes(
  root: string,
  { context, host }: Scan,
): Promise<readonly { readonly home: string; readonly head: StatusHead }[]> {
  const snapshots = [...context.scopes.values()].filter(
    ({ isLate, gone, owner }) => isLate !== true && gone === false && owner === host.user,
  )
  const known = [usualHome(), ...snapshots.map(({ real }) => real)]
  const paths = new Set(known.flatMap((home) => (home === null || home === root ? [] : [home])))
  const read = [...paths]
    .toSorted()
    .map(async (home) => ({ home, head: statusHead(await syncDaemon.at(home).status()) }))
  return Promise.all(read)
}

/** A home of another user is listed as foreign, whatever it contains. */
function hasDaemon({ state, pid, last_stop }: StatusHead): boolean {
  return state === 'foreign' ? pid !== null || last_stop !== null : state !== 'none'
}

function homeOf(home: string, head: StatusHead, root: string, found: readonly DoctorRecord[]): ListedHome {
  const seen = head.pid === null ? undefined : found.find(({ pid }) => pid === head.pid)
  return { home, is_current: home === root, ...head, uptime_seconds: seen?.uptime_seconds ?? null }
}

/** Returns the homes that were not read: those of other users, and those that the scan could not read in time. */
function unreadHomes(found: readonly DoctorRecord[], { context }: Scan): readonly ListedHome[] {
  return found.flatMap((record) => {
    const home = homeNamed(record)
    if (home === null) return []
    const snapshot = context.scopes.get(home)
    return snapshot === undefined || snapshot.isLate === true ? [unreadHome(home, record)] : []
  })
}

function homeNamed({ daemon_root, singleton_scope_id }: DoctorRecord): string | null {
  return daemon_root ?? singleton_scope_id
}

function unreadHome(home: string, record: DoctorRecord): ListedHome {
  const isOthers = record.skip_reason === 'other_user'
  return {
    home,
    is_current: false,
    state: isOthers ? 'foreign' : 'elsewhere',
    why: isOthers ? 'it belongs to another user' : 'the home could not be read',
    since: null,
    is_predecessor: false,
    pid: record.pid,
    port: record.port,
    version: record.package_version,
    package_version: record.package_version,
    protocol_version: record.protocol_version,
    started_at: record.started_at,
    last_stop: null,
    uptime_seconds: record.uptime_seconds,
  }
}
