import type { Io } from 'familiar/cli'
import { readConfig } from './config.js'

const DISABLE = 'SPEC_KITTY_SYNC_DISABLE'

/** `local_only`: what the command does needs no sync daemon. */
export type Intent = 'remote_required' | 'local_only'

/** Returns whether an environment variable is switched on: 1, true, yes, y or on, in upper or lower case. */
export function isTruthy(value: string | undefined): boolean {
  return /^(?:1|true|yes|y|on)$/i.test(value?.trim() ?? '')
}

/**
 * Returns why commands may not start the sync daemon on their own; null if they may. The reasons and their order are part of
 * the contract. An unreadable configuration counts as `manual`.
 */
export async function readSkipReason(root: string, env: Io['env'], intent: Intent): Promise<string | null> {
  if (isTruthy(env[DISABLE])) return `${DISABLE} is set`
  if (!isTruthy(env['SPEC_KITTY_ENABLE_SAAS_SYNC'])) return 'rollout_disabled'
  if (intent === 'local_only') return 'intent_local_only'
  return (await isManual(root)) ? 'policy_manual' : null
}

async function isManual(root: string): Promise<boolean> {
  const config = await readConfig(root)
  if (config.state === 'absent') return false
  return config.state === 'unreadable' || config.sync['background_daemon'] === 'manual'
}
