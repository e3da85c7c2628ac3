import { isOn, type Io } from 'familiar/cli'
import { environmentSettings, isSwitchedOn, readSettings, type Settings } from './settings-table.js'

/** What a command needs. `local_only`: it needs no sync daemon. */
export type Intent = 'remote_required' | 'local_only'

/** Names are permanent. `why-nothing-leaves.ts` has the words for people. */
export type SkipReason =
  | 'SPEC_KITTY_SYNC_DISABLE is set'
  | 'rollout_disabled'
  | 'intent_local_only'
  | 'policy_manual'

/**
 * Returns why commands may not start the sync daemon on their own; null if they may. The reasons and their order are part
 * of the contract. An unreadable or wrong configuration counts as `manual`.
 */
export async function readSkipReason(
  root: string,
  env: Io['env'],
  intent: Intent,
): Promise<SkipReason | null> {
  return (
    skipReasonOfEnvironment(environmentSettings(root, env), intent) ??
    skipReasonOfConfig(await readSettings(root, env))
  )
}

const FORBID_ALL = ['FAMILIAR_DISABLE', 'SYNC_NO_DAEMON']

/** Returns the variable that forbids starting and using a sync daemon, whatever the settings say; null if there is none. */
export function disabledBy(env: Io['env']): string | null {
  return FORBID_ALL.find((variable) => isOn(env[variable])) ?? null
}

/** Returns all variables that must be unset before `sync now` may start a daemon. */
export function disablingVariables(env: Io['env']): readonly string[] {
  return [...FORBID_ALL, 'SPEC_KITTY_SYNC_DISABLE'].filter((variable) => isOn(env[variable]))
}

/** Returns whether the configuration allows only `sync start` to start the daemon. */
export function isManual(settings: Settings): boolean {
  const { brokenLine, fileCure } = settings
  return skipReasonOfConfig(settings) !== null && brokenLine === null && fileCure === null
}

/** Like `readSkipReason`, but for settings that were already read. */
export function skipReason(settings: Settings, intent: Intent): SkipReason | null {
  return skipReasonOfEnvironment(settings, intent) ?? skipReasonOfConfig(settings)
}

/** Returns which setting other than hosted sync forbids commands to start the sync daemon on their own; null if none does. */
export function startForbiddenBy(settings: Settings): SkipReason | null {
  return isSwitchedOn(settings, 'sync.disabled')
    ? 'SPEC_KITTY_SYNC_DISABLE is set'
    : skipReasonOfConfig(settings)
}

function skipReasonOfEnvironment(settings: Settings, intent: Intent): SkipReason | null {
  if (isSwitchedOn(settings, 'sync.disabled')) return 'SPEC_KITTY_SYNC_DISABLE is set'
  if (!isSwitchedOn(settings, 'sync.hosted')) return 'rollout_disabled'
  return intent === 'local_only' ? 'intent_local_only' : null
}

function skipReasonOfConfig(settings: Settings): SkipReason | null {
  const policy = settings.get('sync.background_daemon')
  return policy.state === 'right' && policy.value === 'auto' ? null : 'policy_manual'
}
