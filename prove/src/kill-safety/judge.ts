import { truthsWithin, type Actor, type Cast } from './cast.js'
import { rulingsOf, type Doer, type Done } from './doer.js'
import type { Lateness } from '../stage/lateness.js'
import { rulingOf, type Asked } from './oracle.js'
import { leftBy, rowsOf, type Left } from './left.js'
import { readTrace, type Became, type Sent } from './trace.js'
import { daemonTruth } from './truth.js'

export interface Judged {
  readonly wrongful: readonly string[]
  /** The processes that had to be ended but are still alive. */
  readonly left: readonly string[]
  /** How many more processes were forgiven because they did not answer or end in time on a machine that was seen to be busy. */
  readonly unanswered: number
  /**
   * How many more processes were forgiven because an earlier command had signalled them before it was killed. They no
   * longer listen, so no scan sees them.
   */
  readonly closedBefore: number
  /** How many rulings there were, one for each command and process, and in how many of them the process may end or live. */
  readonly rulings: number
  readonly openRulings: number
  /** How many daemons of a command's own scope were ended by force because they did not answer in time. */
  readonly forcedInSilence: number
  readonly signals: number
  /** The time between the last check and the signal, in milliseconds, for each signal before which the process changed. */
  readonly overtaken: readonly number[]
}

export function doersOf(
  cast: Cast,
  done: readonly Done[],
  lateness: Pick<Lateness, 'isSeen'>,
): readonly Doer[] {
  const daemons = cast.cleaners.map(({ trace, startedAt, family, scope, vantage }): Doer => {
    const asked: Asked = { intent: family === 'sync' ? 'start' : 'board-start', scope, vantage, port: null }
    return {
      name: `the daemon of ${scope}`,
      asked,
      startedAt,
      over: null,
      command: null,
      trace: readTrace(trace),
      before: null,
      after: null,
      isBusy: lateness.isSeen(startedAt, Number.POSITIVE_INFINITY),
    }
  })
  const commands = done.map(({ command, over, before, after }): Doer => {
    const { asked, startedAt, index, trace } = command
    const from = asked.vantage === 'here' ? '' : ` from ${asked.vantage}`
    return {
      name: `${index}:${asked.intent}${from}`,
      asked,
      startedAt,
      over,
      command,
      trace: readTrace(trace),
      before,
      after,
      isBusy: lateness.isSeen(startedAt, over.at),
    }
  })
  return [...daemons, ...commands]
}

export function judge(cast: Cast, doers: readonly Doer[]): Judged {
  const started = doers
    .flatMap((doer) => doer.trace.became.map((became) => ({ doer, became })))
    .toSorted((one, other) => one.became.at - other.became.at)
  const signals = doers.flatMap((doer) =>
    doer.trace.sent.filter(({ signal }) => signal !== '0').map((sent) => ({ doer, sent })),
  )
  const silent = new Set<Actor | null>(
    cast.actors.filter((actor) => doers.some((doer) => isForcedInSilence(doer, actor))),
  )
  const overtaken = signals.filter(({ doer, sent }) => isOvertaken(cast, doer, sent))
  const wrongSignals = signals.flatMap((one) => {
    const { doer, sent } = one
    const isExplained = overtaken.includes(one) || silent.has(actorAt(cast, sent))
    const why = isExplained ? null : whyWrong(cast, doer, sent, started)
    return why === null ? [] : [`${doer.name} sent ${sent.signal} to ${why} (${sent.call} ${sent.to})`]
  })
  const hit = new Set([...silent, ...overtaken.map(({ sent }) => actorAt(cast, sent))])
  const wrongEnds = cast.actors
    .filter((actor) => !hit.has(actor))
    .flatMap((actor) => whyWronglyEnded(actor, doers))
  const left = doers.flatMap((doer) => leftBy(cast, doer, doers))
  const count = (forgiven: Left['forgiven']): number => left.filter((one) => one.forgiven === forgiven).length
  const rulings = doers.flatMap((doer) => openOf(cast, doer))
  return {
    wrongful: [...wrongSignals, ...wrongEnds],
    left: left.filter(({ forgiven }) => forgiven === null).map(({ text }) => text),
    unanswered: count('busy'),
    closedBefore: count('closed before'),
    rulings: rulings.length,
    openRulings: rulings.filter((isOpen) => isOpen).length,
    forcedInSilence: silent.size,
    signals: signals.filter(({ sent }) => sent.hasArrived).length,
    overtaken: overtaken.map(({ doer, sent }) => sent.at - (lastLook(doer, sent) ?? 0)),
  }
}

/**
 * Returns, for each process that existed when the command began, whether the specification leaves open if the command may
 * end it.
 */
function openOf({ actors }: Cast, doer: Doer): readonly boolean[] {
  const { over, before } = doer
  if (over === null || before === null) return []
  const there = actors.filter((actor) => before.get(actor)?.lives === true)
  return there.map((actor) => rulingsOf(doer, actor, over.at).includes('may end'))
}

/** The longest time that a program needs under strace from its last check of a process to the signal. */
const OVERTAKEN_MS = 25

/**
 * Returns whether the check was right but the process changed between the check and the signal. No program that signals
 * by pid can prevent this: docs/lifecycle.md names it as a limit. It is not forgiven if the command took too long between
 * the two although nothing stopped it.
 */
