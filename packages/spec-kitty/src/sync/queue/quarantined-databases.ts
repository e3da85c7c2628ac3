import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { shellQuote } from 'familiar/cli'
import { salvageCommand, salvageDeadCommand } from './queue-errors.js'

/** The mark in the name of a database that was put aside. It follows the name of the queue, and a time follows it. */
export const MARK = '.corrupt-'

/** Returns a time as it is in the names of files beside the queue. */
export function nameOfTime(time: number): string {
  return new Date(time).toISOString().replaceAll(':', '')
}

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

/** Matches the names of the files that say how many events were in a database that was put aside (`damaged-note.ts`). */
const SIZE = /^damaged-(\d{4}-\d\d-\d\dT\d{6}\.\d{3}Z)\.json$/

/** Returns the name of that file. */
export function sizeNoteOf(database: string): string {
  return join(dirname(database), `damaged-${database.slice(database.lastIndexOf(MARK) + MARK.length)}.json`)
}

/** Returns whether a file with this name is of a database that was removed before its events were saved. */
export function isOfRemovedDatabase(name: string, queue: string, names: readonly string[]): boolean {
  const time = SIZE.exec(name)?.[1]
  // The process that wrote what is lost of it was interrupted before it removed this file.
  const isSettled = names.includes(`lost-${name}`)
  return time !== undefined && !isSettled && !names.includes(`${basename(queue)}${MARK}${time}`)
}

/**
 * Returns whether the note beside the queue is of the database that was put aside last: the process that did so was
 * interrupted before it moved the note too. A note of a later queue is later. Call this only if no queue is at the path.
 */
export function isOfDatabaseAside({ seenAt }: { readonly seenAt: string | null }, path: string): boolean {
  const last = quarantinedDatabases(path).at(-1)
  if (last === undefined || seenAt === null || existsSync(sizeNoteOf(last)) || isSaved(last)) return false
  return nameOfTime(Date.parse(seenAt)) <= last.slice(last.lastIndexOf(MARK) + MARK.length)
}

/** The ends of the names of empty files beside a database that was put aside: what an export has found in it. */
const UNREADABLE = '.unreadable'
/** Those that waited, and those that the server had rejected, are exported by different commands. */
const EXPORTED = { waiting: '.exported', rejected: '.exported-dead' } as const

/** Remembers that no event could be read in a database, so that nobody is told again to try it. */
export function markUnreadable(database: string): void {
  mark(database + UNREADABLE)
}

/** Remembers that all events of a kind that can be read in a database were exported, or that it has none. */
export function markExported(database: string, kind: keyof typeof EXPORTED): void {
  mark(database + EXPORTED[kind])
}

function mark(file: string): void {
  try {
    writeFileSync(file, '', { mode: 0o600 })
  } catch {
    // Then the user is told again.
  }
}

export function isMarkedUnreadable(database: string): boolean {
  return existsSync(database + UNREADABLE)
}

/** Returns whether nothing of the database is left to save, so that it may be removed. */
export function isSaved(database: string): boolean {
  return isKindSaved(database, 'waiting') && isKindSaved(database, 'rejected')
}

/** Returns whether nothing of this kind in the database is left to save. */
export function isKindSaved(database: string, kind: keyof typeof EXPORTED): boolean {
  return isMarkedUnreadable(database) || existsSync(database + EXPORTED[kind])
}

/** Returns the command that saves what is left to save of these databases. */
export function saveCommand(databases: readonly string[]): string {
  const isDeadLeft = databases.every((one) => isMarkedUnreadable(one) || existsSync(one + EXPORTED.waiting))
  return isDeadLeft ? salvageDeadCommand() : salvageCommand()
}

/** Returns the command that removes these databases, with the files beside each, and no others. */
export function removeCommand(databases: readonly string[]): string {
  return `rm ${databases.map((one) => `${shellQuote(one)}*`).join(' ')}`
}

/** Returns the names in a directory; none if it cannot be read. */
export function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory)
  } catch {
    return []
  }
}
