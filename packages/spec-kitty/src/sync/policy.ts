import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { objectOf, type StartPolicy } from 'familiar'
import { isTruthy, type Io } from '../cli/io.js'

const DISABLE = 'SPEC_KITTY_SYNC_DISABLE'

/** Returns whether the sync daemon may start without being asked for by name. An unreadable configuration says manual. */
export async function readStartPolicy(
  root: string,
  env: Io['env'],
  intent: StartPolicy['intent'],
): Promise<StartPolicy> {
  return {
    disabledBy: isTruthy(env[DISABLE]) ? DISABLE : null,
    isRolledOut: isTruthy(env['SPEC_KITTY_ENABLE_SAAS_SYNC']),
    intent,
    isManual: await isManual(join(root, 'config.toml')),
  }
}

/** The parser is loaded where there is something to parse. */
async function isManual(path: string): Promise<boolean> {
  try {
    const text = readFileSync(path, 'utf8')
    const { parse } = await import('smol-toml')
    return objectOf(objectOf(parse(text))?.['sync'])?.['background_daemon'] === 'manual'
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ENOENT'
  }
}
