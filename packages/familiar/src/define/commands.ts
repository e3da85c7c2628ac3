import { cleanUp, type CleanUpReport } from '../act/clean-up.js'
import { assertRoom } from '../act/scope-checks.js'
import type { DaemonStatus } from '../classify/state-without.js'
import { assertCanStart } from '../client/spawn.js'
import { retireStale, type StaleResult } from '../client/stop-outdated.js'
import { stopDaemon, type StopResult } from '../client/stop.js'
import { FamiliarError } from '../errors.js'
import { selectPlatform } from '../observe/platform/select.js'
import { readState } from '../observe/read-state.js'
import { scan, type Scan } from '../observe/scan.js'
import { abortable } from './attempts.js'
import type { Abort, CleanUpOptions, CommandOptions } from './daemon.js'
import { connectOrThrow, type Connection } from './connecting.js'
import type { Definition } from './resolve.js'

/** How long an installer waits for another command. */
const LOCK_WAIT_MS = 5_000

export async function status({ family }: Definition, scope: string, { signal }: Abort): Promise<DaemonStatus> {
  return abortable(signal, async () => readState({ family, scope, platform: await selectPlatform() }))
}

export async function stop(
  definition: Definition,
  scope: string,
  { signal, onWait }: CommandOptions,
  reason = 'operator_stop',
): Promise<StopResult> {
  const { family, words } = definition
  return abortable(signal, async () =>
    stopDaemon({
      family,
      scope,
      platform: await selectPlatform(),
      reason,
      ...(words.otherScopeHint === '' ? {} : { otherScopeHint: words.otherScopeHint }),
      onWait: (message) => onWait?.(message),
    }),
  )
}

/** Checks first that another daemon can start: one that cannot be replaced is left running. */
export async function restart(
  definition: Definition,
  scope: string,
  options: CommandOptions,
): Promise<Connection> {
  const launch = definition.launch(scope)
  assertRoom({ family: definition.family, scope, logFile: launch.logFile })
  assertCanStart(launch)
  const stopped = await stop(definition, scope, options, 'operator_restart')
  if (stopped.outcome === 'failed') {
    const { title, clean } = definition.words
    throw new FamiliarError('E_DAEMON_NOT_REPLACED', `the ${title} is not stopped: ${stopped.reason}`, {
      hint: `${clean} --force`,
    })
  }
  return connectOrThrow(definition, scope, { ...options, start: true, reason: 'operator_restart' })
}

export async function stopOutdated(
  definition: Definition,
  scope: string,
  { signal, onWait, lockWaitMs = LOCK_WAIT_MS }: CommandOptions & { readonly lockWaitMs?: number },
): Promise<StaleResult> {
  const { family, self, words } = definition
  return abortable(signal, async () =>
    retireStale({
      family,
      scope,
      platform: await selectPlatform(),
      self,
      lockWaitMs,
      doctorCommand: (port) => `${words.clean} --force${port === null ? '' : ` --port ${port}`}`,
      stopCommand: words.stop,
      ...(words.otherScopeHint === '' ? {} : { otherScopeHint: words.otherScopeHint }),
      onWait: (message) => onWait?.(message),
    }),
  )
}

export async function scanRange({ family }: Definition, scope: string, { signal }: Abort): Promise<Scan> {
  return abortable(signal, async () => scan(family, scope, await selectPlatform()))
}

export async function cleanUpRange(
  { family }: Definition,
  scope: string,
  { signal, onWait, force = false, port, dryRun = false }: CleanUpOptions,
): Promise<CleanUpReport> {
  return abortable(signal, async () =>
    cleanUp({
      family,
      scope,
      platform: await selectPlatform(),
      intent: force ? 'reset_force' : 'reset',
      ...(port === undefined ? {} : { port }),
      dryRun,
      onWait: (message) => onWait?.(message),
    }),
  )
}
