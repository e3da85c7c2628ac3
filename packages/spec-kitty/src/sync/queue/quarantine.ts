import { closeSync, constants, fsyncSync, lstatSync, openSync, renameSync } from 'node:fs'
import { dirname } from 'node:path'
import { MARK, nameOfTime, quarantinedDatabases } from './quarantined-databases.js'
import { SIDE_FILES } from './queue-path.js'

/**
 * Moves a damaged database away with its WAL, and returns its new path. All such databases are kept. The caller holds the
 * lock. The database itself is moved first. If this is interrupted, a WAL without a database remains, which `finishMove`
 * must move later, because SQLite would apply it to a new database. Until then no process opens it.
 */
export function quarantine(path: string): string {
  const aside = freeName(path)
  renameSync(path, aside)
  moveSideFiles(path, aside)
  syncDirectory(dirname(path))
  return aside
}

/**
 * Moves the side files that an interrupted `quarantine` left behind. Call this only if there is no database at the path,
 * and with the lock held.
 */
export function finishMove(path: string): void {
  if (!SIDE_FILES.some((side) => isThere(path + side))) return
  const last = quarantinedDatabases(path).at(-1)
  const isComplete =
    last === undefined || SIDE_FILES.some((side) => isThere(path + side) && isThere(last + side))
  moveSideFiles(path, isComplete ? freeName(path) : last)
  syncDirectory(dirname(path))
}

function moveSideFiles(path: string, aside: string): void {
  for (const side of SIDE_FILES) {
    if (isThere(path + side)) renameSync(path + side, aside + side)
  }
}

function freeName(path: string): string {
  for (let time = Date.now(); ; time += 1) {
    const aside = `${path}${MARK}${nameOfTime(time)}`
    if (!['', ...SIDE_FILES].some((side) => isThere(aside + side))) return aside
  }
}

/** Syncs a directory, so that the names in it survive a power failure, as far as the system supports that. */
export function syncDirectory(directory: string): void {
  try {
    const descriptor = openSync(directory, constants.O_RDONLY)
    try {
      fsyncSync(descriptor)
    } finally {
      closeSync(descriptor)
    }
  } catch {
    // Windows cannot open a directory, and some file systems cannot sync one.
  }
}

function isThere(name: string): boolean {
  return lstatSync(name, { throwIfNoEntry: false }) !== undefined
}
