import type { Family } from '../family.js'
import { stringOf, type JsonObject } from '../json.js'

/** Settings on which a daemon and its commands must agree. The daemon sends its own when it is ready. */
export interface Places {
  readonly record_file: string
  readonly lock_file: string
  /** The directory of the token files; null if each record contains its token. */
  readonly token_directory: string | null
  /**
   * `project`: the scope is a directory of the user's, which is never created. `user`: the scope is the tool's own
   * directory, which the tool creates again if it is missing.
   */
  readonly scope_kind: 'project' | 'user'
}

/**
 * Returns the locations of the daemon's files and the kind of its scope, as the definition sets them. A command compares
 * its own with those of the daemon that it starts: if they differ, later commands could not find that daemon, could not
 * verify it, or would judge it by other rules.
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

/**
 * Returns a text that says how the locations that a daemon sent differ from the expected ones; null if they agree. Values
 * that the daemon did not send are not compared.
 */
export function differenceOf(said: JsonObject, expected: Places): string | null {
  const other = Object.entries(expected).find(([name, value]) => name in said && said[name] !== value)
  if (other === undefined) return null
  const [name, value] = other
  return `its ${name.replaceAll('_', ' ')} is ${shown(said[name])}, not ${shown(value)}`
}

function shown(value: unknown): string {
  return value === null ? 'none' : (stringOf(value) ?? JSON.stringify(value))
}
