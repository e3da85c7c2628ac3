import type { DaemonStatus } from 'familiar'
import type { Io } from 'familiar/cli'
import { homePrefix, inHome } from '../cli/in-home.js'
import { VERSION } from '../version.js'
import { diskProblem } from './queue/disk-problem.js'
import { homeTrouble } from './home-problem.js'
import {
  differences,
  isSendingAnyway,
  isWrongHere,
  isUsed,
  otherAtStart,
  restoring,
  startedWith,
  startEnvironment,
  type Difference,
  type Uses,
} from './start-environment.js'
import { gateSession, isSessionGiven, sessionCure, sessionServer, type SessionCure } from './gate-session.js'
import { cureWhere, onceFree, readQueue, type QueueProblem, type QueueView } from './read-queue.js'
import { lastStartFailure } from './last-start.js'
import { isRefusedAgain, isSessionRefused, readLastWork, unreadWork } from './last-work.js'
import { loginServer } from './login-command.js'
import { signInObstacle, type SignInObstacle } from './sign-in-obstacle.js'
import { isBackingOff, knownReport, type KnownReport } from './work-report.js'
import { disabledBy, disablingVariables, isManual, startForbiddenBy } from './start-policy.js'
import { quarantinedDatabases } from './queue/quarantined-databases.js'
import { queuePath } from './queue/queue-path.js'
import { lostIn, type Lost } from './lost-events.js'
import { isSwitchedOn, readSettings, type Settings } from './settings-table.js'
import { DEFAULT_QUEUE_SIZE } from './queue-size-limits.js'
import { inspectGate, type Obstacle } from './upload/gate.js'
import { proxyFor } from './upload/proxy.js'
import type { Gate } from './upload/upload-types.js'
import { furtherReasons, skipText, whyNothingLeaves } from './why-nothing-leaves.js'
import { mayRestart, worseHere } from './why-restart.js'
import type { Standing, Why } from './why-types.js'

/** Everything that is known about the work of a root's sync daemon, from its own report and from the files. */
export interface WorkView {
  readonly report: KnownReport
  /** Whether the server rejected the session when a daemon last used it. */
  readonly isRefused: boolean
  /** When the server last answered this daemon or an earlier one; null if unknown. */
  readonly lastSync: string | null
  /** The file that cannot be read, and may say when the server last answered an earlier daemon; null if there is none. */
  readonly unreadWork: string | null
  readonly isDaemonRunning: boolean
  readonly isDaemonCrashed: boolean
  /** The server for a sign-in; null if none is known. */
  readonly loginServer: string | null
  /** The server that refused the session, if that is why nothing leaves; otherwise null. */
  readonly refusedBy: string | null
  /** The command that lets the session be read, or stored; null if there is none. */
  readonly sessionCure: SessionCure | null
  /** Why no sign-in works here; null if nothing is known to be in the way. */
  readonly signInObstacle: SignInObstacle | null
  /** The gate as the daemon sees it or, if no daemon runs, as this command sees it. */
  readonly gate: Gate
  /** All obstacles that close the gate. */
  readonly obstacles: readonly Obstacle[]
  /** The queue; null if it cannot be read. */
  readonly queue: QueueView | null
  readonly queueProblem: string | null
  /** Whether the queue is damaged, so that its readable events can be saved. */
  readonly isQueueDamaged: boolean
  /** The command that cures the queue, for people; null if there is none. */
  readonly queueCommand: string | null
  /** The paths of damaged queues that were put aside. */
  readonly damagedQueues: readonly string[]
  /** The events that were lost with their file; null if none are known to be. */
  readonly lost: Lost | null
  /** The maximum number of events that may wait. */
  readonly maxQueueSize: number
  readonly why: Why | null
  /** What else keeps events from leaving after the first reason is solved. */
  readonly further: readonly Why[]
  readonly differences: readonly Difference[]
  /** Whether none of the differences matters to a connection to the server. */
  readonly isDifferenceUnused: boolean
  /** Whether a restart may be suggested to give the daemon the variables that are set here. */
  readonly isRestartProposed: boolean
  /** What would keep events from leaving if the daemon had the settings of this shell; null if nothing more than now. */
  readonly worseHere: Obstacle | null
  /** Whether the daemon sends although this shell has turned hosted sync off. */
  readonly isSendingAnyway: boolean
  /** Whether hosted sync is on for this command. */
  readonly isHostedHere: boolean
  readonly settings: Settings
  /** Why the home is not writable, so that no daemon can start there; null if it is writable. */
  readonly homeProblem: string | null
  /** The command after which something can; null if there is none. */
  readonly homeCommand: string | null
  /** Why the disk of the home is full, so that no event can be queued, even while a daemon runs; null if it has room. */
  readonly diskProblem: string | null
}

