import { FamiliarError, type Connection } from 'familiar'
import {
  clockText,
  CommandError,
  connectDaemon,
  EXIT,
  note,
  parseOptions,
  untilText,
  type Io,
} from 'familiar/cli'
import { SYNC_NOW } from '../cli/describe/events.js'
import { runtimeRoot } from '../cli/runtime-root.js'
import { syncDaemon } from '../daemons/define-daemons.js'
import { describeAge, secondsSince } from '../sync/ages.js'
import { followDrain, isNothing, type Finished } from '../sync/daemon/follow-drain.js'
import { answerText, drainPrinter, type Explanation } from '../sync/daemon/print-drain.js'
import { homeTrouble } from '../sync/home-problem.js'
import { readLastWork } from '../sync/last-work.js'
import { lostNow, printLoss, type Lost } from '../sync/lost-events.js'
import { quarantinedDatabases } from '../sync/queue/quarantined-databases.js'
import { queuePath } from '../sync/queue/queue-path.js'
import type { QueueView } from '../sync/read-queue.js'
import { readSettings, type Settings } from '../sync/settings-table.js'
import { salvageHint } from '../sync/queue/queue-errors.js'
import { disabledBy, disablingVariables, readSkipReason, type SkipReason } from '../sync/start-policy.js'
import { forbidText, syncNow } from '../sync/why-daemon.js'
import { stoppedWatching } from '../sync/stopped-watching.js'
import { configList } from '../sync/why-backing-off.js'
import { skipText } from '../sync/why-nothing-leaves.js'
import { syncRestart, SWITCH_ON } from '../sync/why-restart.js'
import { knownReport } from '../sync/work-report.js'
import type { Why } from '../sync/why-types.js'
import { inHome } from '../cli/in-home.js'

/** Makes the daemon drain the queue, and shows the progress. */
export async function run(args: readonly string[], io: Io): Promise<number> {
  const beganAt = Date.now()
  const { json, timeout } = parseOptions(SYNC_NOW, args, { command: 'sync now' })
  const root = runtimeRoot(io)
  const asideBefore = new Set(quarantinedDatabases(queuePath(root)))
  const empty = await emptyWithoutDaemon(root)
  if (empty !== null) return endEmpty(empty, { root, isJson: json }, io)
  const connection = await connect(root, io)
  const until = timeout === undefined ? null : untilText(timeout * 1000)
  const print = drainPrinter(io, json, (attempts) => explain(root, attempts, io, beganAt), until)
  io.onInterrupt?.(print.soFar)
  const last: { error: string | null } = { error: null }
  try {
    const finished = await followDrain(connection, {
      onLine: (line) => {
        if (line.event === 'batch' || line.event === 'waiting') last.error = line.error
        if (line.event !== 'finished') print.line(line)
      },
      ...(timeout === undefined ? {} : { signal: AbortSignal.timeout(Math.ceil(timeout * 1000)) }),
    })
    const lost = await lostNow(root)
    print.line({ ...finished, lost_events: lost?.events ?? 0 })
    const queue = await readRemainder(root, finished)
    const aside = quarantinedDatabases(queuePath(root)).filter((one) => !asideBefore.has(one))
    if (aside.length === 0 || !isNothing(finished)) await print.end(finished, queue)
    if (isNothing(finished) && aside.length === 0) tellLastSync(root, json, io)
    if (aside.length > 0) throw putAside(aside)
    return lost === null ? exitFor(finished) : tellLost(lost, io)
  } catch (error) {
    if (!(error instanceof DOMException) || error.name !== 'TimeoutError') throw error
    const failed = last.error === null ? '' : `; the last error: ${last.error}`
    throw new CommandError(
      'E_SYNC_TIMEOUT',
      `the daemon was not done after ${timeout} s; ${await doing(root)}${failed}`,
      {
        hint: inHome`spec-kitty sync status`,
        exit: EXIT.tryAgain,
        cause: error,
      },
    )
  } finally {
    print.close()
  }
}

