import { statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { CommandError, realPath } from 'familiar/cli'
import { assertOwnPath } from '../cli/own-places.js'

/** The directories of a home that contain only files of the tool or its predecessor. */
const IN_HOME = ['daemons', join('daemons', 'sync'), join('daemons', 'dashboards'), 'sync'] as const

/** The files that the tool, its predecessor and its users keep in the home itself, and in `.kittify` of a project. */
const HOME_FILES: ReadonlySet<string> = new Set(['session.json', 'config.toml', 'sync-daemon'])
const PROJECT_FILES: ReadonlySet<string> = new Set(['config.yaml', '.dashboard'])

/**
 * Throws `E_EXPORT_FAILED` if the tool uses this path itself, for example `queue.db-wal`, which SQLite would remove
 * together with the events in it. Throws `E_SCOPE_FOREIGN_OWNER` for root in a directory of another user.
 */
export function assertExportable(root: string, path: string): void {
  assertOwnPath(path)
  if (!isOurs(root, path)) return
  throw new CommandError('E_EXPORT_FAILED', `cannot write ${path}: spec-kitty uses this name itself`, {
    hint: 'name a new file in another directory',
  })
}

function isOurs(root: string, path: string): boolean {
  const directory = realPath(dirname(path)) ?? dirname(path)
  const name = basename(path).toLowerCase()
  const own = new Set(IN_HOME.flatMap((below) => directoryAt(join(root, below)) ?? []))
  const above = withParents(directory)
  return (
    above.some((at) => own.has(directoryAt(at) ?? '')) ||
    (HOME_FILES.has(name) && isSame(directory, root)) ||
    (PROJECT_FILES.has(name) && basename(directory) === '.kittify') ||
    above.some((at) => basename(at) === 'daemon' && basename(dirname(at)) === '.kittify')
  )
}

function isSame(one: string, other: string): boolean {
  const found = directoryAt(one)
  return found !== null && found === directoryAt(other)
}

function withParents(directory: string): readonly string[] {
  const above = dirname(directory)
  return above === directory ? [directory] : [directory, ...withParents(above)]
}

/**
 * Returns a key that identifies a directory whatever path leads to it, even through a bind mount; null if there is no
 * visible directory.
 */
function directoryAt(path: string): string | null {
  try {
    const { dev, ino } = statSync(path, { bigint: true })
    return `${dev}:${ino}`
  } catch {
    return null
  }
}
