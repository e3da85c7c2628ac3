import { clockText, shellQuote } from 'familiar/cli'
import { loginCommands } from './login-command.js'
import type { Settings } from './settings.js'
import type { SkipReason } from './start-policy.js'
import type { Obstacle } from './upload/gate.js'
import type { ClosedReason, HeldReason } from './upload/upload-types.js'
import { mayRestart, restartCommand, startedText, SWITCH_ON } from './why-restart.js'
import type { HeldProject, Standing, Why } from './why-types.js'

const LIST = 'spec-kitty config list'
export const NOW = 'spec-kitty sync now'
/** What to say of a server that fails, where a command can only try at once. */
const PATIENCE = 'tries at once; nothing to do if the server comes back'
const START = 'spec-kitty sync start'

/** A switch that a command sets ends with its shell. */
export const FOR_THIS_SHELL = 'for this shell; put the export in your profile to keep it'

/** The sentence for each reason; `detail` is put after it. If no command is given, the remedy is to sign in. */
const CLOSED: Readonly<Record<ClosedReason, { readonly text: string; readonly command: string | null }>> = {
  hosted_sync_disabled: { text: 'hosted sync is off (SPEC_KITTY_ENABLE_SAAS_SYNC)', command: null },
  config_unreadable: { text: 'the configuration is wrong', command: LIST },
  no_session: { text: 'you are not signed in', command: null },
  session_unreadable: { text: 'the session cannot be read', command: null },
  no_server: { text: 'no usable server is set', command: null },
  insecure_server: { text: 'the server is not safe to send to', command: LIST },
  other_server: { text: 'the session is for another server', command: null },
  session_refused: { text: 'the server refused the session', command: null },
}

const HELD: Readonly<Record<HeldReason, (project: string) => string>> = {
  no_consent: (project) => `${project} has not opted in`,
  consent_unreadable: (project) => `the consent of ${project} cannot be read`,
  project_missing: (project) => `${project} is not there any more`,
  other_project: (project) => `another project is in ${project} now`,
}

const SKIPPED: Readonly<Record<SkipReason, string>> = {
  'SPEC_KITTY_SYNC_DISABLE is set': 'SPEC_KITTY_SYNC_DISABLE is set',
  rollout_disabled: CLOSED.hosted_sync_disabled.text,
  intent_local_only: 'it needs no sync daemon',
  policy_manual: 'background_daemon in config.toml is "manual"',
}

/** The reasons for which the gate is closed, in the order in which they are checked. */
export const CLOSED_REASONS = Object.keys(CLOSED) as readonly ClosedReason[]

/** Returns whether a reason keeps the events of every project here. */
export function isClosed(reason: string): reason is ClosedReason {
  return Object.hasOwn(CLOSED, reason)
}

/** Returns why nothing leaves, or why some of it stays; null if all that waits is on its way, or nothing is in the way. */
export function whyNothingLeaves(standing: Standing): Why | null {
  const { gate, queued, queueProblem, held, isDaemonRunning, nextAttemptAt } = standing
  if (gate.state === 'closed' && gate.reason === 'hosted_sync_disabled') return whyClosed(gate, standing)
  const unwritable = whyUnwritable(standing)
  if (unwritable !== null) return unwritable
  if (gate.state === 'closed') return whyClosed(gate, standing)
  if (queueProblem !== null) return whyUnusable(queueProblem)
  if (queued === 0) return null
  const count = held.reduce((sum, one) => sum + one.count, 0)
  const first = held[0]
  if (first !== undefined && count >= queued) return whyHeld(first, held.length - 1)
  if (!isDaemonRunning) return whyWedged(standing) ?? whyNoDaemon(standing)
  if (nextAttemptAt !== null) return whyBackingOff(standing, nextAttemptAt)
  if (first === undefined) return null
  const why = whyHeld(first, held.length - 1)
  return { ...why, isAll: false, sentence: `${count} of ${queued} events stay: ${why.sentence}` }
}

/**
 * Returns what will still keep events here after the reason that `whyNothingLeaves` names is solved, so that the user
 * need not ask again after each one.
 */
