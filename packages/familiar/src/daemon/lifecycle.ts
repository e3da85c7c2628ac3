import { setMaxListeners } from 'node:events'
import type { Server } from 'node:http'
import { cleanUp } from '../act/clean-up.js'
import type { HeldLock } from '../act/lock.js'
import type { Timing } from '../protocol/startup-pipe.js'
import { namesLiving } from '../classify/derive.js'
import { tri, type Tri } from '../classify/tri.js'
import { asLack, FamiliarError } from '../errors.js'
import type { Family } from '../family.js'
import type { DaemonRecord, OwnRecord } from '../protocol/record.js'
import { stringOf, objectOf } from '../json.js'
import { matchShapes } from '../identity/spawn-shape.js'
import { scan, FOREIGN_SCOPES_TIMEOUT_MS, type Scan } from '../observe/scan.js'
import { realPath } from '../observe/peek.js'
import type { Platform } from '../observe/platform/platform.js'
import { retirementOf, type Situation } from './retirement.js'
import { openLog } from './log.js'
import { keepRecord, type RecordKeeper } from './record-keeper.js'
import { watchScope, type ScopeState } from './scope-state.js'
import type { Handler } from './server.js'
import { WATCHDOG_MS } from './timing.js'

/** The parts of a daemon's work that its life depends on. */
export interface Work {
  /** The number of open uploads, drains and streams, without the requests that the server counts itself. */
  readonly inFlight: () => number
  /** The number of events that may be sent now. */
  readonly pending: () => number
  /** Finishes or abandons the work; called once, when the daemon leaves. */
  readonly stop: () => Promise<void>
}

export interface LifeOptions {
  readonly family: Family
  readonly scope: string
  readonly platform: Platform
  readonly logFile: string
  readonly lock: HeldLock
  readonly timing: Required<Timing>
  readonly work: Work
  readonly isInstallationChanged: () => boolean | null
  /** It runs in the caller's terminal, and leaves when that is closed (SIGHUP). A background daemon ignores SIGHUP. */
  readonly isForeground?: boolean
  readonly exit: (code: number) => void
}

export interface Beginning {
  readonly server: Server
  readonly record: OwnRecord
  readonly reason: string
  readonly previousVersion: string | null
  readonly starterPid: number | null
}

/** One daemon's life, from its adoption to its exit. */
export interface Life {
  begin(beginning: Beginning): void
  readonly onRequest: (change: 1 | -1) => void
  /** An open page keeps the daemon from retiring while idle, but not from leaving when it must. */
  readonly onStream: (change: 1 | -1) => void
  /** Aborted when the daemon begins to leave. */
  readonly leaving: AbortSignal
  readonly onClient: () => void
  readonly shutdownHandler: Handler
}

/** How often a leaving daemon checks whether its work has ended. */
const DRAIN_POLL_MS = 20

