import { clockText, splitComment } from 'familiar/cli'
import { loginCommands } from './login-command.js'
import type { SessionCure } from './gate-session.js'
import type { Settings } from './settings-table.js'
import type { SkipReason } from './start-policy.js'
import type { Obstacle } from './upload/gate.js'
import type { ClosedReason } from './upload/upload-types.js'
import { salvageCommand } from './queue/queue-errors.js'
import { firstHeld, heldReasons, isHeld, withDetail } from './why-held.js'
import {
  HOSTED_OFF,
  isOnly,
  isStarting,
  syncNow,
  syncStart,
  whyNoDaemon,
  whyOff,
  whyWedged,
} from './why-daemon.js'
import { mayRestart, restartCommand, startedText } from './why-restart.js'
import { configList, whyBackingOff } from './why-backing-off.js'
import { otherServerRemedy, serverToAsk } from './why-other-server.js'
import { homeRemedy } from './sign-in-obstacle.js'
import type { Standing, Why } from './why-types.js'

/** A variable that a command sets is lost when its shell ends. */
export const FOR_THIS_SHELL = 'for this shell; put the export in your profile to keep it'

/** The sentence for each reason; `detail` is appended to it. If no command is given, the remedy is to sign in. */
const CLOSED: Readonly<
  Record<ClosedReason, { readonly text: string; readonly command: (() => string) | null }>
> = {
  hosted_sync_disabled: { text: HOSTED_OFF, command: null },
  config_unreadable: { text: 'the configuration is wrong', command: configList },
  no_session: { text: 'you are not signed in', command: null },
  session_unreadable: { text: 'the session cannot be read', command: null },
  no_server: { text: 'no usable server is set', command: null },
  insecure_server: { text: 'the server is not safe to send to', command: configList },
  other_server: { text: 'the session is for another server', command: null },
  session_refused: { text: 'the server refused the session', command: null },
}

const SKIPPED: Readonly<Record<SkipReason, string>> = {
  'SPEC_KITTY_SYNC_DISABLE is set': 'SPEC_KITTY_SYNC_DISABLE is set',
  rollout_disabled: CLOSED.hosted_sync_disabled.text,
  intent_local_only: 'it needs no sync daemon',
  policy_manual: 'background_daemon in config.toml is "manual"',
}

/** The reasons for which the gate is closed, in the order in which they are checked. */
export const CLOSED_REASONS = Object.keys(CLOSED) as readonly ClosedReason[]

/** Returns whether the reason stops the events of every project, and not only those of one. */
export function isClosed(reason: string): reason is ClosedReason {
  return Object.hasOwn(CLOSED, reason)
}

/**
 * Returns why no events leave, or why some of them stay; null if all waiting events are being sent, or if nothing
 * prevents that.
 */
export function whyNothingLeaves(standing: Standing): Why | null {
  const { queued, held, isDaemonRunning, nextAttemptAt } = standing
  const [inTheWay] = beforeAnyProject(standing)
  if (inTheWay !== undefined) return inTheWay
  if (queued === 0) return null
  const count = held.reduce((sum, one) => sum + one.count, 0)
  const first = held[0]
  if (first !== undefined && count >= queued) return { ...firstHeld(first, held), lead: 'what waits stays' }
  if (!isDaemonRunning) return whyNoDaemon(standing)
  if (nextAttemptAt !== null || standing.isTryingAgain === true)
    return roomFirst(whyBackingOff(standing, nextAttemptAt), standing)
  if (first === undefined) return null
  const { brief, sentence, ...why } = firstHeld(first, held)
  const some = `${count} of ${queued} events stay`
  return {
    ...why,
    isAll: false,
    sentence: `${some}: ${sentence}`,
    ...(brief === undefined ? {} : { brief: `${some}: ${brief}` }),
  }
}

/**
 * Returns the reasons that stop the events of every project, in the order in which a user should deal with them.
 * Hosted sync that is off may be a choice, so it comes first. Problems on this machine are next, because before they are
 * repaired, a sign-in may not be stored and does not start a daemon.
 */
function beforeAnyProject(standing: Standing): readonly Why[] {
  const { gate, obstacles = [], queueProblem } = standing
  const closed = gate.state === 'closed' ? [gate, ...obstacles].map((one) => whyClosed(one, standing)) : []
  const isOff = gate.state === 'closed' && gate.reason === 'hosted_sync_disabled'
  const [unwritable, wedged] = [whyUnwritable(standing), whyWedged(standing)]
  const all = [
    ...(isOff ? closed.slice(0, 1) : []),
    ...(unwritable === null ? [] : [unwritable]),
    ...(wedged === null ? [] : [wedged]),
    ...(queueProblem === null ? [] : [whyUnusable(queueProblem, standing)]),
    ...closed,
  ]
  const end = unwritable === null ? all.length : all.indexOf(unwritable) + 1
  const seen = all.slice(0, end)
  return seen.filter((one, index) => seen.findIndex(({ reason }) => reason === one.reason) === index)
}

