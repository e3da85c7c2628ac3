import { setTimeout as sleep } from 'node:timers/promises'
import { isLockHeld } from '../act/lock.js'
import { HANDSHAKE_MS } from '../observe/handshake.js'
import { unresponsive, whyBeyond } from './no-answer.js'
import { findRecorded, findUsable, type Found } from './recorded.js'
import type { ConnectRequest } from './request.js'

const HOLDER_POLL_MS = 20

/**
 * How long, all in all, a daemon that holds its lock may take to answer, in or out: with the rest, and the last question
 * whether it can be reached at all (0.1 s), it stays below 2 s.
 */
export const HOLDER_MS = 1_700

/** The requests in a row that it may miss where many wait: healthy and on a busy machine it misses one, seldom two. */
const PATIENCE = 3

/**
 * Returns the daemon that holds the daemon lock, once it answers: its record may be on its way, or it may be on its way
 * out. Null when the lock is free (again). One that stays silent until then, on the clock of `performance.now()`, is
 * named, not ended: `E_DAEMON_UNRESPONSIVE`; one that cannot answer here: `E_DAEMON_UNREACHABLE`, `E_DAEMON_ELSEWHERE`.
 */
export async function awaitHolder(request: ConnectRequest, until: number): Promise<Found | null> {
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
  /** Returns the recorded daemon where it can be used. */
  readonly find: () => Promise<Found | null>
  /** How long, once it is its turn, the holder of the daemon lock may still be silent, in milliseconds. */
  readonly patienceMs: () => number
}

/**
 * A daemon that holds its lock and has kept three requests in a row waiting to their end is `E_DAEMON_UNRESPONSIVE` for
 * the waiter too: it need not queue for the lock to learn that. Who has queued in vain does not give up earlier: in a
 * herd on a busy machine the daemon that was started a moment ago may be the one that gets no processor.
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
