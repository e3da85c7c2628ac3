import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { monotonicMs } from '../clock.js'
import { scopeOf } from '../classify/derive-facts.js'
import { planFor, type Action, type Intent } from '../classify/plan.js'
import { FamiliarError, throwLack } from '../errors.js'
import type { Family } from '../family.js'
import { processKey, type ProvenProcess } from '../identity/proof.js'
import { scan, FOREIGN_SCOPES_TIMEOUT_MS, type Candidate, type Scan } from '../observe/scan.js'
import { sparedOf } from '../observe/spared.js'
import type { Platform } from '../observe/platform/platform.js'
import { shareListeners } from '../observe/platform/share-listeners.js'
import { acquireLock, LOCK_WAIT_MS, type HeldLock } from './acquire-lock.js'
import { assertOwnScope } from './assert-own-scope.js'
import { terminate, whatBecameOf, STEP_MS, type Termination } from './terminate-process.js'
import { markEnded, stopCommandFor } from './terminate-scope-daemon.js'

export interface CleanUpRequest {
  readonly family: Family
  readonly scope: string
  readonly platform: Platform
  readonly intent: Exclude<Intent, 'scan'>
  /** A scan that was just made (and perhaps shown). If omitted, the clean-up makes its own. */
  readonly seen?: Scan
  /** Limits the clean-up to daemons of this scope, even if the family's rules allow it to end those of other scopes. */
  readonly isOwnScopeOnly?: boolean
  /** Limits the clean-up to candidates that listen on this port. */
  readonly port?: number
  /** Processes (by `processKey`) that the user has confirmed: they are treated as if the intent were `reset_force`. */
  readonly confirmed?: ReadonlySet<string>
  /**
   * The processes (by `processKey`) that were shown to the user; the clean-up ends only these. If omitted, it may end
   * any.
   */
  readonly told?: ReadonlySet<string>
  /** Report what would be done, and do nothing. */
  readonly dryRun?: boolean
  /**
   * How long SIGTERM and SIGKILL may each take, in milliseconds. After SIGTERM, a process that is visibly shutting down
   * gets longer.
   */
  readonly stepMs?: number
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
  /** How long each scan may take to read the scopes that other processes name, in milliseconds. */
  readonly foreignScopesMs?: number
  /**
   * False if the caller does not need a scan after the clean-up. Then none is made, and `after` is the scan before the
   * clean-up.
   */
  readonly scansAgain?: boolean
  /** The command that stops the daemon of `scope`. */
  readonly stopCommand?: string
  readonly onProgress?: (done: number, total: number) => void
  readonly onWait?: (message: string) => void
}

/** The result for one candidate of class safe_auto or operator_required. */
export interface CleanUpEntry {
  readonly candidate: Candidate
  readonly result: Termination | { readonly outcome: 'skipped' } | { readonly outcome: 'would_sweep' }
}

export interface CleanUpReport {
  /**
   * Every candidate that the request covers and that is not `never_touch`, each once; and those that were to be ended by
   * the first scan and that the one made while the locks were held did not show any more.
   */
  readonly entries: readonly CleanUpEntry[]
  /**
   * The scan on which the entries are based: the one made while the locks were held or, if nothing was to be ended, the
   * first.
   */
  readonly seen: Scan
  /** The scan made after the clean-up. */
  readonly after: Scan
}

/**
 * Ends the daemons that the intent allows to end, and reports what a scan finds afterwards.
 *
 * Scans, takes the life-cycle lock of every scope that it is about to change, scans again, acts on what the second scan
 * proved, and scans once more. If nothing is to be ended, takes no lock and writes nothing. Candidates are ended in
 * parallel, so many that resist take about as long as one.
 *
 * Throws `E_SCOPE_FOREIGN_OWNER`, `E_LOCK_BUSY` (try again), `E_LOCK_UNSUPPORTED`, `E_LOCK_UNAVAILABLE` or
 * `E_SCOPE_UNUSABLE` before anything is signalled. A failure with one candidate is reported in its entry, except
 * `E_RESOURCES`, which is thrown.
 */