/**
 * Returns what will still keep events from leaving after the reason from `whyNothingLeaves` is solved, so that the user need not
 * ask again after each one. A home that is not writable has no further reasons, because no other remedy works there.
 */
export function furtherReasons(standing: Standing): readonly Why[] {
  const { queued, held, isDaemonRunning } = standing
  const first = whyNothingLeaves(standing)
  if (first === null) return []
  const before = beforeAnyProject(standing)
  if (before.some(({ reason }) => reason === 'home_unwritable')) return before.slice(1)
  const all = [
    ...before,
    ...(queued === 0 ? [] : heldReasons(held)),
    ...(queued === 0 || isDaemonRunning ? [] : [whyNoDaemon(standing)]),
  ]
  const isStarted = [first, ...all].some((one) => one.reason !== 'no_daemon' && isStarting(one))
  return all.filter(
    ({ reason, command }) =>
      (reason !== first.reason || (isHeld(reason) && command !== first.command)) &&
      !(isStarted && (command === syncNow() || command === syncStart())),
  )
}

/** Returns a reason as one sentence for people; `said` instead of its own sentence. */
export function whyText({ isAll, lead = 'nothing leaves', sentence }: Why, said = sentence): string {
  return isAll ? `${lead}: ${said}` : said
}

/** A queue that failed on a full disk fails again until there is room. */
function roomFirst(why: Why, { isDiskFull, lastErrorKind, wayOut = null }: Standing): Why {
  const isFull = isDiskFull === true && lastErrorKind === 'queue' && wayOut !== null
  return isFull ? { ...why, before: `${wayOut}; then` } : why
}

/** What this command cannot do may still be possible for the daemon. */
const MAY_STAY = 'events may stay here'

/**
 * Returns in words why commands may not start the sync daemon on their own. If a setting is wrong or unreadable, the text
 * names its position.
 */
export function skipText(reason: SkipReason, settings: Settings): string {
  const policy = settings.get('sync.background_daemon')
  return reason === 'policy_manual' && policy.state === 'wrong' ? policy.problem : SKIPPED[reason]
}

/** Returns in words why a drain left events behind: a reason of the gate, or the server's message. */
export function reasonText(reason: string): string {
  return isClosed(reason) ? CLOSED[reason].text : reason
}

/**
 * Returns a reason as JSON. Names and meanings are permanent. `command` runs as printed. `command_shown` is the one that
 * people see; it may have a placeholder (HOST, FILE), or need a variable.
 */
export function whyDocument(why: Why | null): object | null {
  if (why === null) return null
  const { reason, sentence, command, shown = command, isAll } = why
  const [commandShown] = splitComment(shown)
  return { reason, sentence, command, command_shown: commandShown, is_all: isAll }
}

/** A script does not get the command that repairs the queue: it has a placeholder, or moves a file of the user. */
function whyUnusable(problem: string, standing: Standing): Why {
  const { isQueueDamaged = false, queueCommand = null, isDaemonRunning } = standing
  const command = 'spec-kitty explain queue_unusable'
  const salvage = `${salvageCommand()}  # puts it aside, and saves what can be read of it`
  const cure = isQueueDamaged ? salvage : queueCommand
  const shown = cure === null ? {} : { shown: cure }
  const lead = isDaemonRunning ? { lead: MAY_STAY } : {}
  return { reason: 'queue_unusable', sentence: problem, command, ...shown, isAll: true, ...lead }
}

/** In a home that is not writable, no session and no event can be stored. */
function whyUnwritable(standing: Standing): Why | null {
  const { homeProblem = null, wayOut = null, wayOutCommand = null, isDaemonRunning, isDiskFull } = standing
  if (homeProblem === null || isDaemonRunning) return null
  return {
    reason: 'home_unwritable',
    sentence: homeProblem,
    ...homeRemedy({ wayOut, command: wayOutCommand }),
    isAll: true,
    ...(isDiskFull === true ? { lead: MAY_STAY } : {}),
  }
}

