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
  const [closed, mode] = isTaken(path) ? [path, 'u+rw'] : [closedDirectory(dirname(path)), 'u+rwx']
  return closed !== null && isOwn(closed) ? `chmod ${mode} ${shellQuote(closed)}` : null
}

function isOwn(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.uid === process.geteuid?.()
}

function isTaken(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined
  } catch {
    return false
  }
}
