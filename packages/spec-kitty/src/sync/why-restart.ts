import type { Obstacle } from './upload/gate.js'
import type { ClosedReason } from './upload/upload-types.js'
import type { Standing } from './why-types.js'

/** What takes over a changed environment. */
export const RESTART = 'spec-kitty sync restart'

export const SWITCH_ON = 'export SPEC_KITTY_ENABLE_SAAS_SYNC=1'

/** The daemon takes the switch from the shell that restarts it: without the switch there, hosted sync would be off. */
export function restartCommand({ isHostedHere }: Standing): string {
  return isHostedHere === true ? RESTART : `${SWITCH_ON} && ${RESTART}`
}

/** Returns whether a restart may be proposed so that the daemon takes over what is set here. */
export function mayRestart(standing: Standing): boolean {
  const { isRestartHarmless = false, isHostedHere = false } = standing
  return (isRestartHarmless || isHostedHere) && !isWorseHere(standing)
}

/** The reasons that a variable of the daemon can bring forth, in the words for a daemon that was started with it. */
const STARTED: Readonly<Partial<Record<ClosedReason, string>>> = {
  config_unreadable: 'the sync daemon was started with a wrong setting',
  no_server: 'the sync daemon was started with a server that cannot be used',
  insecure_server: 'the sync daemon was started with a server that is not safe to send to',
  other_server: 'the sync daemon was started with another server than that of the session',
}

/**
 * Returns the words for what only the daemon meets, because it keeps the variables of its start: what is set here is right, so
 * a restart is all that helps, and a sign-in or a look at the settings would change nothing. Null if it is met here too.
 */
export function startedText(obstacle: Obstacle, standing: Standing): string | null {
  const { obstaclesHere = null } = standing
  if (obstaclesHere === null || obstaclesHere.some((one) => isSame(one, obstacle))) return null
  return isWorseHere(standing) ? null : (STARTED[obstacle.reason] ?? null)
}

/**
 * Returns whether a daemon that was started from this shell would meet what the present one does not: then a restart is no
 * remedy. That hosted sync is off here is another matter, because a command can turn it on.
 */
export function isWorseHere({
  obstacles = [],
  obstaclesHere = null,
}: Pick<Standing, 'obstacles' | 'obstaclesHere'>): boolean {
  return (obstaclesHere ?? []).some(
    (here) =>
      here.reason !== 'hosted_sync_disabled' &&
      !obstacles.some((one) =>
        here.reason === 'other_server' ? one.reason === here.reason : isSame(one, here),
      ),
  )
}

function isSame(one: Obstacle, other: Obstacle): boolean {
  return one.reason === other.reason && one.detail === other.detail
}
