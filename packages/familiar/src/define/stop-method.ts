import { join } from 'node:path'
import { cleanUp, type CleanUpReport } from '../act/clean-up.js'
import { loadLocks } from '../act/acquire-lock.js'
import { assertCanWrite } from '../act/assert-can-write.js'
import { tidyRecord } from '../act/terminate-scope-daemon.js'
import { assertCanStart } from '../client/assert-can-start.js'
import { notStopped } from '../client/not-stopped.js'
import { retireStale, type StaleResult } from '../client/retire-stale.js'
import { stopDaemon, type StopResult } from '../client/stop.js'
import { besideText, predecessorBeside } from '../observe/predecessor-beside.js'
import { selectPlatform } from '../observe/platform/select.js'
import { abortable } from './attempts.js'
import type { CleanUpOptions, CommandOptions, StopOutdatedOptions } from './define-daemon.js'
import { connectOrThrow, disabledBy, skipped, type Connection } from './connect-method.js'
import { hintsOf, leftToPredecessor } from './hints.js'
import type { Definition } from './resolve-definition.js'

export { loadLocks }

/**
 * How long an installer waits for another command. A short wait is enough, because the next command replaces the daemon
 * anyway.
 */
const LOCK_WAIT_MS = 5_000

/** Stops the daemon, and returns which daemon of the predecessor still runs in the scope. */
export async function stop(
  definition: Definition,
  scope: string,
  options: CommandOptions,
): Promise<StopResult> {
  const { family, words } = definition
  const result = await stopFor(definition, scope, options)
  const beside = await predecessorBeside({ family, scope, platform: await selectPlatform() })
  if (beside !== null)
    options.onWait?.(
      besideText(family.name, beside, leftToPredecessor(words, beside.isMarked ? beside.pid : null)),
    )
  return result
}

async function stopFor(
  { family, words }: Definition,
  scope: string,
  { signal, onWait }: CommandOptions,
  reason = 'operator_stop',
): Promise<StopResult> {
  return abortable(signal, async () =>
    stopDaemon({
      family,
      scope,
      platform: await selectPlatform(),
      reason,
      ...hintsOf(words),
      onWait: (message) => onWait?.(message),
    }),
  )
}

export async function restart(
  definition: Definition,
  scope: string,
  options: CommandOptions,
): Promise<Connection> {
  const result = await stopAndStart(definition, scope, options)
  if (result.outcome === 'connected') return result
  throw notStopped(definition.words, result)
}

/**
 * Returns the new daemon, or why the old one could not be stopped. First checks that another daemon may and can start,
 * because a daemon that cannot be replaced must keep running.
 */
export async function stopAndStart(
  definition: Definition,
  scope: string,
  options: CommandOptions,
): Promise<Connection | Extract<StopResult, { readonly outcome: 'failed' }>> {
  const disabled = disabledBy(definition, process.env)
  if (disabled !== null) throw skipped(definition, disabled)
  const launch = definition.launch(scope)
  assertCanWrite({ family: definition.family, scope, logFile: launch.logFile })
  assertCanStart(launch)
  const stopped = await stopFor(definition, scope, options, 'operator_restart')
  if (stopped.outcome === 'failed') return stopped
  return connectOrThrow(definition, scope, { ...options, start: true, reason: 'operator_restart' })
}

export async function stopOutdated(
  { family, self, words }: Definition,
  scope: string,
  { signal, onWait, lockWaitMs = LOCK_WAIT_MS }: StopOutdatedOptions,
): Promise<StaleResult> {
  return abortable(signal, async () =>
    retireStale({
      family,
      scope,
      platform: await selectPlatform(),
      self,
      lockWaitMs,
      ...hintsOf(words),
      onWait: (message) => onWait?.(message),
    }),
  )
}

/** A clean-up of projects takes its own lock, because the directory in which it runs need not have a daemon. */
export async function cleanUpRange(
  { family, words, isProject, place }: Definition,
  scope: string,
  { signal, onWait, onProgress, force = false, port, dryRun = false, seen, confirmed, told }: CleanUpOptions,
): Promise<CleanUpReport & { readonly tidied: number }> {
  return abortable(signal, async () => {
    const report = await cleanUp({
      family,
      scope,
      platform: await selectPlatform(),
      intent: force ? 'reset_force' : 'reset',
      ...(seen === undefined ? {} : { seen }),
      ...(isProject ? { lockFile: join(place(), 'cleanup.lock') } : {}),
      ...(port === undefined ? {} : { port }),
      ...(confirmed === undefined ? {} : { confirmed }),
      ...(told === undefined ? {} : { told }),
      dryRun,
      stopCommand: words.stop,
      onProgress: (done, total) => onProgress?.(done, total),
      onWait: (message) => onWait?.(message),
    })
    return { ...report, tidied: isProject ? await tidyRecords(report) : 0 }
  })
}

/** Corrects the records of ended daemons whose project is known to still exist. Returns how many it corrected. */
async function tidyRecords({ entries, seen }: CleanUpReport): Promise<number> {
  const swept = entries.filter(({ result }) => result.outcome === 'swept').map((entry) => entry.candidate)
  const tidied = swept.map(async (candidate) => {
    const scope = seen.context.scopes.get(candidate.observation.shape?.marker ?? '')
    if (scope?.real == null || scope.gone !== false) return false
    return tidyRecord({ family: seen.family, scope: scope.real, reason: 'cleaned_up' }, candidate)
  })
  return (await Promise.all(tidied)).filter(Boolean).length
}
