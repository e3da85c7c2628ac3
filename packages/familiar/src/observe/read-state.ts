import { isOfElsewhere } from '../protocol/record.js'
import { loadingBeside } from '../load-beside.js'
import type { Scan } from './scan.js'
import { readOwnRecord, readPredecessorRecord, readScope } from './read-records.js'
import { stateWithout, type DaemonStatus } from '../classify/daemon-state.js'
import { verify, type OfScope } from './verify-record.js'

/** Time limit for inspecting the process that a record names. */
const INSPECT_MS = 1_000

/**
 * Returns the state of the daemon of the scope. If our own daemon proves itself, this takes one read of a record and one
 * local request. Otherwise, if the daemon lock is free, the state may follow from the records (`quietState`). Otherwise
 * the machine is scanned. If the caller passes `takeScan`, that is called instead of both.
 */
export async function readState(
  at: OfScope,
  takeScan: (() => Promise<Scan>) | null = null,
): Promise<DaemonStatus> {
  const proven = await loadingBeside(loadScan, () => provenState(at))
  if (proven !== null) return proven
  const quiet = takeScan === null ? await quietState(at) : null
  if (quiet !== null) return quiet
  const { stateFrom } = await loadScan()
  const { state, ...rest } = stateFrom(await (takeScan?.() ?? scanFor(at)))
  // The daemon may have become ready during the scan.
  return (state === 'starting' || state === 'wedged' ? await provenState(at) : null) ?? { state, ...rest }
}

/**
 * Scans the machine. If the scope has a predecessor's record, the scan gets more time to read the scopes that processes
 * name. Such a record does not say which scope it belongs to, so in a copied home directory it still names the daemon of
 * the original one, and only the scopes that this daemon names show that.
 */
async function scanFor({ family, scope, platform }: OfScope): Promise<Scan> {
  const { scan, FOREIGN_SCOPES_TIMEOUT_MS } = await import('./scan.js')
  const isTheirs = readPredecessorRecord(family, scope) !== null
  return scan(family, scope, platform, ...(isTheirs ? [FOREIGN_SCOPES_TIMEOUT_MS] : []))
}

async function provenState(at: OfScope): Promise<DaemonStatus | null> {
  const record = readOwnRecord(at.family, at.scope)
  if (record?.running !== true || isOfElsewhere(record, await at.platform.host())) return null
  const answer = await verify(at, record)
  if (answer.outcome !== 'proven') return null
  const { pid, port, startedAt } = record
  const { report } = answer
  return {
    state: 'running',
    why: 'it answers',
    since: startedAt,
    implementation: 'own',
    pid,
    port,
    report,
    record,
  }
}

/**
 * Returns the state if the daemon lock is free and every record is absent or our own, because then no process can be the
 * daemon, and no scan is needed. Otherwise returns null, and the caller must scan.
 */
async function quietState({ family, scope, platform }: OfScope): Promise<DaemonStatus | null> {
  const { told, ...view } = readScope(family, scope)
  const isOurs = view.records.every(
    (read) => read.state === 'absent' || (read.state === 'readable' && read.record.implementation === 'own'),
  )
  if (!isOurs || (await platform.lockHolder(family.files(scope).daemonLock, told, [])) !== null) return null
  const machine = await platform.host()
  const pids = view.records.flatMap((read) => (read.state === 'readable' ? (read.record.pid ?? []) : []))
  const alive = await platform.inspect(pids, AbortSignal.timeout(INSPECT_MS))
  const { user, networkNamespace } = machine
  const status = stateWithout({ here: { ...view, lockHolder: null }, machine, alive, user, networkNamespace })
  // The record names a living process without the lock. Only a scan shows whether that one serves another directory.
  return status.state === 'stopping' ? null : status
}

/** Loads the scan on demand, because a daemon that proves itself does not need it. */
async function loadScan() {
  const [{ stateFrom }] = await Promise.all([import('./state-from-scan.js'), import('./scan.js')])
  return { stateFrom }
}