/** Where nothing waits, the daemon may just have sent it: it does so as soon as an event is queued. */
function tellLastSync(root: string, isJson: boolean, io: Io): void {
  const { lastSync } = readLastWork(root)
  const age = secondsSince(lastSync, Date.now())
  if (isJson || lastSync === null || age === null || age > JUST_SECONDS) return
  note(io, `the last event was sent at ${clockText(new Date(lastSync))}, ${describeAge(age)} ago`)
}

/** A success that is older is no answer to what the user has just queued. */
const JUST_SECONDS = 10 * 60

function tellLost(lost: Lost, io: Io): number {
  printLoss(lost, io)
  return EXIT.problem
}

/** Returns what the daemon does when the command stops watching. */
async function doing(root: string): Promise<string> {
  const { report } = await syncDaemon.at(root).status()
  const { requestServer, requestConnected, requestBytes } = knownReport(report?.details ?? null)
  if (requestServer === null) return 'it goes on'
  return `it ${answerText(requestServer, requestConnected, requestBytes)}, and goes on`
}

/**
 * Returns the queue if nothing waits and no daemon runs, because then no daemon needs to be started. Null if a daemon has
 * to check.
 */
async function emptyWithoutDaemon(root: string): Promise<QueueView | null> {
  const { readQueue } = await import('../sync/read-queue.js')
  const [read, { state }] = await Promise.all([readQueue(root), syncDaemon.at(root).status()])
  const isAbsent = state === 'none' || state === 'stopped' || state === 'crashed'
  return isAbsent && !('problem' in read) && read.queued === 0 ? read : null
}

/** Ends like a drain that found nothing to send. */
async function endEmpty(
  queue: QueueView,
  { root, isJson }: { readonly root: string; readonly isJson: boolean },
  io: Io,
): Promise<number> {
  const lost = await lostNow(root)
  const finished = { event: 'finished', sent: 0, kept: 0, held: 0, rejected: 0, reason: null } as const
  const print = drainPrinter(io, isJson, (attempts) => explain(root, attempts, io, Date.now()))
  print.line({ event: 'started', queued: 0 })
  print.line({ ...finished, lost_events: lost?.events ?? 0 })
  await print.end(finished, queue)
  tellLastSync(root, isJson, io)
  return lost === null ? EXIT.ok : tellLost(lost, io)
}

/** The switches by which the user forbids commands to start the daemon apply to this command too. */
async function connect(root: string, io: Io): Promise<Connection> {
  const reason = await readSkipReason(root, io.env, 'remote_required')
  try {
    return await connectDaemon(syncDaemon.at(root), io, { start: reason === null })
  } catch (error) {
    if (!(error instanceof FamiliarError) || error.code !== 'E_DAEMON_SKIPPED') throw error
    if (disabledBy(io.env) !== null && reason !== 'rollout_disabled') throw await disabled(root, io, error)
    const settings = await readSettings(root, io.env)
    const trouble = homeTrouble(root)
    const { unread } = await syncDaemon.at(root).status()
    const none = unread === undefined ? 'no sync daemon runs' : 'whether a sync daemon runs is not known'
    // Nothing in a home of another user can be corrected.
    const isTheirs = trouble !== null && trouble.command === null && trouble.wayOut === null
    const why =
      isTheirs && reason === 'policy_manual'
        ? trouble.problem
        : reason === null
          ? error.message
          : (unclearSwitch(reason, settings) ?? skipText(reason, settings))
    throw new CommandError('E_SYNC_NO_DAEMON', `${none}, and this command starts none: ${why}`, {
      // While hosted sync is off, a daemon would send nothing, so none is started.
      hint:
        reason === 'rollout_disabled'
          ? await switchOn(root, io)
          : (trouble?.command ??
            trouble?.wayOut ??
            (isTheirs ? 'spec-kitty explain F-021' : null) ??
            hintFor(reason, settings, error) ??
            inHome`spec-kitty sync start`),
      cause: error,
    })
  }
}

/** Returns the error with the words of `sync status`, if that has the same reason. A daemon may run, and must not be used. */
async function disabled(root: string, io: Io, cause: unknown): Promise<CommandError> {
  const why = await whyNow(root, io)
  const variables = disablingVariables(io.env)
  const isSame = why?.reason === 'no_daemon'
  const said = isSame ? why.sentence : `${forbidText(variables)} this command to use a sync daemon`
  const hint = isSame ? why.command : `unset ${variables.join(' ')} && ${syncNow()}`
  return new CommandError('E_SYNC_NO_DAEMON', said, { hint, cause })
}

