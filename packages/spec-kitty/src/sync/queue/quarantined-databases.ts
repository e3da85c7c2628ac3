import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { shellQuote } from 'familiar/cli'

/** The mark in the name of a database that was put aside. It follows the name of the queue, and a time follows it. */
export const MARK = '.corrupt-'

/** Matches the time in the names of databases that were put aside, but not the names of their side files. */
const NAME = /^\d{4}-\d\d-\d\dT\d{6}\.\d{3}Z$/

/** Returns the damaged databases that were put aside, the oldest first. */
export function quarantinedDatabases(path: string): readonly string[] {
  const prefix = basename(path) + MARK
  return namesIn(dirname(path))
    .filter((name) => name.startsWith(prefix) && NAME.test(name.slice(prefix.length)))
    .toSorted()
    .map((name) => join(dirname(path), name))
}

/** The end of the name of an empty file beside a database that was put aside, in which no event could be read. */
const UNREADABLE = '.unreadable'

/** Remembers that no event could be read in a database, so that nobody is told again to try it. */
export function markUnreadable(database: string): void {
  try {
    writeFileSync(database + UNREADABLE, '', { mode: 0o600 })
  } catch {
    // Then the user is told again.
  }
}

export function isMarkedUnreadable(database: string): boolean {
  return existsSync(database + UNREADABLE)
}

/** Returns the command that removes what was put aside of the queue at this path, with the side files. */
export function removeCommand(path: string): string {
  return `rm ${shellQuote(path + MARK)}*`
}

function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory)
  } catch {
    return []
  }
}
