import { dirname } from 'node:path'
import { scopeOf } from '../classify/derive-facts.js'
import { planFor, type Action, type Intent } from '../classify/plan.js'
import type { Family } from '../family.js'
import { processKey } from '../identity/proof.js'
import { scan, FOREIGN_SCOPES_TIMEOUT_MS, type Candidate, type Scan } from '../observe/scan.js'
import { sparedOf } from '../observe/spared.js'
import type { Platform } from '../observe/platform/platform.js'
import { shareListeners } from '../observe/platform/share-listeners.js'
import type { HeldLock } from './acquire-lock.js'
import { assertOwnScope } from './assert-own-scope.js'
import { basePath, lockAll, otherLock, releaseAll, type LockRequest } from './clean-up-locks.js'
import { refusalFor } from './signal.js'
import {
  terminate,
  whatBecameOf,
  whatBecameOfPort,
  STEP_MS,
  type FailureReason,
  type Termination,
} from './terminate-process.js'
import { markEnded, stopCommandFor } from './terminate-scope-daemon.js'

export interface CleanUpRequest extends LockRequest {
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
}

/** The result for one candidate of class safe_auto or operator_required. */
export interface CleanUpEntry {
  readonly candidate: Candidate
  readonly result:
    | Termination
    | { readonly outcome: 'skipped' }
    | { readonly outcome: 'would_sweep' }
    | { readonly outcome: 'would_fail'; readonly reason: FailureReason }
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
    const forecasts = new Map(
      await Promise.all(planned.map(async (one) => [one, await forecastOf(request, one)] as const)),
    )
    const others = [...otherRows(request, before)].flatMap(([row, target]) => {
      const forecast = forecasts.get(target)
      return forecast === undefined ? [] : [[row, forecast] as const]
    })
    const entries = entriesOf(request, before, new Map([...forecasts, ...others]))
    return { entries, seen: before, after: before }
  }
  assertOwnScope(writtenPaths(request), process.geteuid?.())
  const locks = await lockAll(request, before, planned)
  try {
    const again = await scan(family, scope, platform, foreignScopesMs, true)
    const results = await terminateAll(request, again, locks)
    const entries = entriesOf(request, again, results)
    if (request.scansAgain === false) return { entries, seen: again, after: again }
    const missing = await missingIn(request, again, planned)
    const after = await scan(family, scope, platform, foreignScopesMs)
    return { entries: [...entries, ...missing], seen: again, after }
  } finally {
    releaseAll(locks, request)
  }
}

/**
 * Returns what became of those of the planned candidates that have no row in the second scan, because they are gone, have
 * closed their port, or have left the port to which the request is limited. One that must not be touched any more needs no row.
 */
async function missingIn(
  request: CleanUpRequest,
  again: Scan,
  planned: readonly Candidate[],
): Promise<readonly CleanUpEntry[]> {
  const shown = new Set(eligible(request, again))
  const accounted = again.candidates.filter((one) => shown.has(one) || one.verdict.class === 'never_touch')
  const missing = planned.filter((candidate) => !accounted.some((one) => mayBe(one, candidate)))
  return Promise.all(
    missing.map(async (candidate) => ({
      candidate,
      result: candidate.proof === null ? UNPROVEN : await whatBecameOf(request.platform, candidate.proof),
    })),
  )
}

/** Returns what a clean-up would do with a candidate, by all that can be known before it acts: the same is refused as then. */
async function forecastOf(
  { platform, family }: CleanUpRequest,
  { proof }: Candidate,
): Promise<CleanUpEntry['result']> {
  if (proof === null) return { outcome: 'would_fail', reason: UNPROVEN.reason }
  const refusal = await refusalFor(platform, family, proof)
  return refusal === null
    ? { outcome: 'would_sweep' }
    : { outcome: 'would_fail', reason: `unknown: ${refusal}` }
}

const UNPROVEN = { outcome: 'failed', reason: 'identity_unproven' } as const

/** Returns whether two scans show the same process, or may: its pid, or its start time, cannot always be read. */
function mayBe({ observation: now }: Candidate, { observation: then }: Candidate): boolean {
  if (now.pid === null || then.pid === null) {
    const sockets = new Set(then.listeners.map(({ socket }) => socket))
    return now.listeners.some(({ socket }) => sockets.has(socket))
  }
  const [since, before] = [now.process?.startTime ?? null, then.process?.startTime ?? null]
  return now.pid === then.pid && (since === null || before === null || since === before)
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
  const ended = new Map(await Promise.all(results))
  const others = [...otherRows(request, seen)].map(async ([row, target]) => {
    const result = ended.get(target) ?? UNPROVEN
    const of = await whatBecameOfPort(sharing.platform, row.observation, result, request.stepMs ?? STEP_MS)
    return [row, of] as const
  })
  return new Map([...ended, ...(await Promise.all(others))])
}

/**
 * Returns the other rows of the processes that are to be ended, each with the row that is. A process is ended as a whole, but a
 * child of it may have inherited only one of its sockets.
 */
function otherRows(request: CleanUpRequest, seen: Scan): ReadonlyMap<Candidate, Candidate> {
  const planned = targets(request, seen)
  const byProcess = new Map(planned.map((target) => [keyOf(target), target]))
  const left = eligible(request, seen).filter((row) => keyOf(row) !== null && !planned.includes(row))
  return new Map(
    left.flatMap((row) => {
      const target = byProcess.get(keyOf(row))
      return target === undefined ? [] : [[row, target] as const]
    }),
  )
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
  if (candidate.proof === null) return UNPROVEN
  if (lock === undefined)
    return { outcome: 'failed', reason: 'unknown: the lock of its scope could not be taken' }
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
  results: ReadonlyMap<Candidate, CleanUpEntry['result']>,
): readonly CleanUpEntry[] {
  return eligible(request, seen).map((candidate) => ({
    candidate,
    result: results.get(candidate) ?? { outcome: 'skipped' },
  }))
}
