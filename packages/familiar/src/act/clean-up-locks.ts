import { existsSync } from 'node:fs'
import { scopeOf } from '../classify/derive-facts.js'
import { monotonicMs } from '../clock.js'
import { FamiliarError, throwLack } from '../errors.js'
import type { Family } from '../family.js'
import type { Candidate, Scan } from '../observe/scan.js'
import { acquireLock, LOCK_WAIT_MS, type HeldLock } from './acquire-lock.js'

/** The part of a request for a clean-up that says which locks it takes. */
export interface LockRequest {
  readonly family: Family
  readonly scope: string
  /**
   * The lock file to use instead of the life-cycle lock of `scope`, for a clean-up in which `scope` may have no daemon.
   */
  readonly lockFile?: string
  /**
   * A lock that the caller already holds, and releases itself. Used instead of the life-cycle lock and of `lockFile`.
   */
  readonly lock?: HeldLock
  /** How long to wait for the life-cycle lock, in milliseconds. */
  readonly lockWaitMs?: number
  readonly onWait?: (message: string) => void
}

/** Total wait for the locks of all other scopes. Short: if one is busy, another command is handling that scope's daemon. */
const FOREIGN_LOCK_WAIT_MS = 1_000

/**
 * Takes the life-cycle lock of every scope that is about to change. The locks are taken in the order of their paths, so
 * that two clean-ups that need the same two locks do not block each other. Creates nothing in other scopes: if the lock
 * file of another scope does not exist or cannot be opened, uses the lock of `basePath` for it instead. If the lock of
 * another scope is busy, its candidates are not ended.
 */
export async function lockAll(
  request: LockRequest,
  seen: Scan,
  planned: readonly Candidate[],
): Promise<ReadonlyMap<string, HeldLock>> {
  const base = basePath(request)
  const others = planned.flatMap((candidate) => otherLock(request, candidate, seen))
  const locks = new Map<string, HeldLock>(request.lock === undefined ? [] : [[base, request.lock]])
  const unopenable: string[] = []
  let waitedMs = 0
  try {
    for (const path of [...new Set([base, ...others])].toSorted()) {
      if (locks.has(path)) continue
      const leftMs = Math.max(0, FOREIGN_LOCK_WAIT_MS - waitedMs)
      const waitMs = path === base ? (request.lockWaitMs ?? LOCK_WAIT_MS) : leftMs
      const began = monotonicMs()
      try {
        const mustExist = path !== base
        locks.set(path, await acquireLock(path, { waitMs, mustExist, onWait: request.onWait }))
      } catch (error) {
        throwLack(error)
        if (path === base || !(error instanceof FamiliarError)) throw error
        if (error.code !== 'E_LOCK_BUSY') unopenable.push(path)
      }
      if (path !== base) waitedMs += monotonicMs() - began
    }
  } catch (error) {
    releaseAll(locks, request)
    throw error
  }
  const held = locks.get(base)
  for (const path of unopenable) if (held !== undefined) locks.set(path, held)
  return locks
}

export function basePath({ family, scope, lock, lockFile }: LockRequest): string {
  return lock?.path ?? lockFile ?? family.files(scope).lifecycleLock
}

/** Returns the lock path of the candidate's own scope if the file exists and is not the base path; otherwise an empty list. */
export function otherLock(request: LockRequest, candidate: Candidate, seen: Scan): readonly string[] {
  const real = scopeOf(candidate.observation, seen.context)?.real ?? null
  if (real === null) return []
  const path = request.family.files(real).lifecycleLock
  return path !== basePath(request) && existsSync(path) ? [path] : []
}

/** Releases all but the lock of the caller. */
export function releaseAll(locks: ReadonlyMap<string, HeldLock>, { lock: callers }: LockRequest): void {
  for (const lock of locks.values()) if (lock !== callers) lock.release()
}
