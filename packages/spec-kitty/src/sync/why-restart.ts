import type { Obstacle } from './upload/gate.js'
import type { ClosedReason } from './upload/upload-types.js'
import type { Standing } from './why-types.js'
import { inHome } from '../cli/in-home.js'

/** The command that gives the daemon a changed environment. */
export const syncRestart = (): string => inHome`spec-kitty sync restart`

export const SWITCH_ON = 'export SPEC_KITTY_ENABLE_SAAS_SYNC=1'

/**
 * The daemon gets the switch from the shell that restarts it. Without the switch there, hosted sync would be off. `before`:
 * what stands before the command itself.
 */
export function restartCommand({ isHostedHere }: Standing, before = ''): string {
  return `${isHostedHere === true ? '' : `${SWITCH_ON} && `}${before}${syncRestart()}`
}

/** Returns whether a restart may be suggested to give the daemon the variables that are set here. */
export function mayRestart(standing: Standing): boolean {
  const { isRestartHarmless = false, isHostedHere = false } = standing
  return (isRestartHarmless || isHostedHere) && !isWorseHere(standing)
}

/** The reasons that may come from the daemon's own variables, in words that say so. */
const STARTED: Readonly<Partial<Record<ClosedReason, string>>> = {
  config_unreadable: 'the sync daemon was started with a wrong setting',
  no_server: 'the sync daemon was started with a server that cannot be used',
  insecure_server: 'the sync daemon was started with a server that is not safe to send to',
  other_server: 'the sync daemon was started with another server than that of the session',
}

/**
 * Returns the text for an obstacle that only the daemon has, because it keeps the variables from its start. The settings
 * here are correct, so only a restart helps; signing in or checking the settings would change nothing. Null if the
 * obstacle exists here too.
 */
export function startedText(obstacle: Obstacle, standing: Standing): string | null {
  const { obstaclesHere = null } = standing
  if (obstaclesHere === null || obstaclesHere.some((one) => isMetHere(one, obstacle))) return null
  return isWorseHere(standing) ? null : (STARTED[obstacle.reason] ?? null)
}

/** Returns whether a restart from this shell is no remedy. */
export function isWorseHere(standing: Pick<Standing, 'obstacles' | 'obstaclesHere'>): boolean {
  return worseHere(standing) !== null
}

/**
 * Returns the first obstacle that a daemon started from this shell would have and the present one does not have; null if there
 * is none. Hosted sync that is off here does not count, because a command can turn it on.
 */
export function worseHere({
  obstacles = [],
  obstaclesHere = null,
}: Pick<Standing, 'obstacles' | 'obstaclesHere'>): Obstacle | null {
  const found = (obstaclesHere ?? []).find(
    (here) => here.reason !== 'hosted_sync_disabled' && !obstacles.some((one) => isMetHere(here, one)),
  )
  return found ?? null
}

/** One server that is not that of the session is as bad as another. */
function isMetHere(here: Obstacle, there: Obstacle): boolean {
  return here.reason === there.reason && (here.reason === 'other_server' || here.detail === there.detail)
}
