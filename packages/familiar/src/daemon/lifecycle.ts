import type { EventEmitter } from 'node:events'
import type { HeldLock } from '../act/acquire-lock.js'
import { namesLiving } from '../classify/names-living.js'
import { tri, type Tri } from '../classify/tri.js'
import { asLack, FamiliarError } from '../errors.js'
import type { Family } from '../family.js'
import { matchShapes } from '../identity/spawn-shape.js'
import type { Platform } from '../observe/platform/platform.js'
import { isSameScope } from '../observe/read-records.js'
import type { DaemonRecord, OwnRecord } from '../protocol/record.js'
import type { Timing } from '../protocol/daemon-timing.js'
import type { Activity } from './activity.js'
import type { DaemonServer } from './http-server.js'
import { openLog, type Log } from './log.js'
import { keepRecord, type RecordKeeper } from './record-keeper.js'
import { retirementOf } from './retirement.js'
import type { ScopeState } from './watch-scope.js'
import { watchSiblings, type Siblings } from './watch-siblings.js'
import { abandonStart, createLeave, leaveOnSignals, workInFlight, type Leave } from './shut-down.js'
import type { StartGate } from './start-gate.js'
import { awaitStart, startWork, type WorkStart } from './start-work.js'

/** What the life cycle needs to know about the daemon's work, and how it starts and ends that work. */
export interface Work {
  /**
   * Called once, when this process has become the daemon of its scope. Before that, it must not work for the scope. No
   * request reaches a handler before the returned promise resolves: until then, requests wait. (Pages and health do not.)
   *
   * If the promise rejects, the start fails, the requests that wait are refused, and the process ends; `stop` is not
   * called. It is the same if the promise does not settle within the time that the command which starts the daemon has,
   * about 15 seconds. There is no limit for a daemon that no command starts (by hand, in the foreground, by a service
   * manager).
   *
   * `isScopeHere` returns whether the directory of the scope is still at its path. While it is not, for example because a
   * drive is mounted over it, the work must use no file by that path: it belongs to another directory.
   */
  readonly start?: (tools: {
    readonly log: Pick<Log, 'write'>
    readonly isScopeHere: () => boolean
  }) => void | Promise<void>
  /**
   * Returns the number of open uploads, drains and streams; 0 by default. HTTP requests are not included, because the
   * server counts them.
   */
  readonly inFlight?: () => number
  /**
   * Returns the number of events that may be sent now; 0 by default. While there are any, the daemon does not exit for
   * being idle.
   */
  readonly pending?: () => number
  /**
   * Called once, when the daemon begins to shut down. From then on the work must not start anything new, and must finish
   * or abandon what it has begun. If `start` has not settled by then, the daemon first waits for it, at most for the drain
   * time; if it does not resolve, `stop` is not called, because there may be nothing to stop or to save yet.
   */
  readonly stop?: () => void | Promise<void>
}

/**
 * The events that clients cause. `proof`: the server proved its identity to a client. `shutdown`: a client asked the
 * daemon to stop.
 */
export interface ClientEvents {
  proof: []
  shutdown: [reason: string]
}

export interface LifecycleOptions {
  readonly family: Family
  readonly scope: string
  /** Returns the state of the scope's directory. */
  readonly scopeState: () => ScopeState
  readonly platform: Platform
  readonly logFile: string
  readonly lock: HeldLock
  readonly timing: Required<Timing>
  readonly work?: Work
  readonly isInstallationChanged: () => boolean | null
  /**
   * True if the daemon runs in the caller's terminal and ends when that terminal is closed (SIGHUP). A background daemon
   * ignores SIGHUP.
   */
  readonly isForeground?: boolean
  readonly exit: (code: number) => void
  readonly server: Pick<DaemonServer, 'stopListening' | 'promised'>
  readonly record: OwnRecord
  readonly activity: Activity
  readonly clients: EventEmitter<ClientEvents>
  /** Aborted when the daemon begins to shut down. */
  readonly leaving: AbortController
  /** Holds back the requests for handlers and routes until the work has started. */
  readonly gate: StartGate
  /** How long the work may take to start, in milliseconds; null if that is not limited. */
  readonly startLimitMs: number | null
  readonly start: StartCause
}