/** Returns what is wrong with the value of the switch; null if it is not given, or turns hosted sync off as it should. */
function unclearSwitch(reason: SkipReason, { problems }: Settings): string | null {
  if (reason !== 'rollout_disabled') return null
  return problems.find((one) => one.includes(': SPEC_KITTY_ENABLE_SAAS_SYNC is ')) ?? null
}

/** Returns the same command that `sync status` suggests. */
async function switchOn(root: string, io: Io): Promise<string> {
  const why = await whyNow(root, io)
  return why?.reason === 'hosted_sync_disabled' ? why.command : SWITCH_ON
}

/** Even a daemon that is started by hand would send nothing while the configuration file is broken. */
function hintFor(
  reason: SkipReason | null,
  { brokenLine, fileCure, problems }: Settings,
  error: FamiliarError,
): string | null {
  if (reason === null) return error.hint
  if (reason !== 'policy_manual') return null
  if (fileCure !== null) return fileCure
  if (brokenLine !== null) return `correct ${brokenLine}, and run this again`
  return problems.length > 0 ? configList() : null
}

/**
 * Returns why events still wait, and the command that changes this. `attempts`: how many attempts have failed in a row
 * while this command ran, which began at `beganAt`.
 */
async function explain(root: string, attempts: number, io: Io, beganAt: number): Promise<Explanation | null> {
  const why = await whyNow(root, io)
  if (why === null) return null
  if (why.reason === 'backing_off') {
    return stoppedWatching(why, attempts)
  }
  const command = why.command.endsWith(syncNow())
    ? `spec-kitty explain ${why.reason}`
    : (why.shown ?? why.command)
  const rest = restText(why, beganAt)
  const before = why.before === undefined ? '' : `; ${why.before}`
  const also =
    why.reason === 'session_refused' && why.also?.includes(syncRestart()) === true ? why.also : undefined
  return {
    sentence: `${why.sentence}${rest}${before}`,
    command,
    ...(also === undefined ? {} : { also }),
  }
}

/** Says that this command did not try either, unless it was what met the refusal. */
function restText({ restsSince }: Why, beganAt: number): string {
  if (restsSince === undefined || Date.parse(restsSince) >= beganAt) return ''
  const at = clockText(new Date(restsSince))
  return `; that was at ${at}, and it was not tried again: the daemon rests until the session changes`
}

async function whyNow(root: string, io: Io): Promise<Why | null> {
  const [{ viewWork }, status] = await Promise.all([
    import('../sync/work-view.js'),
    syncDaemon.at(root).status(),
  ])
  const { why } = await viewWork(root, io.env, status)
  return why
}

/**
 * Returns the queue if it contains more information than the daemon's reply: why events are held, and what was rejected.
 * A daemon that cannot read the queue reports an empty one. In that case this throws `E_QUEUE_UNUSABLE`, with the message
 * of `sync status`.
 */
async function readRemainder(root: string, finished: Finished): Promise<QueueView | null> {
  if (!isNothing(finished) && finished.held + finished.rejected === 0) return null
  const { readQueue } = await import('../sync/read-queue.js')
  const read = await readQueue(root)
  if (!('problem' in read)) return read
  if (!isNothing(finished)) return null
  const hint = read.isDamaged ? salvageHint() : (read.command ?? 'spec-kitty explain queue_unusable')
  throw new CommandError('E_QUEUE_UNUSABLE', read.problem, { hint })
}

/** During this command the daemon has put a damaged queue aside, so the events in it were not sent. */
function putAside(paths: readonly string[]): CommandError {
  const text = `the queue was damaged: it was moved to ${paths.join(', ')}, and a new one started`
  return new CommandError('E_QUEUE_CORRUPT', text, {
    hint: salvageHint(),
  })
}

function exitFor({ kept, held, rejected, reason }: Finished): number {
  return kept + held + rejected === 0 && reason === null ? EXIT.ok : EXIT.problem
}
