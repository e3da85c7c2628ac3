import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { objectOf, type StartPolicy } from 'familiar'
import { parse } from 'smol-toml'
import { isTruthy, type Io } from '../cli/io.js'

const DISABLE = 'SPEC_KITTY_SYNC_DISABLE'

/** Returns whether the sync daemon may start without being asked for by name. An unreadable configuration says manual. */
export function readStartPolicy(root: string, env: Io['env'], intent: StartPolicy['intent']): StartPolicy {
  return {
    disabledBy: isTruthy(env[DISABLE]) ? DISABLE : null,
    isRolledOut: isTruthy(env['SPEC_KITTY_ENABLE_SAAS_SYNC']),
    intent,
    isManual: isManual(join(root, 'config.toml')),
  }
}

function isManual(path: string): boolean {
  try {
    const sync = objectOf(objectOf(parse(readFileSync(path, 'utf8')))?.['sync'])
    return sync?.['background_daemon'] === 'manual'
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ENOENT'
  }
}