function isOvertaken(cast: Cast, doer: Doer, sent: Sent): boolean {
  const look = lastLook(doer, sent)
  if (look === null) return false
  const proven = actorAt(cast, { ...sent, at: look })
  const hit = actorAt(cast, sent)
  const isPrompt = sent.at - look <= OVERTAKEN_MS || doer.isBusy || doer.command?.isDisturbed === true
  return isPrompt && proven !== null && hit !== proven && mayEnd(doer, proven, look)
}

function lastLook({ trace }: Doer, { to, at }: Sent): number | null {
  return trace.looked.findLast((look) => look.pid === to && look.at <= at)?.at ?? null
}

interface StartedBy {
  readonly doer: Doer
  readonly became: Became
}

/**
 * Returns which process was wrongly signalled; null if the signal was right, or reached no process. `started` is in order of
 * time: of two processes with one pid, the later one had it when it was signalled.
 */
function whyWrong(cast: Cast, doer: Doer, sent: Sent, started: readonly StartedBy[]): string | null {
  if (sent.to === sent.from) return null
  if (!(sent.to > 1)) return 'a group or the first process'
  if (sent.isToNobody) return null
  // A command in its own pid namespace uses other pids, so only the end of a process can be judged there.
  if (doer.asked.vantage === 'pids') return null
  const actor = actorAt(cast, sent)
  const known = started.findLast(({ became }) => became.pid === sent.to && became.at <= sent.at)
  // The pid of a process that has ended may be that of a child of the command by now.
  const isLater = known !== undefined && known.became.at > (endOf(actor) ?? Number.POSITIVE_INFINITY)
  if (actor !== null && !isLater) return mayEnd(doer, actor, sent.at) ? null : actor.name
  if (!sent.hasArrived) return null
  if (known === undefined) return 'a process that the trial has not started'
  return maySignalStarted(doer, known) ? null : known.became.words
}

function endOf(actor: Actor | null): number | null {
  return actor?.endedByTrialAt ?? actor?.ending?.at ?? null
}

/** Returns the process that had the pid at that time. The pid belongs to it until the next process with that pid starts. */
function actorAt({ actors }: Cast, { to, at }: Sent): Actor | null {
  return actors.findLast(({ pid, bornAt }) => pid === to && bornAt <= at) ?? null
}

const OWN_MARKER =
  /spec-kitty-daemon\.js", "(sync|dashboard)", "--spec-kitty-(?:daemon-root|dashboard-project)=([^"]+)"/

/**
 * Returns whether the command may signal a daemon that a command started. Such a daemon is the daemon of its scope; a
 * command may also end a process that it has started itself.
 */
function maySignalStarted(doer: Doer, { doer: by, became }: StartedBy): boolean {
  const [, family, scope] = OWN_MARKER.exec(became.words) ?? []
  if (by === doer) return true
  if (family === undefined || scope === undefined) return false
  return [true, false].some((answers) => {
    const truth = daemonTruth(family as 'sync' | 'dashboard', 'own', scope, { singletonOf: [scope], answers })
    return rulingOf(doer.asked, truth, null, 0) !== 'must live'
  })
}

/**
 * Returns whether the command may end the process at that time, according to any of the facts that held since the command
 * began.
 */
function mayEnd(doer: Doer, actor: Actor, at: number): boolean {
  return rulingsOf(doer, actor, at).some((ruling) => ruling !== 'must live')
}

/** A daemon that proves the token of the scope's record may be asked to exit from anywhere it can be reached. */
function mayAskToLeave({ asked, startedAt }: Doer, actor: Actor, at: number): boolean {
  const isAsking = /stop|restart|start|hook/.test(asked.intent)
  return (
    isAsking &&
    truthsWithin(actor, startedAt, at).some(
      ({ implementation, singletonOf }) => implementation === 'own' && singletonOf.includes(asked.scope),
    )
  )
}

function whyWronglyEnded(actor: Actor, doers: readonly Doer[]): readonly string[] {
  const { ending, endedByTrialAt } = actor
  if (ending === null || endedByTrialAt !== null) return []
  const { at, signal } = ending
  // Only the parent of a grandchild knows how it ended.
  const isQuiet = signal === null || signal === 'unknown'
  const before = doers.filter(({ startedAt }) => startedAt <= at)
  if (before.some((doer) => mayEnd(doer, actor, at))) return []
  if (isQuiet && before.some((doer) => mayAskToLeave(doer, actor, at))) return []
  return [`${actor.name} ended (${signal ?? 'by itself'}) and must live`]
}

/**
 * Returns whether force ended a daemon of the command's own scope because it missed the limit of half a second on a busy
 * machine, and the report says so. The specification allows that. The trial knows only that the daemon would have
 * answered, but not when.
 */
function isForcedInSilence(doer: Doer, actor: Actor): boolean {
  const { asked, over, startedAt } = doer
  if (over === null || !/force/.test(asked.intent) || asked.vantage !== 'here' || !doer.isBusy) return false
  if (mayEnd(doer, actor, over.at)) return false
  const isHere = truthsWithin(actor, startedAt, over.at).some(({ singletonOf, isOtherUser, isBeyond }) => {
    const isOfScope = singletonOf.length === 1 && singletonOf[0] === asked.scope
    return isOfScope && !isOtherUser && !isBeyond
  })
  const rows = [...rowsOf(over, 'swept'), ...rowsOf(over, 'failed')]
  return (
    isHere &&
    rows.some((row) => row['pid'] === actor.pid && /unresponsive|survived/.test(String(row['reason'])))
  )
}
