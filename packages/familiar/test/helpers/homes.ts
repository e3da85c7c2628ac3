import { chmodSync, lstatSync, mkdtempSync, readdirSync, realpathSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const homes = new Set<string>()

/** Makes an empty directory, its path without links, that stand-ins of other users can enter too. */
export function makeHome(): string {
  const home = mkdtempSync(join(realpathSync(tmpdir()), 'familiar-test-'))
  chmodSync(home, 0o755)
  homes.add(home)
  return home
}

/** Returns the path of a root that does not exist yet, in a new directory. */
export function newRoot(): string {
  return join(makeHome(), 'root')
}

/** Returns the path of a life-cycle lock that does not exist yet, nor its directory, in a new home. */
export function newLockPath(): string {
  return join(makeHome(), 'daemons', 'sync', 'lifecycle.lock')
}

/** Removes every directory that `makeHome` made. */
export function removeHomes(): void {
  for (const home of homes) rmSync(home, { recursive: true, force: true })
  homes.clear()
}

/**
 * Removes a directory in one step: a daemon that looks at its files meanwhile sees all of them or none.
 * `rm -r` removes the lock of the daemon first, and then a quick daemon leaves as superseded.
 */
export function removeAtOnce(directory: string): void {
  const away = `${directory}.removed`
  renameSync(directory, away)
  rmSync(away, { recursive: true })
}

/** Returns every path below a directory with its type, size and times: equal lists, nothing was written in between. */
export function treeOf(directory: string): readonly string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .map((name) => {
      const { mode, size, mtimeMs, ctimeMs, ino } = lstatSync(join(directory, name))
      return [name, mode.toString(8), size, mtimeMs, ctimeMs, ino].join(' ')
    })
    .toSorted()
}
