import type { StartPolicy } from 'familiar'
import { isTruthy, type Io } from '../cli/io.js'
import { readConfig } from './config.js'

const DISABLE = 'SPEC_KITTY_SYNC_DISABLE'

/** Returns whether commands may start the sync daemon on their own. An unreadable configuration counts as `manual`. */
export async function readStartPolicy(
  root: string,
  env: Io['env'],
  intent: StartPolicy['intent'],
): Promise<StartPolicy> {
  return {
    disabledBy: isTruthy(env[DISABLE]) ? DISABLE : null,
    isRolledOut: isTruthy(env['SPEC_KITTY_ENABLE_SAAS_SYNC']),
    intent,
    isManual: await isManual(root),
  }
}

async function isManual(root: string): Promise<boolean> {
  const config = await readConfig(root)
  if (config.state === 'absent') return false
  return config.state === 'unreadable' || config.sync['background_daemon'] === 'manual'
}
