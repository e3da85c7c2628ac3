import { statSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { monotonicMs } from '../clock.js'
import { isLockHeld, readLockHolder } from '../act/acquire-lock.js'
import { HANDSHAKE_MS } from '../observe/probe-health.js'
import { findRecorded, findUsable } from './find-recorded.js'
import type { RecordedDaemon } from './use-or-replace.js'
import type { ConnectRequest } from './connect-request.js'
import { FamiliarError, throwLack } from '../errors.js'
import { titleOf } from '../family.js'
import { fileId } from '../identity/file-id.js'
import { readOwnRecord, readRecord } from '../observe/read-records.js'
import { whyBeyond } from './out-of-reach.js'

const HOLDER_POLL_MS = 20

/**
 * How long a daemon that holds its lock may take in total to answer, while it starts or shuts down. Including the other
 * steps, and the last connection attempt (0.1 s), a command then takes less than 2 s.
 */
export const HOLDER_MS = 1_700

/**
 * How many requests in a row the daemon may miss while others wait. On a busy machine a healthy daemon may miss one,
 * rarely two.
 */
const PATIENCE = 3

/**
 * Returns the daemon that holds the daemon lock, once it answers: it may not have written its record yet, or may be
 * shutting down. Null if the lock is free (again). A daemon that is silent until `until` (on the clock of `monotonicMs`)
 * is reported, not ended: `E_DAEMON_UNRESPONSIVE`, or, if it cannot answer here, `E_DAEMON_UNREACHABLE` or
 * `E_DAEMON_ELSEWHERE`.
 */
export async function awaitHolder(request: ConnectRequest, until: number): Promise<RecordedDaemon | null> {
  const { daemonLock } = request.family.files(request.scope)
  for (let asked = 0; ; asked++) {
    if (!(await isLockHeld(daemonLock))) return null
    const left = Math.max(HOLDER_POLL_MS, until - monotonicMs())
    const found = await findRecorded(request, Math.min(HANDSHAKE_MS, left))
    if (found !== null) return found
    const beyond = asked === 0 ? await whyBeyond(request, false) : null
    if (beyond !== null) throw beyond
    if (monotonicMs() >= until) throw (await whyBeyond(request, true)) ?? unresponsive(request)
    await sleep(HOLDER_POLL_MS)
  }
}

/** A command that waits for the life-cycle lock and keeps asking the recorded daemon in the meantime. */
export interface Waiting {
  /** Returns the recorded daemon if it can be used. */
  readonly find: () => Promise<RecordedDaemon | null>
  /** How long the holder of the daemon lock may still be silent after we have acquired the life-cycle lock, in milliseconds. */
  readonly patienceMs: () => number
}

/**
 * Lets a command that waits for the life-cycle lock notice a daemon that hangs: if the holder of the daemon lock lets
 * three requests in a row time out, throws `E_DAEMON_UNRESPONSIVE` at once. A command that had to wait for the lock is
 * equally patient after that: if many commands start on a busy machine, a daemon that was just started may be the one
 * that gets no CPU.
 */
export function waitRecorded(request: ConnectRequest, wasSilent: boolean): Waiting {
  const { daemonLock, record } = request.family.files(request.scope)
  let silences = wasSilent ? 1 : 0
  let hasQueued = false
  let [asked, askedAt] = ['', Number.NEGATIVE_INFINITY]
  return {
    find: async () => {
      hasQueued = true
      const began = monotonicMs()
      const written = versionOfFile(record)
      if (written === asked && began - askedAt < ASK_AGAIN_MS) return null
      ;[asked, askedAt] = [written, began]
      const found = await findUsable(request)
      if (found !== null) return found
      silences = monotonicMs() - began >= HANDSHAKE_MS ? silences + 1 : 0
      if (silences < PATIENCE) return null
      if (await isLockHeld(daemonLock)) throw (await whyBeyond(request, true)) ?? unresponsive(request)
      silences = 0
      return null
    },
    patienceMs: () => (hasQueued ? PATIENCE * HANDSHAKE_MS : HOLDER_MS) - silences * HANDSHAKE_MS,
  }
}

/**
 * How soon a waiting command asks the recorded daemon again if the record has not changed, because the daemon may have
 * been busy.
 */
const ASK_AGAIN_MS = 200

/** Returns a text that changes when the file is written. It is the same for every file that cannot be read. */
function versionOfFile(path: string): string {
  try {
    const found = statSync(path, { bigint: true })
    return `${fileId(found)}/${found.mtimeNs}`
  } catch (error) {
    throwLack(error)
    return ''
  }
}

/** Returns the process that our record names if it is not the holder of the lock. In this case the holder was not asked. */
function otherNamed({ family, scope }: ConnectRequest, holder: number | null): number | null {
  const read = readRecord(family, family.files(scope).record)
  if (read.state !== 'readable' || read.record.implementation !== 'own') return null
  const { pid } = read.record
  return holder === null || pid === null || pid === holder ? null : pid
}

function misrecorded(
  { family, launch, stopCommand }: ConnectRequest,
  pid: number | null,
  named: number,
): FamiliarError {
  return new FamiliarError(
    'E_DAEMON_UNRESPONSIVE',
    `the ${titleOf(family)} (process ${pid ?? 'unknown'}) does not answer where its record says: that was replaced by the record of process ${named}, and a healthy daemon writes its own again within a minute; its log: ${launch.logFile}`,
    { hint: stopCommand, retry: true },
  )
}

/** Returns the error for a daemon that could answer here but does not. */
export function unresponsive(request: ConnectRequest): FamiliarError {
  const { family, scope, launch, stopCommand } = request
  const record = readOwnRecord(family, scope)
  const pid = readLockHolder(family.files(scope).daemonLock)?.pid ?? record?.pid ?? null
  const named = otherNamed(request, pid)
  if (named !== null) return misrecorded(request, pid, named)
  const port = record?.pid === pid ? (record?.port ?? null) : null
  const at = port === null ? '' : `, port ${port}`
  return new FamiliarError(
    'E_DAEMON_UNRESPONSIVE',
    `the ${titleOf(family)} (process ${pid ?? 'unknown'}${at}) does not answer; its log: ${launch.logFile}`,
    { hint: stopCommand },
  )
}
