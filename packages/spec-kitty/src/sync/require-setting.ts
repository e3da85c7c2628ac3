import { CommandError, EXIT } from 'familiar/cli'
import type { SettingKey, Settings, ValueOf, Wrong } from './settings-table.js'
import { inHome } from '../cli/in-home.js'

/** Returns a setting's value. Throws `E_CONFIG_INVALID` if it is wrong, `E_CONFIG_UNREADABLE` if its file is unreadable. */
export function requireSetting<K extends SettingKey>(settings: Settings, key: K): ValueOf<K> {
  const found = settings.get(key)
  if (found.state === 'right') return found.value
  throw wrongSetting(found)
}

export function wrongSetting({
  code,
  problem,
  cure,
  source,
}: Pick<Wrong, 'code' | 'problem' | 'cure'> & Partial<Pick<Wrong, 'source'>>): CommandError {
  const hint =
    source?.kind === 'environment'
      ? `correct it or, to do without it: unset ${source.variable}`
      : (cure ?? inHome`spec-kitty config list`)
  return new CommandError(code, problem, { hint, exit: EXIT.error })
}