export function furtherReasons(standing: Standing): readonly Why[] {
  const { gate, obstacles = [], queued, queueProblem, held, isDaemonRunning } = standing
  const first = whyNothingLeaves(standing)
  if (first === null) return []
  const unwritable = whyUnwritable(standing)
  const all = [
    ...(unwritable === null ? [] : [unwritable]),
    ...(gate.state === 'closed' ? obstacles.map((one) => whyClosed(one, standing)) : []),
    ...(queueProblem === null || queueProblem === unwritable?.sentence ? [] : [whyUnusable(queueProblem)]),
    ...(queued === 0 ? [] : heldReasons(held)),
    ...(queued === 0 || isDaemonRunning ? [] : [whyWedged(standing) ?? [], whyNoDaemon(standing)].flat()),
  ]
  // The remedies for hosted sync that is off and for a broken file also start the daemon.
  const isStarted =
    [NOW, START].some((command) => first.command === `${SWITCH_ON} && ${command}`) ||
    [first, ...all].some(({ before }) => before !== undefined)
  return all.filter(
    ({ reason, command }, index) =>
      reason !== first.reason &&
      (isHeld(reason) || all.findIndex((one) => one.reason === reason) === index) &&
      !(isStarted && (command === NOW || command === START)),
  )
}

/** How many projects that are held for other reasons than the first one are named too. Each has its own command. */
const MAX_OTHERS = 3

function heldReasons(held: readonly HeldProject[]): readonly Why[] {
  const [first] = held
  if (first === undefined) return []
  const others = held.filter(({ reason }) => reason !== first.reason).slice(0, MAX_OTHERS)
  return [whyHeld(first, held.length - 1), ...others.map((one) => whyHeld(one))]
}

function isHeld(reason: string): boolean {
  return Object.hasOwn(HELD, reason)
}

/** Returns a reason as one sentence for people. */
export function whyText({ isAll, sentence }: Why): string {
  return isAll ? `nothing leaves: ${sentence}` : sentence
}

/**
 * Returns in words why commands may not start the sync daemon on their own. For a setting that is wrong or cannot be read, the
 * words name its place.
 */
export function skipText(reason: SkipReason, settings: Settings): string {
  const policy = settings.get('sync.background_daemon')
  return reason === 'policy_manual' && policy.state === 'wrong' ? policy.problem : SKIPPED[reason]
}

/** Returns in words why a drain left events behind: a reason of the gate, or the server's message. */
export function reasonText(reason: string): string {
  return isClosed(reason) ? CLOSED[reason].text : reason
}

/** Returns a reason as JSON. Names and meanings are permanent. */
export function whyDocument(why: Why | null): object | null {
  if (why === null) return null
  const { reason, sentence, command, isAll } = why
  return { reason, sentence, command, is_all: isAll }
}

function whyUnusable(problem: string): Why {
  const command = 'spec-kitty explain queue_unusable'
  return { reason: 'queue_unusable', sentence: problem, command, isAll: true }
}

/**
 * In a home that cannot be written, no sign-in and no event can be stored, so this comes before every reason whose remedy
 * writes something.
 */
function whyUnwritable({ homeProblem = null, isDaemonRunning }: Standing): Why | null {
  if (homeProblem === null || isDaemonRunning) return null
  return {
    reason: 'home_unwritable',
    sentence: homeProblem,
    command: 'spec-kitty explain F-021',
    isAll: true,
  }
}

function whyBackingOff(standing: Standing, nextAttemptAt: string): Why {
  const { lastError } = standing
  const { doubt = null, ...remedy } = backingOffRemedy(standing)
  const failed = 'the last attempt failed'
  const more = doubt === null ? '' : `; ${doubt}`
  const error = lastError === null ? '' : `: ${lastError}`
  return {
    reason: 'backing_off',
    sentence: `${failed}${error}${more}; the next one is at ${clockText(new Date(nextAttemptAt))}`,
    ...(lastError === null ? {} : { brief: `${failed}${more}` }),
    ...remedy,
    isAll: true,
  }
}

type Doubted = Pick<Why, 'command' | 'shown'> & { readonly doubt?: string }

/** Waiting helps only if the server is down. */
function backingOffRemedy(standing: Standing): Doubted {
  const {
    lastErrorKind = null,
    otherAtStart = [],
    isServerOfSession = false,
    isTokenGiven = false,
  } = standing
  if (lastErrorKind !== null && lastErrorKind !== 'answer' && otherAtStart.length > 0 && mayRestart(standing))
    return {
      doubt: `the sync daemon was started with another ${otherAtStart.join(' and ')}`,
      command: restartCommand(standing),
    }
  if (lastErrorKind !== 'address') return { command: NOW, shown: `${NOW}  # ${PATIENCE}` }
  const doubt = 'the address of the server may be wrong'
  if (isServerOfSession) return { doubt, ...loginCommands(null, 'backing_off', isTokenGiven) }
  return { doubt, command: LIST, shown: `${LIST}  # shows where the address is set: correct it there` }
}

