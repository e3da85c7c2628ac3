import { setTimeout as sleep } from 'node:timers/promises'
import { isLockHeld, readLockHolder } from '../act/lock.js'
import { FamiliarError } from '../errors.js'
import { HANDSHAKE_MS } from '../observe/handshake.js'
import { readOwnRecord } from '../observe/records.js'
import { findRecorded, findUsable, type Found } from './recorded.js'
import type { ConnectRequest } from './request.js'

const HOLDER_POLL_MS = 20

/** A healthy daemon on a busy machine may miss one, seldom two. */
const PATIENCE = 3

/**
 * Returns the daemon that holds the daemon lock, once it answers: its record may be on its way, or it may be on its way
 * out. Null when nobody holds the lock (any more). One that stays silent until then, on the clock of
 * `performance.now()`, is named, not ended: `E_DAEMON_UNRESPONSIVE`.
 */
export async function awaitHolder(request: ConnectRequest, until: number): Promise<Found | null> {
  const { daemonLock } = request.family.files(request.scope)
  for (;;) {
    if (!(await isLockHeld(daemonLock))) return null
    const left = Math.max(HOLDER_POLL_MS, until - performance.now())
    const found = await findRecorded(request, Math.min(HANDSHAKE_MS, left))
    if (found !== null) return found
    if (performance.now() >= until) throw unresponsive(request)
    await sleep(HOLDER_POLL_MS)
  }
}

/**
 * Returns what a waiter asks now and then: the recorded daemon where it can be used. A daemon that holds its lock and has
 * kept three requests in a row waiting to their end is `E_DAEMON_UNRESPONSIVE` for the waiter too: it need not queue for
 * the lock to learn that.
 */
export function watchRecorded(request: ConnectRequest, wasSilent: boolean): () => Promise<Found | null> {
  const { daemonLock } = request.family.files(request.scope)
  let silences = wasSilent ? 1 : 0
  return async () => {
    const began = performance.now()
    const found = await findUsable(request)
    if (found !== null) return found
    silences = performance.now() - began >= HANDSHAKE_MS ? silences + 1 : 0
    if (silences >= PATIENCE && (await isLockHeld(daemonLock))) throw unresponsive(request)
    return null
  }
}

function unresponsive({ family, scope, launch, doctorCommand }: ConnectRequest): FamiliarError {
  const record = readOwnRecord(family, scope)
  const pid = readLockHolder(family.files(scope).daemonLock)?.pid ?? record?.pid ?? null
  const port = record?.pid === pid ? (record?.port ?? null) : null
  const at = port === null ? '' : `, port ${port}`
  return new FamiliarError(
    'E_DAEMON_UNRESPONSIVE',
    `the ${family.name} daemon (process ${pid ?? 'unknown'}${at}) does not answer; its log: ${launch.logFile}`,
    { hint: doctorCommand(port) },
  )
}
