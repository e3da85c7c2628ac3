import { nearest } from 'familiar/cli'
import type { ConfigRead, Place } from './config-file.js'

/** Something wrong, in words, and its line in `config.toml`; null if it is not in a line of that file. */
export interface FileProblem {
  readonly line: number | null
  readonly text: string
}

/**
 * Returns one problem for each key of `config.toml` that was probably meant as a setting but is none: it is misspelt, it
 * stands above `[sync]`, or the name of its table is misspelt. Any other unknown key may belong to the Python spec-kitty,
 * which uses the same file.
 */
export function misspeltKeys(config: ConfigRead, known: readonly string[]): readonly FileProblem[] {
  if (config.state !== 'readable') return []
  const { path, placeOf, placeAbove } = config
  const problem = (what: string, place: Place | null, remedy: string): FileProblem => {
    const at = place === null ? path : `${path}, line ${place.line}`
    return { line: place?.line ?? null, text: `${what} (${at}): ${remedy}` }
  }
  const tables = config.otherTables
    .filter((name) => nearest(name, ['sync']).length > 0)
    .map((name) => problem(`unknown table [${name}]`, placeAbove(name), 'did you mean [sync]?'))
  const misspelt = Object.keys(config.sync).flatMap((key) => {
    const [meant] = known.includes(key) ? [] : nearest(key, known)
    return meant === undefined
      ? []
      : [problem(`unknown setting sync.${key}`, placeOf(key), `did you mean ${meant}?`)]
  })
  const above = config.keysAbove
    .filter((key) => known.includes(key))
    .map((key) => problem(`unknown setting ${key}`, placeAbove(key), 'move it below [sync]'))
  return [...tables, ...misspelt, ...above]
}

/** Those of the environment are first; the others follow as they stand in the file. */
export function inOrderOfLines(problems: readonly FileProblem[]): readonly string[] {
  return problems.toSorted((one, other) => (one.line ?? 0) - (other.line ?? 0)).map(({ text }) => text)
}
