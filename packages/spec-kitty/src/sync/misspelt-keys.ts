import { nearest } from 'familiar/cli'
import type { ConfigRead, Place } from './config-file.js'

/**
 * Returns one line for each key of `config.toml` that was probably meant as a setting but is none: it is misspelt, it
 * stands above `[sync]`, or the name of its table is misspelt. Any other unknown key may belong to the Python spec-kitty,
 * which uses the same file.
 */
export function misspeltKeys(config: ConfigRead, known: readonly string[]): readonly string[] {
  if (config.state !== 'readable') return []
  const { path, placeOf, placeAbove } = config
  const at = (place: Place | null): string => (place === null ? path : `${path}, line ${place.line}`)
  const tables = config.otherTables
    .filter((name) => nearest(name, ['sync']).length > 0)
    .map((name) => `unknown table [${name}] (${at(placeAbove(name))}): did you mean [sync]?`)
  const misspelt = Object.keys(config.sync).flatMap((key) => {
    const [meant] = known.includes(key) ? [] : nearest(key, known)
    return meant === undefined
      ? []
      : [`unknown setting sync.${key} (${at(placeOf(key))}): did you mean ${meant}?`]
  })
  const above = config.keysAbove
    .filter((key) => known.includes(key))
    .map((key) => `unknown setting ${key} (${at(placeAbove(key))}): move it below [sync]`)
  return [...tables, ...misspelt, ...above]
}
