import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { scopeOf } from '../classify/derive.js'
import { planFor, type Action, type Intent } from '../classify/plan.js'
import { FamiliarError, throwLack } from '../errors.js'
import type { Family } from '../family.js'
import { processKey } from '../identity/proof.js'
import { look, PATIENT_MS, type Candidate, type Look } from '../observe/look.js'
import { sparedOf } from '../observe/spared.js'
import type { Platform } from '../observe/platform/platform.js'
import { shareListeners } from '../observe/platform/share-listeners.js'
import { acquireLock, LOCK_WAIT_MS, type HeldLock } from './lock.js'
import { assertOwnScope } from './scope-owner.js'
import { retire, STEP_MS, type Retirement } from './stop.js'

export interface CleanUpRequest {
  readonly family: Family
  readonly scope: string
  readonly platform: Platform
  readonly intent: Exclude<Intent, 'look'>
  /** A look that was just taken (and perhaps shown); without one, the clean-up takes its own. */
  readonly seen?: Look
  /** Only daemons of this very scope, also where the family's rules allow to clean those of others. */
  readonly isOwnScopeOnly?: boolean
  /** Only candidates on this port. */
  readonly port?: number
  /** Processes, by `processKey`, for which a person said yes: they are treated as with force. */
  readonly confirmed?: ReadonlySet<string>
  /** Tell what would be done, and do nothing. */
  readonly dryRun?: boolean
  /** How long SIGTERM and SIGKILL each may take, in milliseconds. */
  readonly stepMs?: number
  /** The file of the lock that is taken instead of the life-cycle lock of the scope: where `scope` is nobody's scope. */
  readonly lockFile?: string
  /** A lock that the caller already holds, and keeps: used instead of either. */
  readonly lock?: HeldLock
  /** How long to wait for the life-cycle lock, in milliseconds. */
  readonly lockWaitMs?: number
  /** How long the scopes that other processes name may take at each look, in milliseconds. */
  readonly foreignScopesMs?: number
  /** False where nobody reads `after`: then the last look is left out, and `after` is the one before. */
  readonly looksAgain?: boolean
  readonly onProgress?: (done: number, total: number) => void
  readonly onWait?: (message: string) => void
}

/** What became of one candidate of class safe_auto or operator_required. */
export interface CleanUpEntry {
  readonly candidate: Candidate
  readonly result: Retirement | { readonly outcome: 'skipped' } | { readonly outcome: 'would_sweep' }
}

export interface CleanUpReport {
  /** Every candidate that could have been cleaned, each once. */
  readonly entries: readonly CleanUpEntry[]
  /** The look that the entries were decided on: with the lock held, where something was to be retired. */
  readonly seen: Look
  /** The machine afterwards. */
  readonly after: Look
}

/**
 * Retires what the intent allows and reports what the machine looks like afterwards.
 *
 * Look; take the life-cycle lock of every scope that is about to be changed; look again; act on what the second look
 * proved; look once more. Where nothing is to be retired, no lock is taken and nothing is written. Candidates are
 * retired side by side, so that many stubborn ones cost about as long as one.
 *
 * Throws `E_SCOPE_FOREIGN_OWNER`, `E_LOCK_BUSY` (try again), `E_LOCK_UNSUPPORTED`, `E_SCOPE_UNUSABLE` before anything
 * is signalled; what goes wrong with one candidate stands in its entry.
 */
export async function cleanUp(request: CleanUpRequest): Promise<CleanUpReport> {
  const { family, scope, platform } = request
  const foreignScopesMs = request.foreignScopesMs ?? PATIENT_MS
  const before = request.seen ?? (await look(family, scope, platform, foreignScopesMs))
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
    const again = await look(family, scope, platform, foreignScopesMs)
    const results = await retireAll(request, again, locks)
    const after = request.looksAgain === false ? again : await look(family, scope, platform, foreignScopesMs)
    return { entries: entriesOf(request, again, (candidate) => results.get(candidate)), seen: again, after }
  } finally {
    releaseAll(locks, request)
  }
}

function releaseAll(locks: ReadonlyMap<string, HeldLock>, { lock: callers }: CleanUpRequest): void {
  for (const lock of locks.values()) if (lock !== callers) lock.release()
}

function writtenPaths({ family, scope, lockFile }: CleanUpRequest): readonly string[] {
  if (lockFile !== undefined) return [lockFile, dirname(lockFile)]
  const files = family.files(scope)
  return [scope, files.lifecycleLock, files.record]
}

/** Candidates the plan speaks about: `never_touch` ones are nobody's business here. */
function eligible(request: CleanUpRequest, seen: Look): readonly Candidate[] {
  return seen.candidates.filter(
    (candidate) =>
      candidate.verdict.class !== 'never_touch' &&
      (request.isOwnScopeOnly !== true || candidate.facts.marker_here === 'yes') &&
      (request.port === undefined || candidate.sighting.port === request.port),
  )
}

