import type { Family } from '../family.js'
import { stringOf, type JsonObject } from '../json.js'

/** Settings on which a daemon and its commands must agree. The daemon sends its own when it is ready. */
export interface Places {
  readonly record_file: string
  readonly lock_file: string
  /** The directory of the token files; null if each record contains its token. */
  readonly token_directory: string | null
  /**
   * True if the scope is a directory of the user's. False if it is the tool's own, which the tool creates again when
   * it is missing.
   */
  readonly scope_kind: 'project' | 'user'
}

/**
 * Returns where the definition places the files of the scope's daemon, and whose directory the scope is. A command
 * compares its own with those of the daemon that it starts: if they differ, later commands would not find that
 * daemon, could not prove it, or would judge it by other rules.
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
 * Returns in words how the places that a daemon sent differ from the expected ones; null if they agree. What the
 * daemon did not send is not compared.
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