/** Returns why no events may leave at all. */
function whyClosed({ reason, detail }: Obstacle, standing: Standing): Why {
  const { isTokenGiven = false, isServerOfSession = false, signInObstacle: inTheWay = null } = standing
  const { command } = CLOSED[reason]
  const { text, server, also } = serverToAsk(reason, CLOSED[reason].text, standing)
  const sentence = withDetail(text, detail)
  if (reason === 'hosted_sync_disabled') return whyOff(standing)
  const started = startedText({ reason, detail }, standing)
  if (started !== null)
    return {
      reason,
      sentence: withDetail(started, detail),
      command: restartCommand(standing),
      isAll: true,
    }
  // `config list` shows only settings, and this server comes from the session.
  const isOfSession = reason === 'insecure_server' && isServerOfSession
  if (command !== null && !isOfSession)
    return {
      reason,
      sentence,
      command: command(),
      ...(correctedVariable({ reason, detail }, standing) ??
        (reason === 'config_unreadable' ? corrected(standing) : {})),
      isAll: true,
    }
  if (reason === 'other_server') return { reason, sentence, ...otherServerRemedy(standing), isAll: true }
  const login = loginCommands(server, reason, isTokenGiven, inTheWay)
  const cure = reason === 'session_unreadable' ? usableCure(standing) : null
  const refused = reason === 'session_refused' ? refusal(text, detail, standing) : {}
  return {
    reason,
    sentence,
    ...refused,
    ...(cure === null ? login : afterCure(cure, reason, login)),
    ...(also === undefined ? {} : { also }),
    isAll: true,
  }
}

/** While no sign-in works, only a cure without one helps. */
function usableCure({ sessionCure: cure = null, signInObstacle = null }: Standing): SessionCure | null {
  return signInObstacle === null || cure?.isEnough === true ? cure : null
}

/** A 403 with words, or with a web page, may be about something else than the session: the words come first. */
const SPOKEN = /answered 403 (?:\(|with )/

const SAME_SESSION = 'only if the session was not at fault: tries again with the same one'

/** The daemon rests until the session changes, but a new one tries again with the same. */
function refusal(text: string, detail: string | null, standing: Standing): Partial<Why> {
  const { refusedAt = null, isDaemonRunning, restoring = '' } = standing
  const isSpoken = detail !== null && SPOKEN.test(detail)
  const since =
    refusedAt === null ? '' : `; it has not been tried again since ${clockText(new Date(refusedAt))}`
  // A restart after which the same session was refused again is no remedy.
  const canRestart =
    isDaemonRunning && restoring !== null && standing.isRefusedAgain !== true && mayRestart(standing)
  return {
    ...(isSpoken ? { sentence: `${detail}, so nothing is sent with this session` } : {}),
    ...(detail === null ? {} : { brief: `${isSpoken ? detail : text}${since}` }),
    ...(refusedAt === null ? {} : { restsSince: refusedAt }),
    ...(canRestart ? { also: `${restoring}${restartCommand(standing)}  # ${SAME_SESSION}` } : {}),
  }
}

/** A script does not get a command that moves or opens something of the user. */
export function afterCure(
  cure: SessionCure,
  id: string,
  { command, shown = command }: ReturnType<typeof loginCommands>,
): { readonly command: string; readonly shown: string } {
  return {
    command: `spec-kitty explain ${id}`,
    shown: cure.isEnough ? cure.command : `${cure.command} && ${shown}`,
  }
}

/**
 * `config list` shows no setting of a file that cannot be read, but the wrong line is known. After it is corrected, the
 * events can be sent, unless there is another obstacle.
 */
function corrected(standing: Standing): Pick<Why, 'before' | 'shown'> {
  const { brokenLine = null, configCure = null } = standing
  if (configCure !== null) return { shown: configCure }
  if (brokenLine === null) return {}
  return isOnly('config_unreadable', standing)
    ? { before: `correct ${brokenLine}, and send what waits`, shown: syncNow() }
    : { before: `correct ${brokenLine}, and look whether it is right`, shown: configList() }
}

/**
 * Returns what to do about a variable with a wrong server; null if the server is set in the file. `config list` shows what is
 * wrong, and corrects nothing. A daemon that runs keeps the value of its start.
 */
function correctedVariable(
  { reason, detail }: Obstacle,
  standing: Standing,
): Pick<Why, 'before' | 'shown'> | null {
  const { addressSource, isDaemonRunning } = standing
  const variable = addressSource?.kind === 'environment' ? addressSource.variable : null
  if (variable === null) return null
  if (reason === 'config_unreadable' && detail?.startsWith(`${variable} `) !== true) return null
  const first = `correct ${variable} in this shell`
  if (!isOnly(reason, standing))
    return { before: `${first}, and look whether it is right`, shown: configList() }
  return isDaemonRunning
    ? { before: `${first}, and start the daemon anew`, shown: restartCommand(standing) }
    : { before: `${first}, and send what waits`, shown: syncNow() }
}
