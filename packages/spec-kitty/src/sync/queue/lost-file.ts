import { existsSync, fstatSync, readdirSync, readlinkSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { shellQuote, type CommandError } from 'familiar/cli'
import { fileAt } from './connection.js'
import { newDaemon, salvageCommand, unusable } from './queue-errors.js'
import { quarantinedDatabases } from './quarantined-databases.js'
import { SIDE_FILES } from './queue-path.js'

/** What became of the file of an open queue that is no longer at its path. */
export interface LostFile {
  /** `removed`: only the processes that have it open can still read it. */
  readonly state: 'removed' | 'moved'
  /** Where it was moved to; null if that is unknown. */
  readonly movedTo: string | null
  /** The number of events in it, including those that the server rejected. */
  readonly events: number
}

/** The directory that lists this process's descriptors, on every system that lets an open file be removed. */
const DESCRIPTORS = '/dev/fd'

/** Linux adds this to the path of an open file that was removed. */
const REMOVED = ' (deleted)'

/**
 * Returns what became of the open file with this key (`fileAt`), which was at the path before. Null if another process
 * has put it aside as damaged, or if it is not known to be open.
 */
export function whereaboutsOf(file: string, path: string): Omit<LostFile, 'events'> | null {
  if (quarantinedDatabases(path).some((one) => fileAt(one) === file)) return null
  for (const name of readdirSync(DESCRIPTORS)) {
    const links = linksOf(Number(name), file)
    if (links === null) continue
    const target = targetOf(`${DESCRIPTORS}/${name}`)
    return links === 0n || target?.endsWith(REMOVED) === true
      ? { state: 'removed', movedTo: null }
      : { state: 'moved', movedTo: target }
  }
  return null
}

/** Returns what became of the file, in words that follow its name. */
export function lostText({ state, movedTo, events }: LostFile): string {
  const waited = `while ${events} ${events === 1 ? 'event was' : 'events were'} in it`
  const where = movedTo === null ? '' : ` to ${movedTo}`
  return `was ${state}${where} ${waited}`
}

/**
 * Returns the command that puts a queue that was moved back to its path, with those of its side files that were moved with
 * it; null if its new path is unknown. The daemon that has the file open goes on only with the log that it has open, so if
 * that is in neither place, the command also starts the daemon anew. It writes the log into the file when it ends. If another queue
 * is at the path by now, it has events of its own: the command saves those of the moved file, and says how to queue them
 * again. No command writes over a file.
 */
export function putBackCommand(path: string, { movedTo }: Pick<LostFile, 'movedTo'>): string | null {
  if (movedTo === null) return null
  if (existsSync(path)) return `${salvageCommand()} --from ${shellQuote(movedTo)}`
  const sides = SIDE_FILES.filter((side) => existsSync(movedTo + side) && !existsSync(path + side))
  const hasLog = sides.includes('-wal') || existsSync(`${path}-wal`)
  return [...moveCommands(movedTo, path, sides), ...(hasLog ? [] : [newDaemon()])].join(' && ')
}

function moveCommands(from: string, to: string, sides: readonly string[]): readonly string[] {
  const all = ['', ...sides].map((side) => from + side)
  if (sides.length > 0 && basename(from) === basename(to))
    return [`mv -n ${all.map(shellQuote).join(' ')} ${shellQuote(dirname(to))}`]
  return ['', ...sides].map((side) => `mv -n ${shellQuote(from + side)} ${shellQuote(to + side)}`)
}

/** Returns the error for a file that was moved. It has what waits, so no new one is made. */
export function movedError(path: string, lost: LostFile): CommandError {
  return unusable(path, `its file ${lostText(lost)}`, undefined, putBackCommand(path, lost))
}

/** Returns how many names the open file has; null if the descriptor is of another file. */
function linksOf(descriptor: number, file: string): bigint | null {
  try {
    const { dev, ino, nlink } = fstatSync(descriptor, { bigint: true })
    return `${dev}:${ino}` === file ? nlink : null
  } catch {
    return null
  }
}

/** macOS does not tell the path of a descriptor. */
function targetOf(descriptor: string): string | null {
  try {
    return readlinkSync(descriptor)
  } catch {
    return null
  }
}
