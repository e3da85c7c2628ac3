import type { Family } from '../family.js'
import { stringOf, type JsonObject } from '../json.js'

/** What a daemon and the commands must agree about, as the daemon says it when it is ready. */
export interface Places {
  readonly record_file: string
  readonly lock_file: string
  /** Null if each record contains its token. */
  readonly token_directory: string | null
  /** Whether the scope is a directory of the user's, or the tool's own, which is made again. */
  readonly scope_kind: 'project' | 'user'
}

/**
 * Returns where a definition says that a daemon of the scope keeps its files, and whose the scope is. A command compares its
 * own with those of the daemon that it starts: if they differ, later commands would not find that daemon, could not prove it,
 * or would judge it by other rules.
 */
export function placesOf({ files, tokenDirectory, scopeMustExist }: Family, scope: string): Places {
  const { record, daemonLock } = files(scope)
  return {
    record_file: record,
    lock_file: daemonLock,
    token_directory: tokenDirectory,
    scope_kind: scopeMustExist === true ? 'project' : 'user',
  }
}

/** Returns how the places that a daemon says differ from the expected ones; null if they do not. Compares only what it says. */
export function differenceOf(said: JsonObject, expected: Places): string | null {
  const other = Object.entries(expected).find(([name, value]) => name in said && said[name] !== value)
  if (other === undefined) return null
  const [name, value] = other
  return `its ${name.replaceAll('_', ' ')} is ${shown(said[name])}, not ${shown(value)}`
}

function shown(value: unknown): string {
  return value === null ? 'none' : (stringOf(value) ?? JSON.stringify(value))
}