export async function cleanUp(request: CleanUpRequest): Promise<CleanUpReport> {
  const { family, scope, platform } = request
  const foreignScopesMs = request.foreignScopesMs ?? FOREIGN_SCOPES_TIMEOUT_MS
  const before = request.seen ?? (await scan(family, scope, platform, foreignScopesMs))
  const planned = targets(request, before)
  if (request.dryRun === true || planned.length === 0) {
    return {
      entries: entriesOf(request, before, () => ({ outcome: 'would_sweep' })),
      seen: before,
      after: before,
    }
  }
  assertOwnScope(writtenPaths(request), process.geteuid?.())
  const locks = await lockAll(request, before, planned)
  try {
    const again = await scan(family, scope, platform, foreignScopesMs, true)
    const results = await terminateAll(request, again, locks)
    const entries = entriesOf(request, again, (candidate) => results.get(candidate))
    if (request.scansAgain === false) return { entries, seen: again, after: again }
    const missing = await missingIn(again, planned, platform)
    const after = await scan(family, scope, platform, foreignScopesMs)
    return { entries: [...entries, ...missing], seen: again, after }
  } finally {
    releaseAll(locks, request)
  }
}

/** Returns what became of those of the planned candidates that the scan does not show any more. */
async function missingIn(
  { candidates }: Scan,
  planned: readonly Candidate[],
  platform: Platform,
): Promise<readonly CleanUpEntry[]> {
  const missing = planned.flatMap((candidate) => {
    const { proof } = candidate
    return proof === null || candidates.some((one) => mayBe(one, proof)) ? [] : [{ candidate, proof }]
  })
  return Promise.all(
    missing.map(async ({ candidate, proof }) => ({ candidate, result: await whatBecameOf(platform, proof) })),
  )
}

/** Returns whether a candidate is this process, or may be: the holder of a port, or a start time, cannot always be read. */
function mayBe({ observation: { pid, port, process } }: Candidate, proof: ProvenProcess): boolean {
  if (pid === null) return port === proof.port
  return pid === proof.pid && (process?.startTime == null || process.startTime === proof.startTime)
}

function releaseAll(locks: ReadonlyMap<string, HeldLock>, { lock: callers }: CleanUpRequest): void {
  for (const lock of locks.values()) if (lock !== callers) lock.release()
}

function writtenPaths({ family, scope, lockFile }: CleanUpRequest): readonly string[] {
  if (lockFile !== undefined) return [lockFile, dirname(lockFile)]
  const files = family.files(scope)
  return [scope, files.lifecycleLock, files.record]
}

/** The candidates that the request covers, without the `never_touch` ones. */
function eligible(request: CleanUpRequest, seen: Scan): readonly Candidate[] {
  return seen.candidates.filter(
    (candidate) =>
      candidate.verdict.class !== 'never_touch' &&
      (request.isOwnScopeOnly !== true || candidate.facts.marker_here === 'yes') &&
      (request.port === undefined || candidate.observation.port === request.port),
  )
}

function actionFor(request: CleanUpRequest, candidate: Candidate, seen: Scan): Action {
  const key = keyOf(candidate)
  const isConfirmed = key !== null && request.confirmed?.has(key) === true
  const action = planFor(
    candidate.verdict.class,
    isConfirmed ? 'reset_force' : request.intent,
    sparedOf(candidate, seen),
  )
  const isTold = request.told === undefined || (key !== null && request.told.has(key))
  return isRetired(action) && !isTold ? 'skip' : action
}

function keyOf({ observation: { pid, process } }: Candidate): string | null {
  return pid === null || process?.startTime == null ? null : processKey(pid, process.startTime)
}

function isRetired(action: Action): boolean {
  return action === 'retire' || action === 'retire_if_proven'
}