/** The remedy is the same as in the daemon's own finding. What must be done after that is a further reason. */
function whyWedged({ wedgedStop = null }: Standing): Why | null {
  if (wedgedStop === null) return null
  const sentence = 'the sync daemon does not answer'
  return { reason: 'daemon_wedged', sentence, command: wedgedStop, isAll: true }
}

function whyNoDaemon(standing: Standing): Why {
  const { disabledBy = null, away = null } = standing
  if (away !== null) {
    const sentence = `the sync daemon of this home is ${away}, and no second one is started`
    return { reason: 'no_daemon', sentence, command: `spec-kitty explain ${away}`, isAll: true }
  }
  if (disabledBy !== null) {
    const sentence = `no sync daemon runs, and ${disabledBy} forbids to start one`
    return { reason: 'no_daemon', sentence, command: `unset ${disabledBy} && ${NOW}`, isAll: true }
  }
  return {
    reason: 'no_daemon',
    sentence: 'no sync daemon runs',
    command: startCommand(standing),
    isAll: true,
  }
}

/** `sync now` is what starts a daemon for events that wait, unless only `sync start` may. */
function startCommand({ isStartForbidden, queued }: Standing): string {
  return isStartForbidden === true || queued === 0 ? START : NOW
}

function whyOff(standing: Standing): Why {
  const { text } = CLOSED.hosted_sync_disabled
  // The daemon keeps the variable as it was at its start.
  const sentence = standing.isHostedHere === true ? 'hosted sync was off when the sync daemon started' : text
  return { reason: 'hosted_sync_disabled', sentence, command: switchOnCommand(standing), isAll: true }
}

/**
 * Hosted sync may be off by choice, so the remedy must not end a daemon that another installation or another user relies
 * on. A restart is named only if it replaces this user's own daemon by one of the same version.
 */
function switchOnCommand(standing: Standing): string {
  const { isDaemonRunning, isRestartHarmless, wedgedStop, away, disabledBy } = standing
  if (isDaemonRunning) {
    if (isRestartHarmless !== true) return 'spec-kitty explain rollout_disabled'
    return restartCommand(standing)
  }
  const isStartable = (wedgedStop ?? away ?? disabledBy ?? null) === null
  return isStartable ? `${SWITCH_ON} && ${startCommand(standing)}` : SWITCH_ON
}

/** Returns why nothing may leave at all. */
function whyClosed({ reason, detail }: Obstacle, standing: Standing): Why {
  const { loginServer: server, isTokenGiven = false, isServerOfSession = false } = standing
  const { text, command } = CLOSED[reason]
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
  // `config list` shows only what is set, and this server is not.
  const isOfSession = reason === 'insecure_server' && isServerOfSession
  if (command !== null && !isOfSession)
    return {
      reason,
      sentence,
      command,
      ...(reason === 'config_unreadable' ? corrected(standing) : {}),
      isAll: true,
    }
  return { reason, sentence, ...loginCommands(server, reason, isTokenGiven), isAll: true }
}

/** `config list` shows no setting of a file that cannot be read, but the wrong line is known. */
function corrected({ brokenLine = null }: Standing): Pick<Why, 'before' | 'shown'> {
  return brokenLine === null ? {} : { before: `correct ${brokenLine}, then`, shown: NOW }
}

/** Returns why the events of a project stay. `others` is the number of further projects with the same problem. */
export function whyHeld(held: HeldProject, others = 0): Why {
  const { project, reason, detail } = held
  const more =
    others === 0 ? '' : `, and ${others} more ${others === 1 ? 'project' : 'projects'} may not send`
  return {
    reason,
    sentence: `${withDetail(HELD[reason](project), detail)}${more}`,
    command: consentCommand(held),
    isAll: true,
  }
}

/** A broken file must be mended by hand first, and a directory that is gone cannot opt in. */
function consentCommand({ project, reason, isMendable }: HeldProject): string {
  const canOptIn = reason === 'no_consent' || (reason === 'consent_unreadable' && isMendable === true)
  return canOptIn ? `spec-kitty sync opt-in ${shellQuote(project)}` : `spec-kitty explain ${reason}`
}

function withDetail(text: string, detail: string | null): string {
  return detail === null ? text : `${text}: ${detail}`
}