/** Why this daemon was started, and by which process, for its log. */
export interface StartCause {
  readonly reason: string
  readonly previousVersion: string | null
  readonly starterPid: number | null
}

/**
 * Starts the life cycle of a daemon that was adopted, holds its lock and serves requests. From then on the daemon keeps
 * its record correct, cleans up stale daemons of the same scope, and ends when a retirement rule, a signal or a client
 * tells it to. Resolves to `started` when its work has started, and to `leaving` if it begins to shut down before. If its
 * work does not start, marks its record as stopped and rejects.
 */
export async function startLifecycle(options: LifecycleOptions): Promise<'started' | 'leaving'> {
  const { timing, work, clients } = options
  const log = openLog(options.logFile)
  const place = watchPlace(options)
  const report = (error: unknown): void => log.write('tick_failed', { why: String(error) })
  let begun: WorkStart | null = null
  const ending = { log, start: () => begun, markStopped: (reason: string) => keeper.stop(reason) }
  const leave = createLeave(options, ending)
  // This must happen before the record is written: a reader of the record may send a signal at once, and even then the
  // daemon must mark its record as stopped before it ends.
  const stopListening = leaveOnSignals(options, leave)
  const keeper = openKeeper(options, log, place, () => leaveIfLost(place, leave))
  const siblings = openSiblings(options, log, () => place.isSingleton() && keeper.rival() === null)
  logStart(log, options)
  clients.on('proof', siblings.request)
  // The daemon shuts down in the next turn of the event loop, so that the reply to this request is sent first.
  clients.on('shutdown', (reason) => setImmediate(() => void leave(reason, null)))
  const isScopeHere = (): boolean => place.state() === 'here'
  const start = (begun = startWork(work, { log, isScopeHere }))
  const tick = createTick(options, { log, place, keeper, siblings, leave, report, start })
  const ticking = setInterval(() => void tick().catch(report), timing.tickMs)
  siblings.request()
  try {
    const outcome = await awaitStart(start, options.leaving.signal, options.startLimitMs)
    options.activity.onStarted()
    options.gate.open()
    return outcome
  } catch (error) {
    clearInterval(ticking)
    stopListening()
    await abandonStart(options, ending)
    throw error
  }
}

/** The state of the scope and the lock, as the daemon sees them. */
interface Place {
  readonly state: () => ScopeState
  /** Returns whether this daemon is proven to be the daemon of its scope. */
  readonly isSingleton: () => boolean
  readonly isLockLost: () => boolean
}

function watchPlace({ scopeState: state, lock }: LifecycleOptions): Place {
  return {
    state,
    isSingleton: () => state() === 'here' && isHeld(lock) === 'yes',
    // The scope is checked after the lock: if the scope was deleted together with the lock file in it, the daemon must
    // not report that it lost its lock.
    isLockLost: () => isHeld(lock) === 'no' && state() === 'here',
  }
}

/** How long the lock file must be missing, so that renaming a directory away and back does not make its daemon exit. */
const LOST_MS = 500

/**
 * Applies rule R1 without waiting for the tick if the lock file is proven gone or replaced (`git clean -fdx`). The next
 * command starts another daemon, and two would serve at once.
 */
function leaveIfLost(place: Place, leave: Leave): void {
  if (!place.isLockLost()) return
  setTimeout(() => void (place.isLockLost() && leave('superseded', 'R1')), LOST_MS).unref()
}

function openKeeper(options: LifecycleOptions, log: Log, place: Place, onLost: () => void): RecordKeeper {
  const { family, scope, lock, record, timing } = options
  return keepRecord({
    family,
    lock,
    path: family.files(scope).record,
    record,
    log,
    lives: (named) => isRival(options, named),
    mayWrite: place.isSingleton,
    onLost,
    overwriteEveryMs: timing.overwriteEveryMs,
  })
}