function targets(request: CleanUpRequest, seen: Scan): readonly Candidate[] {
  return eligible(request, seen).filter((candidate) => isRetired(actionFor(request, candidate, seen)))
}

/** Total wait for the locks of all other scopes. Short: if one is busy, another command is handling that scope's daemon. */
const FOREIGN_LOCK_WAIT_MS = 1_000

/**
 * Takes the life-cycle lock of every scope that is about to change. The locks are taken in the order of their paths, so
 * that two clean-ups that need the same two locks do not block each other. Creates nothing in other scopes: if the lock
 * file of another scope does not exist or cannot be opened, uses the lock of `basePath` for it instead. If the lock of
 * another scope is busy, its candidates are not ended.
 */
async function lockAll(
  request: CleanUpRequest,
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

function basePath({ family, scope, lock, lockFile }: CleanUpRequest): string {
  return lock?.path ?? lockFile ?? family.files(scope).lifecycleLock
}

/** Returns the lock path of the candidate's own scope if the file exists and is not the base path; otherwise an empty list. */
function otherLock(request: CleanUpRequest, candidate: Candidate, seen: Scan): readonly string[] {
  const real = scopeOf(candidate.observation, seen.context)?.real ?? null
  if (real === null) return []
  const path = request.family.files(real).lifecycleLock
  return path !== basePath(request) && existsSync(path) ? [path] : []
}

async function terminateAll(
  request: CleanUpRequest,
  seen: Scan,
  locks: ReadonlyMap<string, HeldLock>,
): Promise<ReadonlyMap<Candidate, Termination>> {
  const planned = targets(request, seen)
  const sharing = { ...request, platform: shareListeners(request.platform, request.family.ports) }
  let done = 0
  request.onProgress?.(done, planned.length)
  const results = planned.map(async (candidate) => {
    const result = await terminateOne(sharing, candidate, seen, locks)
    request.onProgress?.(++done, planned.length)
    return [candidate, result] as const
  })
  // The locks are released when this returns, so wait for all candidates even if one throws.
  await Promise.allSettled(results)
  return new Map(await Promise.all(results))
}

async function terminateOne(
  request: CleanUpRequest,
  candidate: Candidate,
  seen: Scan,
  locks: ReadonlyMap<string, HeldLock>,
): Promise<Termination> {
  const { family, platform } = request
  const [other] = otherLock(request, candidate, seen)
  const lock = locks.get(other ?? basePath(request))
  if (candidate.proof === null) return { outcome: 'failed', reason: 'identity_unproven' }
  if (lock === undefined)
    return { outcome: 'failed', reason: 'unknown: the lock of its scope is not to be had' }
  const result = await terminate(lock, platform, family, candidate.proof, {
    stepMs: request.stepMs ?? STEP_MS,
    stopCommand: stopCommandFor(request, candidate),
  })
  if (result.outcome === 'swept' && request.lockFile === undefined)
    await markRecorded(family, candidate, seen)
  return result
}

/**
 * Marks the record of a daemon of ours that was ended as stopped. Otherwise the killed daemon would look as if it had
 * crashed.
 */
async function markRecorded(family: Family, candidate: Candidate, seen: Scan): Promise<void> {
  const scope = scopeOf(candidate.observation, seen.context)
  if (scope === null || scope.real === null || scope.gone !== false) return
  const isRecorded = scope.records.some(
    (read) => read.state === 'readable' && read.record.pid === candidate.observation.pid,
  )
  if (isRecorded) await markEnded({ family, scope: scope.real, reason: 'cleaned_up' }, candidate)
}

function entriesOf(
  request: CleanUpRequest,
  seen: Scan,
  resultOf: (candidate: Candidate) => CleanUpEntry['result'] | undefined,
): readonly CleanUpEntry[] {
  return eligible(request, seen).map((candidate) => ({
    candidate,
    result: isRetired(actionFor(request, candidate, seen))
      ? (resultOf(candidate) ?? { outcome: 'skipped' })
      : { outcome: 'skipped' },
  }))
}