/** Returns the life of a daemon that holds its lock; `begin` starts it. */
export function live(options: LifeOptions): Life {
  const { family, scope, platform, timing, work, lock } = options
  const log = openLog(options.logFile)
  const scopeState = watchScope(scope)
  let keeper: RecordKeeper | null = null
  let server: Server | null = null
  let isLeaving = false
  const leaving = new AbortController()
  // Every stream adds a listener, and above ten Node would log a warning about a leak.
  setMaxListeners(0, leaving.signal)
  let requests = 0
  let streams = 0
  let absentTicks = 0
  let lastRequestAt = performance.now()
  let lastCleanAt = Number.NEGATIVE_INFINITY
  let isCleanDue = true
  let isCleaning = false
  let isRetriedOnTick = false
  const inFlight = (): number => requests + work.inFlight()
  const isSingleton = (): boolean => scopeState() === 'here' && isHeld(lock) === 'yes'

  const report = (error: unknown): void => log.write('tick_failed', { why: String(error) })

  /** Updates the lock file's times, so that others can see when a crashed daemon was last alive. */
  function touch(): void {
    try {
      lock.touch()
    } catch (error) {
      report(error)
    }
  }

  async function tick(): Promise<void> {
    const state = scopeState()
    absentTicks = state === 'absent' ? absentTicks + 1 : 0
    if (state === 'here') touch()
    try {
      if (state === 'here') await keeper?.check()
    } catch (error) {
      report(error)
      // A lack of resources says nothing about the record or the scope: the next tick tries again.
      if (asLack(error) !== null) return
    }
    const rule = retirementOf(situation(state))
    if (rule !== null) await leave(rule.reason, rule.id)
    else if (isCleanDue) await cleanSiblings(isRetriedOnTick ? 0 : timing.cleanEveryMs)
  }

  function situation(state: ScopeState): Situation {
    return {
      superseded: keeper?.rival() != null || (state === 'here' && isHeld(lock) === 'no') ? 'yes' : 'no',
      absentTicks,
      installationChanged: tri(options.isInstallationChanged()),
      idleSeconds: (performance.now() - lastRequestAt) / 1000,
      idleLimitSeconds: timing.idleMs / 1000,
      inFlight: inFlight() + streams,
      pending: work.pending(),
    }
  }

  /**
   * Cleans up stale siblings, only as the recorded singleton, one clean-up at a time, and at the earliest `everyMs` after
   * the last one began, even if that failed: every client that asks for a proof triggers one, and each starts a process. It
   * never waits for the lock: the next tick tries again.
   */
  async function cleanSiblings(everyMs = timing.cleanEveryMs): Promise<void> {
    if (isLeaving || isCleaning || performance.now() - lastCleanAt < everyMs) return
    if (!isSingleton() || keeper?.rival() != null) return
    isCleaning = true
    isCleanDue = false
    isRetriedOnTick = false
    lastCleanAt = performance.now()
    try {
      const seen = await scan(family, scope, platform, FOREIGN_SCOPES_TIMEOUT_MS)
      if (!isSingletonIn(seen)) return void (isCleanDue = true)
      const { entries } = await cleanUp({
        family,
        scope,
        platform,
        intent: 'startup_clean',
        seen,
        isOwnScopeOnly: true,
        scansAgain: false,
        lockWaitMs: 0,
      })
      const gone = entries.filter(({ result }) => result.outcome === 'swept')
      if (gone.length > 0)
        log.write('siblings_retired', { ports: gone.map((entry) => entry.candidate.observation.port) })
    } catch (error) {
      isCleanDue = true
      isRetriedOnTick = error instanceof FamiliarError && error.retry
      if (!isRetriedOnTick) log.write('clean_failed', { why: String(error) })
    } finally {
      isCleaning = false
    }
  }

  async function leave(reason: string, rule: string | null): Promise<void> {
    if (isLeaving) return
    isLeaving = true
    leaving.abort()
    const watchdog = setTimeout(() => options.exit(1), timing.drainMs + WATCHDOG_MS)
    log.write('leaving', { reason, rule, in_flight: inFlight() })
    server?.close()
    const end = performance.now() + timing.drainMs
    while (inFlight() > 0 && performance.now() < end) {
      await new Promise((resolve) => setTimeout(resolve, DRAIN_POLL_MS))
    }
    await work.stop().catch((error: unknown) => log.write('work_failed', { why: String(error) }))
    try {
      keeper?.stop(reason)
    } catch (error) {
      log.write('record_failed', { why: String(error) })
    }
    log.write('stopped', { reason, abandoned: inFlight() })
    clearTimeout(watchdog)
    options.exit(0)
  }

  return {
    begin: (beginning) => {
      server = beginning.server
      // Before the record: its readers may send a signal at once, which must not end the daemon without marking it stopped.
      for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void leave(signal, null))
      process.on('SIGHUP', () => void (options.isForeground === true && leave('SIGHUP', null)))
      keeper = keepRecord({
        lock,
        path: family.files(scope).record,
        record: beginning.record,
        log,
        lives: (named) => isRival(options, named),
        mayWrite: isSingleton,
        overwriteEveryMs: timing.overwriteEveryMs,
      })
      logStart(log, beginning)
      setInterval(() => void tick().catch(report), timing.tickMs)
      setImmediate(() => void cleanSiblings())
    },
    onRequest: (change) => {
      requests += change
      lastRequestAt = performance.now()
    },
    onStream: (change) => {
      streams += change
      lastRequestAt = performance.now()
    },
    leaving: leaving.signal,
    onClient: () => {
      isCleanDue = true
      setImmediate(() => void cleanSiblings())
    },
    shutdownHandler: async ({ body }) => {
      const reason = stringOf(objectOf(body)?.['reason']) ?? 'requested'
      setImmediate(() => void leave(reason, null))
      return { status: 202, json: { status: 'stopping', drain_ms: timing.drainMs } }
    },
  }
}

function logStart(log: ReturnType<typeof openLog>, beginning: Beginning): void {
  const { record, reason, previousVersion, starterPid } = beginning
  log.write('started', {
    reason,
    previous_version: previousVersion,
    version: record.package_version,
    pid: record.pid,
    port: record.port,
    by_pid: starterPid,
  })
}

/** False just after the scope was moved away: then its record is missing, and this daemon itself would look stale. */
function isSingletonIn({ candidates, host }: Scan): boolean {
  return candidates.some(
    ({ observation, facts }) => observation.pid === host.pid && facts.singleton_here === 'yes',
  )
}

/** `unknown` for a system error (too little memory, a file system that is away): it does not mean that the lock is lost. */
function isHeld(lock: HeldLock): Tri {
  try {
    lock.assertHeld()
    return 'yes'
  } catch (error) {
    return error instanceof FamiliarError && error.code === 'E_LOCK_BUSY' ? 'no' : 'unknown'
  }
}

/**
 * Returns whether the process that a record names is a living daemon of this scope. Any other process, whatever its start
 * time, cannot supersede the holder of the daemon lock. Throws `E_LOOK_FAILED` when processes cannot be read at all: then
 * not even this one is found.
 */
async function isRival({ family, scope, platform }: LifeOptions, named: DaemonRecord): Promise<boolean> {
  if (named.pid === null) return false
  const alive = await platform.inspect([named.pid, process.pid], AbortSignal.timeout(2_000))
  if (!alive.has(process.pid)) throw new FamiliarError('E_LOOK_FAILED', 'cannot read the processes')
  const command = alive.get(named.pid)?.command
  const shape = command == null ? null : matchShapes(family.shapes, command)
  if (shape === null || namesLiving(named, alive) !== 'yes') return false
  return shape.marker === null || realPath(shape.marker) === scope
}
