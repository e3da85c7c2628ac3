import { lstatSync } from 'node:fs'
import { shellQuote } from 'familiar/cli'

/** Returns the command that moves what is at a path out of the way. It keeps it, under a name that is free. */
export function moveAwayCommand(path: string): string {
  let aside = `${path}.old`
  for (let number = 2; isTaken(aside); number += 1) aside = `${path}.old${number}`
  return `mv ${shellQuote(path)} ${shellQuote(aside)}`
}

function isTaken(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined
  } catch {
    return false
  }
}
