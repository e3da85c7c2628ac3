import { elsewhere, unreachable } from '../act/beyond.js'
import { readLockHolder } from '../act/lock.js'
import { FamiliarError } from '../errors.js'
import { isOfElsewhere } from '../identity/elsewhere.js'
import type { ProcessView } from '../identity/machine.js'
import { readOwnRecord } from '../observe/records.js'
import { verify } from '../observe/verify.js'
import type { ConnectRequest } from './request.js'

/** How long the machine may take to tell what the holder of the lock is. */
const MACHINE_MS = 1_000

/** A refused connection is refused at once. */
const REFUSED_MS = 100

/**
 * Returns why the holder of the daemon lock cannot answer here, null where it could and may still do so. It is never a
 * reason to end it: it may be healthy where it runs. A holder that is not seen may come into sight: only after the wait
 * (`hasWaited`) it counts as one that runs elsewhere, unless the record says so itself.
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
  // A record can be another machine's in a synchronised project, while the holder runs here.
  const isForeign =
    record?.running === true && isOfElsewhere(record, host) && view?.namespaces !== host.namespaces
  if (isForeign || (holder === 'unknown' && hasWaited)) return elsewhere(request, named)
  if (holder === 'unknown') return null
  const network = view?.networkNamespace ?? null
  if (network !== null && network !== host.networkNamespace) return unreachable(request, named)
  const answer = record === null ? null : await verify(request, record, REFUSED_MS)
  return answer?.outcome === 'unreachable' ? unreachable(request, named) : null
}

async function viewOf({ platform }: ConnectRequest, pid: number): Promise<ProcessView | null> {
  return (await platform.inspect([pid], AbortSignal.timeout(MACHINE_MS))).get(pid) ?? null
}

/** Returns the error for a daemon that could answer, and does not. */
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
