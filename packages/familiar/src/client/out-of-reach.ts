import { HEALTH_PATH, probe, PROBE_MS } from '../observe/probe-health.js'
import type { ConnectRequest } from './connect-request.js'
import { elsewhere, moved, startedFor, unreachable } from './out-of-reach-errors.js'
import { FamiliarError } from '../errors.js'
import { matchShapes } from '../identity/spawn-shape.js'
import { FOREIGN_SCOPES_TIMEOUT_MS, scan } from '../observe/scan.js'
import { stateFrom } from '../observe/state-from-scan.js'
import { mayBeOfElsewhere } from '../protocol/record.js'
import type { ProcessView } from '../identity/machine.js'
import { isScopeGone } from '../classify/daemon-state.js'
import type { SelfReport } from '../protocol/self-report.js'
import { readOwnRecord, readRecord } from '../observe/read-records.js'
import { verify } from '../observe/verify-record.js'

/** How long inspecting the holder of the lock may take. */
const MACHINE_MS = 1_000

/** How long to wait for a connection. A refused connection is reported at once, so this is long enough. */
const REFUSED_MS = 100

/**
 * Returns why the holder of the daemon lock cannot answer here; null if it still may. This is never a reason to end the
 * holder, which may be healthy where it runs. A holder that is not visible yet may become visible, so it counts as
 * running elsewhere only after the wait (`hasWaited`), unless the record itself says so.
 */
export async function whyBeyond(request: ConnectRequest, hasWaited: boolean): Promise<FamiliarError | null> {
  const { family, scope, platform } = request
  const record = readOwnRecord(family, scope)
  const named = { pid: record?.pid ?? null, port: record?.port ?? null }
  const host = await platform.host()
  const told =
    record?.pid == null || record.startTime === null ? null : { pid: record.pid, startTime: record.startTime }
  const holder = await platform.lockHolder(family.files(scope).daemonLock, told, [])
  if (holder === null) return null
  const view = holder === 'unknown' ? null : await viewOf(request, holder.pid)
  // In a project that is synchronised between machines, the record may come from another machine while the holder runs
  // here.
  const isForeign =
    record?.running === true && mayBeOfElsewhere(record, host) && view?.namespaces !== host.namespaces
  if (isForeign || (holder === 'unknown' && hasWaited)) return elsewhere(request, named)
  if (holder === 'unknown') return null
  const report = record === null ? await reportOfMoved(request, holder) : null
  if (report !== null) return moved(request, report)
  const other = view === null ? null : await namedElsewhere(request, view)
  if (other !== null) return other
  // If this machine's clock cannot be read, the start time of the process is unknown. A scan then cannot identify it as
  // the holder, and says `elsewhere`.
  const beyond = view !== null && view.startTime === null ? elsewhere : unreachable
  const network = view?.networkNamespace ?? null
  if (network !== null && network !== host.networkNamespace) return beyond(request, named)
  const answer = record === null ? null : await verify(request, record, REFUSED_MS)
  return answer?.outcome === 'unreachable' ? beyond(request, named) : null
}

/**
 * Returns the self-report of the holder of the lock if its directory was moved here; otherwise null. In this case its
 * record still names the path at which it was started, and it reports that its scope is gone.
 */
async function reportOfMoved(
  { family, scope }: ConnectRequest,
  holder: { readonly pid: number; readonly startTime: string | null },
): Promise<SelfReport | null> {
  const read = readRecord(family, family.files(scope).record)
  // The daemon of this scope may have just written its record.
  if (read.state !== 'readable' || read.record.scope === scope) return null
  const { pid, startTime, port } = read.record
  if (pid !== holder.pid || startTime === null || startTime !== holder.startTime) return null
  const reply = await probe('127.0.0.1', port, HEALTH_PATH, PROBE_MS)
  const report = reply.kind === 'json' ? family.readSelfReport(reply.body) : null
  return report?.pid === pid && isScopeGone(report) ? report : null
}

/**
 * Returns the error for a holder of the lock whose command line names another path; null if it names this one. Scans, so
 * that `start` gives the same explanation as `status` and `stop`.
 */
async function namedElsewhere(
  request: ConnectRequest,
  { command }: ProcessView,
): Promise<FamiliarError | null> {
  const { family, scope, platform } = request
  const marker = command === null ? null : (matchShapes(family.shapes, command)?.marker ?? null)
  if (marker === null || marker === scope) return null
  const { heldFor, pid, port } = stateFrom(await scan(family, scope, platform, FOREIGN_SCOPES_TIMEOUT_MS))
  return heldFor === undefined ? null : startedFor(request, { pid, port }, heldFor)
}

async function viewOf({ platform }: ConnectRequest, pid: number): Promise<ProcessView | null> {
  return (await platform.inspect([pid], AbortSignal.timeout(MACHINE_MS))).get(pid) ?? null
}
