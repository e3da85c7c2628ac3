import { clockText } from 'familiar/cli'
import type { StartFailure } from './last-start.js'
import { restartCommand, SWITCH_ON } from './why-restart.js'
import type { Standing, Why } from './why-types.js'
import { inHome } from '../cli/in-home.js'

export const syncNow = (): string => inHome`spec-kitty sync now`
export const syncStart = (): string => inHome`spec-kitty sync start`
const syncStop = (): string => inHome`spec-kitty sync stop`

export const NONE_RUNS = 'no sync daemon runs'

export const HOSTED_OFF = 'hosted sync is off (SPEC_KITTY_ENABLE_SAAS_SYNC)'

/**
 * The remedy is the same as in the doctor's finding about the daemon. What must be done after that is a further reason, unless
 * only a new daemon must be started: then one line has both commands.
 */
export function whyWedged(standing: Standing): Why | null {
  const { wedgedStop = null, disabledBy = null, queued, gate } = standing
  if (wedgedStop === null) return null
  const sentence = 'the sync daemon does not answer'
  const isStartable = queued > 0 && gate.state === 'open' && disabledBy === null
  const isStarted = isStartable && wedgedStop.endsWith(syncStop()) && isOnly('daemon_wedged', standing)
  return {
    reason: 'daemon_wedged',
    sentence,
    command: wedgedStop,
    ...(isStarted ? { shown: `${wedgedStop} && ${startCommand(standing)}` } : {}),
    isAll: true,
  }
}

export function whyNoDaemon(standing: Standing): Why {
  const { disabledBy = null, away = null } = standing
  if (away !== null && standing.isHomeMoved === true) {
    const sentence =
      'the sync daemon still runs for the path from which this home was moved; it exits by itself within about a minute'
    return {
      reason: 'no_daemon',
      sentence,
      command: `spec-kitty explain ${away}`,
      shown: `${syncNow()}  # in a minute`,
      isAll: true,
    }
  }
  if (away !== null) {
    const sentence = `the sync daemon of this home is ${away}, and no second one is started`
    return { reason: 'no_daemon', sentence, command: `spec-kitty explain ${away}`, isAll: true }
  }
  if (disabledBy !== null) {
    const { disabling = [disabledBy], isManual = false } = standing
    const sentence = `${NONE_RUNS}, and ${forbidText(disabling)} to start one`
    const command = `unset ${disabling.join(' ')} && ${isManual ? syncStart() : syncNow()}`
    return { reason: 'no_daemon', sentence, command, isAll: true }
  }
  if (standing.startFailure && !isForbidden(standing)) return whyNotStarted(standing.startFailure, standing)
  return {
    reason: 'no_daemon',
    sentence: `${NONE_RUNS}${isForbidden(standing) ? `, and none starts by itself: ${standing.startForbidden}` : ''}`,
    command: startCommand(standing),
    isAll: true,
  }
}

/** Returns the variables with the verb that follows them: `A, B and C forbid`. */
export function forbidText(variables: readonly string[]): string {
  return `${namesText(variables)} ${variables.length === 1 ? 'forbids' : 'forbid'}`
}

/** Returns the names as a list in words: `A, B and C`. */
export function namesText(names: readonly string[]): string {
  const others = names.slice(0, -1).join(', ')
  return `${others}${others === '' ? '' : ' and '}${names.at(-1) ?? ''}`
}

/** The command that shows which programs have the ports of a full range. */
export const whoHasPorts = (): string => inHome`spec-kitty auth doctor`

/** Another start helps, unless all ports are in use: then it fails again until one of their programs has ended. */
function whyNotStarted({ code, message, at }: StartFailure, standing: Standing): Why {
  const sentence = `${NONE_RUNS}: the last start failed at ${clockText(new Date(at))}: ${message}`
  const start = startCommand(standing)
  const remedy =
    code === 'E_RANGE_FULL'
      ? {
          command: `spec-kitty explain ${code}`,
          shown: `${whoHasPorts()}  # names the programs that have the ports: end one that you do not need, then`,
          also: start,
        }
      : { command: start }
  return { reason: 'no_daemon', sentence, ...remedy, isAll: true }
}

/**
 * `sync now` starts a daemon for waiting events, unless only `sync start` may. A broken file forbids it only until it is
 * corrected.
 */
export function startCommand(standing: Standing): string {
  return isForbidden(standing) || standing.queued === 0 ? syncStart() : syncNow()
}

function isForbidden({ startForbidden = null, brokenLine = null }: Standing): boolean {
  return startForbidden !== null && brokenLine === null
}

/**
 * Returns whether the command of a reason also starts the daemon. If so, no further reason needs to suggest a command for
 * that.
 */
export function isStarting({ command, shown = command, also = command }: Why): boolean {
  return [command, shown, also].some((one) => one.endsWith(syncNow()) || one.endsWith(syncStart()))
}

export function whyOff(standing: Standing): Why {
  // The daemon keeps the value that the variable had when it was started.
  const sentence =
    standing.isHostedHere === true ? 'hosted sync was off when the sync daemon started' : HOSTED_OFF
  return { reason: 'hosted_sync_disabled', sentence, command: switchOnCommand(standing), isAll: true }
}

/**
 * Hosted sync may be off by choice, so the remedy must not end a daemon that another installation or another user relies
 * on. A restart is suggested only if it replaces this user's own daemon by one of the same version.
 */
function switchOnCommand(standing: Standing): string {
  const { isDaemonRunning, isRestartHarmless, wedgedStop, away, disabledBy } = standing
  if (isDaemonRunning) {
    if (isRestartHarmless !== true) return 'spec-kitty explain rollout_disabled'
    return restartCommand(standing)
  }
  const isStartable = (wedgedStop ?? away ?? disabledBy ?? null) === null
  return isStartable && isOnly('hosted_sync_disabled', standing)
    ? `${SWITCH_ON} && ${startCommand(standing)}`
    : SWITCH_ON
}

/**
 * Returns whether a daemon could send something once this obstacle is gone. If not, the remedy for it does not start a
 * daemon, which would send nothing.
 */
export function isOnly(reason: Why['reason'], standing: Standing): boolean {
  const { obstacles = [], homeProblem = null, queueProblem, queued, held } = standing
  const count = held.reduce((sum, one) => sum + one.count, 0)
  const isOpenThen = obstacles.every((one) => one.reason === reason)
  return isOpenThen && homeProblem === null && queueProblem === null && (queued === 0 || count < queued)
}
