import { elsewhere, unreachable } from './beyond.js'
import { readLockHolder } from '../act/lock.js'
import { FamiliarError } from '../errors.js'
import { isOfElsewhere } from '../classify/elsewhere.js'
import type { ProcessView } from '../identity/machine.js'
import { readOwnRecord } from '../observe/records.js'
import { verify } from '../observe/verify.js'
import type { ConnectRequest } from './request.js'

/** How long inspecting the holder of the lock may take. */
const MACHINE_MS = 1_000

/** Long enough to see that a connection is refused, which happens at once. */
const REFUSED_MS = 100

/**
 * Returns why the holder of the daemon lock cannot answer here, null if it still may. That is never a reason to end it: it
 * may be healthy where it runs. A holder that is not visible may become so: it counts as running elsewhere only after the
 * wait (`hasWaited`), unless the record itself says so.
 */
export async function whyBeyond(request: ConnectRequest, hasWaited: boolean): Promise<FamiliarError | null> {
  const { family, scope, platform } = request
  const record = readOwnRecord(family, scope)
  const named = { pid: record?.pid ?? null, port: record?.port ?? null }
  const host = await platform.host()
  const told = record?.pid == null || record.birth === null ? null : { pid: record.pid, birth: record.birth }
  const holder = await platform.lockHolder(family.files(scope).daemonLock, told, [])
  if (holder === null) return null
  const view = holder === 'unknown' ? null : await viewOf(request, holder.pid)
  // In a synchronised project, the record may come from another machine while the holder runs here.
  const isForeign =
    record?.running === true && isOfElsewhere(record, host) && view?.namespaces !== host.namespaces
  if (isForeign || (holder === 'unknown' && hasWaited)) return elsewhere(request, named)
  if (holder === 'unknown') return null
  // Without our clock its start time is unknown: a scan cannot tell that it is the holder, and says `elsewhere`.
  const beyond = view !== null && view.birth === null ? elsewhere : unreachable
  const network = view?.networkNamespace ?? null
  if (network !== null && network !== host.networkNamespace) return beyond(request, named)
  const answer = record === null ? null : await verify(request, record, REFUSED_MS)
  return answer?.outcome === 'unreachable' ? beyond(request, named) : null
}

async function viewOf({ platform }: ConnectRequest, pid: number): Promise<ProcessView | null> {
  return (await platform.inspect([pid], AbortSignal.timeout(MACHINE_MS))).get(pid) ?? null
}

/** Returns the error for a daemon that could answer here and does not. */
export function unresponsive({ family, scope, launch, stopCommand }: ConnectRequest): FamiliarError {
  const record = readOwnRecord(family, scope)
  const pid = readLockHolder(family.files(scope).daemonLock)?.pid ?? record?.pid ?? null
  const port = record?.pid === pid ? (record?.port ?? null) : null
  const at = port === null ? '' : `, port ${port}`
  return new FamiliarError(
    'E_DAEMON_UNRESPONSIVE',
    `the ${family.name} daemon (process ${pid ?? 'unknown'}${at}) does not answer; its log: ${launch.logFile}`,
    { hint: stopCommand },
  )
}