/** The states in which a daemon uses the home but cannot be reached by this command. */
const AWAY: ReadonlySet<DaemonStatus['state']> = new Set(['unreachable', 'elsewhere'])

const ABSENT: ReadonlySet<DaemonStatus['state']> = new Set(['none', 'stopped', 'crashed'])

/**
 * Reads the view. Starts and changes nothing. `stop`: the command that ends a daemon that does not answer, if it is known
 * which daemon that is.
 */
export async function viewWork(
  root: string,
  env: Io['env'],
  status: DaemonStatus,
  stop = inHome`spec-kitty sync stop`,
): Promise<WorkView> {
  const report = knownReport(status.report?.details ?? null)
  const differing = differences(report.environment, startEnvironment(env))
  const gateOptions = { root, env, session: () => gateSession(root) }
  const envThere = asTheDaemon(env, report)
  const [settings, there, own, here, read] = await Promise.all([
    readSettings(root, env),
    readSettings(root, envThere),
    inspectGate({ ...gateOptions, env: envThere }),
    differing.length === 0 ? null : inspectGate(gateOptions),
    readQueue(root),
  ])
  // A session that has ended, or is not there, cannot be refused: that is one reason.
  const isRefused =
    isSessionRefused(root, report) && !own.obstacles.some(isOneOf('no_session', 'session_unreadable'))
  // A rejection by the server that only an earlier daemon experienced is less important than a present obstacle.
  // What a daemon that was started since has met is what keeps the events here now; the refusal is a remark then.
  const wasRefused = isRefused && !report.refused && isBackingOff(report)
  const isFirst = report.refused || (own.gate.state === 'open' && !wasRefused)
  const refusal = { reason: 'session_refused', detail: report.refused ? report.lastError : null } as const
  const gate: Gate = isRefused && isFirst ? { state: 'closed', ...refusal } : own.gate
  const lostFile = await lostQueue(root, report)
  const problem = lostFile ?? ('problem' in read ? read : lockedBy(read))
  // What waits in a locked queue can be read.
  const queue = lostFile !== null || 'problem' in read ? null : read
  const queueProblem = problem?.problem ?? null
  const isQueueDamaged = problem?.isDamaged === true
  const serverOfSession = sessionServer(root)
  const server = loginServer(settings, serverOfSession)
  const isDaemonRunning = status.state === 'running'
  const isHostedHere = isSwitchedOn(settings, 'sync.hosted')
  const error = { kind: report.lastErrorKind, text: report.lastError }
  // Beside a lower-case name of this shell, which is preferred, an upper-case one of the daemon would not count.
  const uses = usesOf(gate, [env, report.environment ?? {}])
  const isRestartHarmless = isOwnDaemon(status) && (isHostedHere || homePrefix(env) === '')
  const forbiddenBy = startForbiddenBy(settings)
  const isStartable = disabledBy(env) === null && (isDaemonRunning || forbiddenBy === null)
  const trouble = homeTrouble(root)
  const disk = diskProblem(root)
  const cure = sessionCure(root)
  const inTheWay = signInObstacle(root, settings)
  const standing: Standing = {
    gate,
    // The daemon reports a rejected session first; the files may show further obstacles.
    obstacles:
      isRefused && !wasRefused
        ? isFirst
          ? [refusal, ...own.obstacles]
          : [...own.obstacles, refusal]
        : own.obstacles,
    queued: queue?.queued ?? 0,
    queueProblem,
    isQueueDamaged,
    // Hosted sync that is off is a reason before this one.
    queueCommand: cureWhere(isStartable, problem),
    held: queue?.held ?? [],
    isDaemonRunning,
    wedgedStop: status.state === 'wedged' ? stop : null,
    away: AWAY.has(status.state) ? status.state : null,
    isHomeMoved: status.state === 'elsewhere' && status.report?.details['scope_gone'] === true,
    startFailure: ABSENT.has(status.state) ? lastStartFailure(root) : null,
    isRestartHarmless,
    isHostedHere,
    homeProblem: trouble?.problem ?? null,
    isDiskFull: trouble !== null && trouble.problem === disk,
    wayOut: trouble?.wayOut ?? null,
    wayOutCommand: trouble?.command ?? null,
    // If a variable forbids a start, `sync now` does not start a daemon even after the correction.
    brokenLine: isDaemonRunning || !isSwitchedOn(settings, 'sync.disabled') ? settings.brokenLine : null,
    // What a file says that can be opened, or moved away, is known after that.
    startForbidden:
      forbiddenBy === null || (forbiddenBy === 'policy_manual' && settings.fileCure !== null)
        ? null
        : skipText(forbiddenBy, settings),
    disabledBy: disabledBy(env),
    disabling: disablingVariables(env),
    isManual: isManual(settings),
    loginServer: server,
    sessionServer: serverOfSession,
    // The variable of this shell may name another server than the one that the daemon sends to.
    addressSource: there.get('sync.server_url').source,
    isServerOfSession: there.get('sync.server_url').source.kind === 'default',
    isOtherAddress: differing.some(({ variable }) => variable === 'SPEC_KITTY_SAAS_URL'),
    isTokenGiven: isSessionGiven(root),
    sessionCure: cure,
    // What is wrong with the settings is a reason of its own, before a sign-in.
    signInObstacle:
      inTheWay?.id === 'F-012' && own.obstacles.some(isOneOf('config_unreadable')) ? null : inTheWay,
    configCure: settings.fileCure,
    obstaclesHere: here?.obstacles ?? null,
    lastError: report.lastError,
    lastErrorKind: report.lastErrorKind,
    stuckError: report.stuckError,
    stuckEventId: report.stuckEventId,
    refusedAt: report.refusedAt,
    isRefusedAgain: isRefusedAgain(root),
    wasRefused,
    otherAtStart: otherAtStart(differing, error, uses),
    restoring: restoring(differing, error, uses),
    isTryingAgain: report.running === true && (report.failures ?? 0) > 0,
    nextAttemptAt: report.nextAttemptAt,
  }
  const why = whyNothingLeaves(standing)
  return {
    report,
    isRefused,
    lastSync: report.lastSync ?? readLastWork(root).lastSync,
    unreadWork: unreadWork(root, status.record !== null),
    isDaemonRunning,
    isDaemonCrashed: status.state === 'crashed',
    loginServer: server,
    refusedBy: gate.state === 'closed' && gate.reason === 'session_refused' ? serverOfSession : null,
    sessionCure: cure,
    signInObstacle: inTheWay,
    gate,
    obstacles: own.obstacles,
    queue,
    queueProblem,
    isQueueDamaged,
    queueCommand: cureWhere(isStartable && !own.obstacles.some(isOneOf('hosted_sync_disabled')), problem),
    damagedQueues: quarantinedDatabases(queuePath(root)),
    lost: lostIn(root, report, 'problem' in read ? undefined : read.lost),
    maxQueueSize: maxQueueSizeOf(settings),
    why,
    further: furtherReasons(standing),
    differences: differing,
    isDifferenceUnused: gate.state === 'open' && !differing.some((one) => isUsed(one, uses)),
    isRestartProposed: mayRestart(standing) && !differing.some(isWrongHere),
    worseHere: worseHere(standing),
    isSendingAnyway: isSendingAnyway(differing, env),
    isHostedHere,
    settings,
    homeProblem: trouble?.problem ?? null,
    homeCommand: trouble?.command ?? null,
    diskProblem: disk,
  }
}

