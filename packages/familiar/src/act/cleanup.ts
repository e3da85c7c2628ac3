import { existsSync } from 'node:fs'
import { scopeOf } from '../classify/derive.js'
import { planFor, type Action, type Intent } from '../classify/plan.js'
import type { Family } from '../family.js'
import { inUseBy } from '../classify/evidence.js'
import { processKey } from '../identity/proof.js'
import { look, PATIENT_MS, type Candidate, type Look } from '../observe/look.js'
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
  /** Only candidates on this port. */
  readonly port?: number
  /** Processes, by `processKey`, for which a person said yes: they are treated as with force. */
  readonly confirmed?: ReadonlySet<string>
  /** Tell what would be done, and do nothing. */
  readonly dryRun?: boolean
  /** How long SIGTERM and SIGKILL each may take, in milliseconds. */
  readonly stepMs?: number
  /** The life-cycle lock of the scope, where the caller already holds it; it stays the caller's. */
  readonly lock?: HeldLock
  /** How long to wait for the life-cycle lock, in milliseconds. */
  readonly lockWaitMs?: number
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
  const before = request.seen ?? (await look(family, scope, platform, PATIENT_MS))
  const planned = targets(request, before)
  if (request.dryRun === true || planned.length === 0) {
    return {
      entries: entriesOf(request, before, () => ({ outcome: 'would_sweep' })),
      seen: before,
      after: before,
    }
  }
  assertOwnScope(scopePaths(family, scope), process.geteuid?.())
  const locks = await lockAll(request, before, planned)
  try {
    const again = await look(family, scope, platform, PATIENT_MS)
    const results = await retireAll(request, again, locks)
    const after = await look(family, scope, platform, PATIENT_MS)
    return { entries: entriesOf(request, again, (candidate) => results.get(candidate)), seen: again, after }
  } finally {
    releaseAll(locks, request)
  }
}

function releaseAll(locks: ReadonlyMap<string, HeldLock>, { lock: callers }: CleanUpRequest): void {
  for (const lock of locks.values()) if (lock !== callers) lock.release()
}

function scopePaths(family: Family, scope: string): readonly string[] {
  const files = family.files(scope)
  return [scope, files.lifecycleLock, files.record]
}

/** Candidates the plan speaks about: `never_touch` ones are nobody's business here. */
function eligible(request: CleanUpRequest, seen: Look): readonly Candidate[] {
  return seen.candidates.filter(
    (candidate) =>
      candidate.verdict.class !== 'never_touch' &&
      (request.port === undefined || candidate.sighting.port === request.port),
  )
}

function actionFor(request: CleanUpRequest, candidate: Candidate, seen: Look): Action {
  const { pid, process } = candidate.sighting
  const isConfirmed =
    pid !== null && process?.birth != null && request.confirmed?.has(processKey(pid, process.birth)) === true
  return planFor(candidate.verdict.class, isConfirmed ? 'reset_force' : request.intent, {
    otherUser: candidate.facts.same_user === 'no',
    inUseBy: usedElsewhere(candidate, seen),
  })
}

/** The other scope whose live singleton it is, or may be: where that scope could not be read in time, force must not guess. */
function usedElsewhere({ sighting }: Candidate, seen: Look): string | null {
  const marker = sighting.shape?.marker ?? null
  const isUntold = marker !== null && scopeOf(sighting, seen.surroundings)?.real == null
  return isUntold ? marker : inUseBy(sighting, seen.surroundings)
}

function isRetired(action: Action): boolean {
  return action === 'retire' || action === 'retire_if_proven'
}

function targets(request: CleanUpRequest, seen: Look): readonly Candidate[] {
  return eligible(request, seen).filter((candidate) => isRetired(actionFor(request, candidate, seen)))
}

/**
 * The life-cycle lock of every scope that is about to change, always in the order of their paths, so that two
 * clean-ups that need the same two locks cannot wait for each other. In a scope that is not ours a lock is taken only
 * where its file exists: nothing is created there.
 */
async function lockAll(
  request: CleanUpRequest,
  seen: Look,
  planned: readonly Candidate[],
): Promise<ReadonlyMap<string, HeldLock>> {
  const own = request.family.files(request.scope).lifecycleLock
  const foreign = planned.flatMap((candidate) => foreignLock(request.family, candidate, seen))
  const locks = new Map<string, HeldLock>()
  const holder = { pid: seen.host.pid, birth: null }
  const waitMs = request.lockWaitMs ?? LOCK_WAIT_MS
  try {
    for (const path of [...new Set([own, ...foreign])].toSorted()) {
      const isCallers = path === request.lock?.path
      locks.set(
        path,
        isCallers ? request.lock : await acquireLock(path, { holder, waitMs, ...onWaitOf(request) }),
      )
    }
  } catch (error) {
    releaseAll(locks, request)
    throw error
  }
  return locks
}

function onWaitOf(request: CleanUpRequest): { onWait?: (message: string) => void } {
  return request.onWait === undefined ? {} : { onWait: request.onWait }
}

function foreignLock(family: Family, candidate: Candidate, seen: Look): readonly string[] {
  const scope = scopeOf(candidate.sighting, seen.surroundings)
  if (scope === null || scope.real === null || scope === seen.surroundings.here) return []
  const path = family.files(scope.real).lifecycleLock
  return existsSync(path) ? [path] : []
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
  return new Map(await Promise.all(results))
}

async function retireOne(
  request: CleanUpRequest,
  candidate: Candidate,
  seen: Look,
  locks: ReadonlyMap<string, HeldLock>,
): Promise<Retirement> {
  const { family, platform } = request
  const [foreign] = foreignLock(family, candidate, seen)
  const lock = locks.get(foreign ?? family.files(request.scope).lifecycleLock)
  if (candidate.proof === null) return { outcome: 'failed', reason: 'identity_unproven' }
  if (lock === undefined) return { outcome: 'failed', reason: 'unknown: its scope came up meanwhile' }
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
