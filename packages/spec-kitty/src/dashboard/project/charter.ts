import { lstat, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import type { CharterReply } from '../api.js'
import { readText } from './documents.js'
import { kindOf, type LocatedEntry } from './locate.js'

/**
 * The locations of a project's charter: `charter.md` today, `constitution.md` in older projects. Most of these paths lead
 * through a hidden directory, of which the page must not see anything else. So the paths are fixed, and no part of one
 * may be a symlink.
 */
export const CHARTERS: readonly (readonly string[])[] = [
  ['.kittify', 'charter', 'charter.md'],
  ['charter', 'charter.md'],
  ['.kittify', 'constitution', 'constitution.md'],
  ['.kittify', 'memory', 'charter.md'],
  ['.kittify', 'memory', 'constitution.md'],
]

interface FoundCharter {
  readonly path: string
  readonly found: LocatedEntry
}

/** Returns the path of the project's charter, relative to the project; null if it has none. */
export async function charterPath(directory: string): Promise<string | null> {
  return (await findCharter(directory))?.path ?? null
}

/** Returns the charter; null if the project has none. */
export async function readCharter(directory: string): Promise<CharterReply | null> {
  const charter = await findCharter(directory)
  if (charter === null) return null
  const { path, found } = charter
  return { ...(await readText(found, path.slice(path.lastIndexOf('/') + 1), path)), path }
}

async function findCharter(directory: string): Promise<FoundCharter | null> {
  const root = await realpath(directory).catch(() => null)
  if (root === null) return null
  for (const parts of CHARTERS) {
    const found = await fileAt(root, parts)
    if (found !== null) return { path: parts.join('/'), found }
  }
  return null
}

/**
 * Returns a regular file that is reached without a symlink; null if there is none. Its own directory is used as its root:
 * this way, a replaced part of the path is noticed before the file is opened, and no other file in a hidden directory can
 * be reached.
 */
async function fileAt(root: string, parts: readonly string[]): Promise<LocatedEntry | null> {
  const [path, within] = [join(root, ...parts), join(root, ...parts.slice(0, -1))]
  try {
    if ((await realpath(path)) !== path) return null
    const stats = await lstat(path, { bigint: true })
    return kindOf(stats) === 'file' ? { kind: 'file', path, root: within, within, stats } : null
  } catch {
    return null
  }
}
