import { setTimeout as sleep } from 'node:timers/promises'
import { isLockHeld } from '../act/lock.js'
import { HANDSHAKE_MS } from '../observe/handshake.js'
import { unresponsive, whyBeyond } from './no-answer.js'
import { findRecorded, findUsable, type RecordedDaemon } from './recorded.js'
import type { ConnectRequest } from './request.js'

const HOLDER_POLL_MS = 20

/**
 * How long a daemon that holds its lock may take in total to answer, while it starts or leaves. With everything else, and
 * the last check whether it can be reached at all (0.1 s), this stays below 2 s.
 */
export const HOLDER_MS = 1_700

/** How many requests in a row it may miss while others wait: on a busy machine a healthy one misses one, rarely two. */
const PATIENCE = 3

/**
 * Returns the daemon that holds the daemon lock, once it answers: it may not have written its record yet, or may be leaving.
 * Null if the lock is free (again). One that is silent until `until`, on the clock of `performance.now()`, is reported, not
 * ended: `E_DAEMON_UNRESPONSIVE`, or `E_DAEMON_UNREACHABLE` or `E_DAEMON_ELSEWHERE` if it cannot answer here.
 */
export async function awaitHolder(request: ConnectRequest, until: number): Promise<RecordedDaemon | null> {
  const { daemonLock } = request.family.files(request.scope)
  for (let asked = 0; ; asked++) {
    if (!(await isLockHeld(daemonLock))) return null
    const left = Math.max(HOLDER_POLL_MS, until - performance.now())
    const found = await findRecorded(request, Math.min(HANDSHAKE_MS, left))
    if (found !== null) return found
    const beyond = asked === 0 ? await whyBeyond(request, false) : null
    if (beyond !== null) throw beyond
    if (performance.now() >= until) throw (await whyBeyond(request, true)) ?? unresponsive(request)
    await sleep(HOLDER_POLL_MS)
  }
}

/** A command that waits for the life-cycle lock, and asks the recorded daemon meanwhile. */
export interface Waiting {
  /** Returns the recorded daemon if it can be used. */
  readonly find: () => Promise<RecordedDaemon | null>
  /** How long the holder of the daemon lock may still be silent once we have the life-cycle lock, in milliseconds. */
  readonly patienceMs: () => number
}

/**
 * If a daemon holds its lock and let three requests in a row time out, the waiter too gets `E_DAEMON_UNRESPONSIVE`, without
 * waiting for the life-cycle lock. A command that had to wait for that lock then has the same patience of three requests:
 * if many start on a busy machine, the daemon started a moment ago may be the one that gets no CPU.
 */
export function waitRecorded(request: ConnectRequest, wasSilent: boolean): Waiting {
  const { daemonLock } = request.family.files(request.scope)
  let silences = wasSilent ? 1 : 0
  let hasQueued = false
  return {
    find: async () => {
      hasQueued = true
      const began = performance.now()
      const found = await findUsable(request)
      if (found !== null) return found
      silences = performance.now() - began >= HANDSHAKE_MS ? silences + 1 : 0
      if (silences < PATIENCE) return null
      if (await isLockHeld(daemonLock)) throw (await whyBeyond(request, true)) ?? unresponsive(request)
      silences = 0
      return null
    },
    patienceMs: () => (hasQueued ? PATIENCE * HANDSHAKE_MS : HOLDER_MS) - silences * HANDSHAKE_MS,
  }
}