function openSiblings(options: LifecycleOptions, log: Log, isSingleton: () => boolean): Siblings {
  const { family, scope, platform, timing, leaving } = options
  return watchSiblings({
    family,
    scope,
    platform,
    log,
    everyMs: timing.cleanEveryMs,
    mayClean: () => !leaving.signal.aborted && isSingleton(),
  })
}

interface TickTools {
  readonly log: Log
  readonly place: Place
  readonly keeper: RecordKeeper
  readonly siblings: Siblings
  readonly leave: Leave
  readonly report: (error: unknown) => void
  readonly start: WorkStart
}

/** Returns the function that the daemon runs every half minute: it checks the record, and whether the daemon must retire. */
function createTick(options: LifecycleOptions, tools: TickTools): () => Promise<void> {
  const { timing, work, lock, activity } = options
  const { log, place, keeper, siblings, leave, report, start } = tools
  let absentTicks = 0
  return async () => {
    log.limit()
    const state = place.state()
    absentTicks = state === 'absent' ? absentTicks + 1 : 0
    try {
      if (state === 'here') {
        touch(lock, report)
        await keeper.check()
      }
    } catch (error) {
      report(error)
      // A lack of resources says nothing about the record or the scope, so wait for the next tick.
      if (asLack(error) !== null) return
    }
    const isStarting = start.state() === 'starting'
    const rule = retirementOf({
      superseded: keeper.rival() !== null || place.isLockLost() ? 'yes' : 'no',
      absentTicks,
      installationChanged: tri(options.isInstallationChanged()),
      idleSeconds: activity.idleSeconds(),
      idleLimitSeconds: timing.idleMs / 1000,
      inFlight: activity.requests() + workInFlight(options, start) + activity.streams() + Number(isStarting),
      pending: isStarting ? 0 : (work?.pending?.() ?? 0),
    })
    if (rule === null) await siblings.tick()
    else await leave(rule.reason, rule.id)
  }
}

/** Updates the lock file's times, so that others can see when a crashed daemon was last alive. */
function touch(lock: HeldLock, report: (error: unknown) => void): void {
  try {
    lock.touch()
  } catch (error) {
    report(error)
  }
}

function logStart(log: Log, { record, start }: LifecycleOptions): void {
  log.write('started', {
    reason: start.reason,
    previous_version: start.previousVersion,
    version: record.package_version,
    pid: record.pid,
    port: record.port,
    by_pid: start.starterPid,
  })
}

/**
 * Returns whether this daemon still holds its lock. `unknown` after a system error, for example if memory is short or the
 * file system does not respond, because such an error does not mean that the lock is lost.
 */
function isHeld(lock: HeldLock): Tri {
  try {
    lock.assertHeld()
    return 'yes'
  } catch (error) {
    return error instanceof FamiliarError && error.code === 'E_LOCK_BUSY' ? 'no' : 'unknown'
  }
}

/**
 * Returns whether the process that a record names is a living daemon of this scope. No other process can supersede this
 * daemon, which holds the daemon lock, even if its start time is the recorded one. Throws `E_LOOK_FAILED` if not even
 * this process itself is found, because then no process can be read.
 */
async function isRival({ family, scope, platform }: LifecycleOptions, named: DaemonRecord): Promise<boolean> {
  if (named.pid === null) return false
  const alive = await platform.inspect([named.pid, process.pid], AbortSignal.timeout(2_000))
  if (!alive.has(process.pid)) throw new FamiliarError('E_LOOK_FAILED', 'cannot read the processes')
  const { command = null, user } = alive.get(named.pid) ?? {}
  const shape = command === null ? null : matchShapes(family.shapes, command)
  if (shape === null || namesLiving(named, alive) !== 'yes') return false
  if (shape.marker === null || shape.marker === scope) return true
  // A path that another user's process names is not opened.
  return user === alive.get(process.pid)?.user && isSameScope(shape.marker, scope)
}