function lockedBy({ lockProblem = null }: QueueView): QueueProblem | null {
  return lockProblem === null ? null : { problem: lockProblem, isDamaged: false, command: onceFree() }
}

/** Returns a function that says whether an obstacle has one of these reasons. */
function isOneOf(...wanted: readonly Obstacle['reason'][]): (one: Obstacle) => boolean {
  return ({ reason }) => wanted.includes(reason)
}

/** The file at the path says nothing about the events in the one that the daemon has open. */
async function lostQueue(root: string, { queueLost }: KnownReport): Promise<QueueProblem | null> {
  if (queueLost === null) return null
  const { lostProblem } = await import('./queue-remedy.js')
  return lostProblem(root, queueLost)
}

/** Returns what a connection to the server uses, in the daemon or in this shell; everything if the server is not known. */
function usesOf(
  gate: Gate,
  environments: readonly Readonly<Record<string, string | null | undefined>>[],
): Uses {
  if (gate.state !== 'open') return { isTls: true, isProxied: true }
  const url = new URL(gate.serverUrl)
  const isProxied = environments.some((env) => {
    try {
      const given = Object.entries(env).map(([name, value]) => [name, value ?? undefined])
      return proxyFor(url, Object.fromEntries(given)) !== null
    } catch {
      return true
    }
  })
  return { isTls: url.protocol === 'https:', isProxied }
}

function isOwnDaemon({ state, implementation, report }: DaemonStatus): boolean {
  return state === 'running' && implementation !== 'predecessor' && report?.packageVersion === VERSION
}

function maxQueueSizeOf(settings: Settings): number {
  const found = settings.get('sync.max_queue_size')
  return found.state === 'right' ? found.value : DEFAULT_QUEUE_SIZE
}

/**
 * Returns the environment from the daemon's point of view: it keeps some variables from its start and, like this command,
 * reads everything else each time.
 */
function asTheDaemon(env: Io['env'], { environment }: KnownReport): Io['env'] {
  return environment === null ? env : { ...env, ...startedWith(environment) }
}