function actionFor(request: CleanUpRequest, candidate: Candidate, seen: Look): Action {
  const { pid, process } = candidate.sighting
  const isConfirmed =
    pid !== null && process?.birth != null && request.confirmed?.has(processKey(pid, process.birth)) === true
  return planFor(
    candidate.verdict.class,
    isConfirmed ? 'reset_force' : request.intent,
    sparedOf(candidate, seen),
  )
}

function isRetired(action: Action): boolean {
  return action === 'retire' || action === 'retire_if_proven'
}

function targets(request: CleanUpRequest, seen: Look): readonly Candidate[] {
  return eligible(request, seen).filter((candidate) => isRetired(actionFor(request, candidate, seen)))
}

/** The locks of other scopes, all together, are not waited for long: their daemons are somebody's business at this moment. */
const FOREIGN_LOCK_WAIT_MS = 1_000

/**
 * The life-cycle lock of every scope that is about to change, always in the order of their paths, so that two clean-ups
 * that need the same two locks cannot wait for each other for long. In a scope that is not ours a lock is taken only
 * where its file exists and can be opened: nothing is created there. One that is busy is left out, and its candidates with
 * it.
 */
async function lockAll(
  request: CleanUpRequest,
  seen: Look,
  planned: readonly Candidate[],
): Promise<ReadonlyMap<string, HeldLock>> {
  const base = basePath(request)
  const others = planned.flatMap((candidate) => otherLock(request, candidate, seen))
  const locks = new Map<string, HeldLock>(request.lock === undefined ? [] : [[base, request.lock]])
  const unopenable: string[] = []
  let waitedMs = 0
  const holder = { pid: seen.host.pid, birth: null }
  try {
    for (const path of [...new Set([base, ...others])].toSorted()) {
      if (locks.has(path)) continue
      const leftMs = Math.max(0, FOREIGN_LOCK_WAIT_MS - waitedMs)
      const waitMs = path === base ? (request.lockWaitMs ?? LOCK_WAIT_MS) : leftMs
      const began = performance.now()
      try {
        const mustExist = path !== base
        locks.set(path, await acquireLock(path, { holder, waitMs, mustExist, ...onWaitOf(request) }))
      } catch (error) {
        throwLack(error)
        if (path === base || !(error instanceof FamiliarError)) throw error
        if (error.code !== 'E_LOCK_BUSY') unopenable.push(path)
      }
      if (path !== base) waitedMs += performance.now() - began
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

function onWaitOf(request: CleanUpRequest): { onWait?: (message: string) => void } {
  return request.onWait === undefined ? {} : { onWait: request.onWait }
}

/** The lock of the candidate's own scope, where that is another one than the base and there is such a file. */
function otherLock(request: CleanUpRequest, candidate: Candidate, seen: Look): readonly string[] {
  const real = scopeOf(candidate.sighting, seen.surroundings)?.real ?? null
  if (real === null) return []
  const path = request.family.files(real).lifecycleLock
  return path !== basePath(request) && existsSync(path) ? [path] : []
}

async function retireAll(
  request: CleanUpRequest,
  seen: Look,
  locks: ReadonlyMap<string, HeldLock>,
): Promise<ReadonlyMap<Candidate, Retirement>> {
  const planned = targets(request, seen)
  const sharing = { ...request, platform: shareListeners(request.platform, request.family.ports) }
  let done = 0
  const results = planned.map(async (candidate) => {
    const result = await retireOne(sharing, candidate, seen, locks)
    request.onProgress?.(++done, planned.length)
    return [candidate, result] as const
  })
  // The locks are let go when this returns: where one throws, the others are waited for all the same.
  await Promise.allSettled(results)
  return new Map(await Promise.all(results))
}

async function retireOne(
  request: CleanUpRequest,
  candidate: Candidate,
  seen: Look,
  locks: ReadonlyMap<string, HeldLock>,
): Promise<Retirement> {
  const { family, platform } = request
  const [other] = otherLock(request, candidate, seen)
  const lock = locks.get(other ?? basePath(request))
  if (candidate.proof === null) return { outcome: 'failed', reason: 'identity_unproven' }
  if (lock === undefined)
    return { outcome: 'failed', reason: 'unknown: the lock of its scope is not to be had' }
  return retire(lock, platform, family, candidate.proof, { stepMs: request.stepMs ?? STEP_MS })
}

function entriesOf(
  request: CleanUpRequest,
  seen: Look,
  resultOf: (candidate: Candidate) => CleanUpEntry['result'] | undefined,
): readonly CleanUpEntry[] {
  return eligible(request, seen).map((candidate) => ({
    candidate,
    result: isRetired(actionFor(request, candidate, seen))
      ? (resultOf(candidate) ?? { outcome: 'skipped' })
      : { outcome: 'skipped' },
  }))
}
