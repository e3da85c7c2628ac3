import type { Candidate, DaemonStatus, Scan } from 'familiar'
import { describeCandidate, statusHead, type DoctorRecord, type StatusHead } from 'familiar/cli'
import { syncDaemon } from './daemons.js'

/** A home that has a sync daemon, or had one, as `sync list` shows it. Names and meanings are permanent. */
export interface ListedHome extends StatusHead {
  readonly home: string
  /** Whether it is the home of this command. */
  readonly is_current: boolean
  readonly uptime_seconds: number | null
}

export interface Homes {
  /** That of this command first, the others by path. */
  readonly homes: readonly ListedHome[]
  /** How many sync daemons listen that are not the daemon of any of these homes. */
  readonly others: number
}

interface Seen {
  readonly candidate: Candidate
  readonly record: DoctorRecord
}

/**
 * Returns every home that has a sync daemon, found by one scan: this one, and those that the listeners in the port range
 * name. Of another user's home, which is never opened, it says what the command line of the daemon says. Changes nothing.
 */
export async function listHomes(root: string): Promise<Homes> {
  const daemon = syncDaemon.at(root)
  const scan = await daemon.scan()
  const found = scan.candidates
    .filter(({ observation }) => observation.shape !== null)
    .map((candidate) => ({ candidate, record: describeCandidate(daemon, candidate, scan) }))
  const here = statusHead(await daemon.status({ seen: scan }))
  const read = [{ home: root, head: here }, ...(await otherHomes(root, scan))]
  const listed = read.filter(({ head }) => head.state !== 'none').map(({ home, head }) => homeOf(home, head, root, found))
  const known = new Set(read.map(({ home }) => home))
  const foreign = foreignHomes(found, known)
  const homes = [...listed, ...foreign]
  const used = new Set(homes.map(({ pid }) => pid))
  return { homes, others: found.filter(({ record }) => !used.has(record.pid)).length }
}

/** The homes of this user's daemons: the scan has read them, so that no path among them hangs. */
async function otherHomes(
  root: string,
  { context, host }: Scan,
): Promise<readonly { readonly home: string; readonly head: StatusHead }[]> {
  const snapshots = [...context.scopes.values()].filter(
    ({ isLate, gone, owner }) => isLate !== true && gone === false && owner === host.user,
  )
  const paths = new Set(snapshots.flatMap(({ real }) => (real === null || real === root ? [] : [real])))
  const read = [...paths].toSorted().map(async (home) => ({ home, head: statusHead(await statusOf(home)) }))
  return Promise.all(read)
}

function statusOf(home: string): Promise<DaemonStatus> {
  return syncDaemon.at(home).status()
}

function homeOf(home: string, head: StatusHead, root: string, found: readonly Seen[]): ListedHome {
  const seen = head.pid === null ? undefined : found.find(({ record }) => record.pid === head.pid)
  const isCurrent = home === root
  return { home, is_current: isCurrent, ...head, uptime_seconds: seen?.record.uptime_seconds ?? null }
}

/** The homes that are not read: another user's, and those that the scan could not read in time. */
function foreignHomes(found: readonly Seen[], known: ReadonlySet<string>): readonly ListedHome[] {
  return found.flatMap(({ record, candidate }) => {
    const home = record.daemon_root ?? record.singleton_scope_id
    const isOpen = home === null || known.has(home)
    return isOpen || isRead(candidate) ? [] : [foreignHome(home, record)]
  })
}
