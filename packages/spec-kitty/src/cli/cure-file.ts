import { existsSync, lstatSync } from 'node:fs'
import { dirname } from 'node:path'
import { closedDirectory, shellQuote } from 'familiar/cli'

/** Returns the command that moves what is at a path out of the way. It keeps it, under a name that is free. */
export function moveAwayCommand(path: string): string {
  let aside = `${path}.old`
  for (let number = 2; isTaken(aside); number += 1) aside = `${path}.old${number}`
  return `mv ${shellQuote(path)} ${shellQuote(aside)}`
}

/**
 * Returns the command that lets a file of ours be read, if `readSmallFile` says that it could not be; null if there is
 * none. `why`: what it says.
 */
export function cureCommand(path: string, why: string): string | null {
  if (why === 'it is not a file') return moveAwayCommand(path)
  if (why === 'it is a link') return existsSync(path) ? replaceLinkCommand(path) : moveAwayCommand(path)
  return why === 'EACCES' ? openCommand(path) : null
}

/** The file to which the link leads stays as it is. */
function replaceLinkCommand(path: string): string {
  const [link, copy] = [shellQuote(path), shellQuote(`${path}.new`)]
  return `cp ${link} ${copy} && mv ${copy} ${link}`
}

/** Only the owner of a file, or of the directory that hides it, can open it. */
function openCommand(path: string): string | null {
  if (isTaken(path)) return openFilesCommand([path])
  const closed = closedDirectory(dirname(path))
  return closed !== null && statOf(closed)?.uid === process.geteuid?.()
    ? `chmod u+rwx ${shellQuote(closed)}`
    : null
}

/**
 * Returns the command that lets these files, of those that are there, be read and written: what root has left behind is made
 * this user's first. Null if one of them is another user's or a link, because both commands follow a link, to a file that
 * may not be ours; also null if nothing has to be changed.
 */
export function openFilesCommand(paths: readonly string[]): string | null {
  const user = process.geteuid?.()
  const there = paths.flatMap((path) => {
    const found = statOf(path)
    return found === undefined
      ? []
      : [{ path, owner: found.uid, mode: found.mode, isLink: found.isSymbolicLink() }]
  })
  const isOurs = there.every(({ owner, isLink }) => !isLink && (owner === user || owner === 0))
  if (user === undefined || !isOurs) return null
  const [foreign, closed] = [
    there.filter(({ owner }) => owner !== user),
    there.filter(({ mode }) => (mode & OPEN) !== OPEN),
  ].map((all) => all.map(({ path }) => shellQuote(path)).join(' ')) as [string, string]
  const commands = [
    ...(foreign === '' ? [] : [`sudo chown ${user} ${foreign}`]),
    ...(closed === '' ? [] : [`chmod u+rw ${closed}`]),
  ]
  return commands.length === 0 ? null : commands.join(' && ')
}

const OPEN = 0o600

function statOf(path: string) {
  try {
    return lstatSync(path, { throwIfNoEntry: false })
  } catch {
    return undefined
  }
}

function isTaken(path: string): boolean {
  return statOf(path) !== undefined
}
