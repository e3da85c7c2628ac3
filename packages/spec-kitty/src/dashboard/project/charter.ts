import { lstat, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import type { CharterReply } from '../api.js'
import { readText } from './documents.js'
import { kindOf, type LocatedEntry } from './locate.js'

/**
 * Where the charter of a project is: `charter.md` today, `constitution.md` in older projects. Most of these paths lead through
 * a hidden directory, in which the page may see nothing else. They are fixed, and no part of one may be a symlink.
 */
const PLACES: readonly (readonly string[])[] = [
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
  for (const parts of PLACES) {
    const found = await fileAt(root, parts)
    if (found !== null) return { path: parts.join('/'), found }
  }
  return null
}

/**
 * Returns a regular file that is reached without a symlink; null if there is none. Its directory is its root, so that what
 * replaces a part of the path before the file is opened is noticed then, and nothing else in a hidden directory is reached.
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
