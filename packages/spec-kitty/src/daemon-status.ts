import {
  handshake,
  HEALTH_PATH,
  probe,
  readOwnRecord,
  readScope,
  selectPlatform,
  type DaemonRecord,
  type Family,
  type SelfReport,
} from 'familiar'

/** The daemon that a record of the scope names. `report` is null for one that lives and is silent. */
interface Found {
  readonly record: DaemonRecord
  readonly report: SelfReport | null
  readonly isMute: boolean
}

export interface DaemonStatus {
  /** Our own record of the scope, running or stopped. */
  readonly own: DaemonRecord | null
  readonly found: Found | null
}

/** How long a predecessor's daemon may take to answer, or the machine to tell who lives. */
const PROBE_MS = 1_000

/** Returns the daemon of the scope: one record read and one request, no look at the machine. */
export async function findDaemon(family: Family, scope: string): Promise<DaemonStatus> {
  const own = readOwnRecord(family, scope)
  return {
    own,
    found: own?.running === true ? await askOwn(family, own) : await askPredecessor(family, scope),
  }
}

async function askOwn(family: Family, record: DaemonRecord): Promise<Found | null> {
  const answer = await handshake(family, record)
  if (answer.outcome === 'proven') return { record, report: answer.report, isMute: false }
  const isUnheard = answer.outcome === 'mute' || answer.outcome === 'unreachable'
  const isMute = isUnheard && (await lives(record))
  return isMute ? { record, report: null, isMute } : null
}

/** Nobody on the port and nobody who answers look the same; only a process that is there can be asked to do better. */
async function lives({ pid, birth }: DaemonRecord): Promise<boolean> {
  if (pid === null) return false
  const found = await (await selectPlatform()).inspect([pid], AbortSignal.timeout(PROBE_MS))
  return found.get(pid)?.birth === birth
}

/** A predecessor proves nothing; that the port of its record answers as a daemon of the family is all there is to show. */
async function askPredecessor(family: Family, scope: string): Promise<Found | null> {
  const read = readScope(family, scope).records.find(
    (one) => one.state === 'readable' && one.record.lineage === 'predecessor',
  )
  if (read?.state !== 'readable') return null
  const reply = await probe('127.0.0.1', read.record.port, HEALTH_PATH, PROBE_MS)
  const report = reply.kind === 'json' ? family.readSelfReport(reply.body) : null
  return report === null ? null : { record: read.record, report, isMute: false }
}
