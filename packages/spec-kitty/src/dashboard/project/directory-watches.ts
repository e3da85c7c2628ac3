import { realpathSync, watch, type FSWatcher } from 'node:fs'
import { lstat, readdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { isHidden } from './confine.js'

/** A directory or file to watch. Changes of hidden entries in a directory are not reported unless `only` names them. */
export interface Wanted {
  /** A path without symlinks. If one has been put there meanwhile, it is not followed. */
  readonly path: string
  /** If this changes, the path names something else, and a new watch replaces the old one. */
  readonly identity: string
  /** Report only these entries; without this list, all that are not hidden. */
  readonly only?: readonly string[]
}

export interface DirectoryWatches {
  /** Watches exactly these for the owner, and ends its other watches. */
  keep(owner: string, wanted: readonly Wanted[]): void
  close(): void
}

/** Called on a change with the owner of the watch and the name of the entry (null: unknown). */
export type OnEvent = (owner: string, name: string | null) => void

interface Entry extends Wanted {
  readonly owner: string
  /** Null: it could not be watched, so it is polled. */
  watcher: FSWatcher | null
  signature: string | null
}

/** How often to poll what the system refuses to watch. */
const POLL_MS = 2000

/**
 * Keeps one watch per owner and path. If the system refuses one (ENOSPC, EMFILE: everything that the user runs shares the
 * inotify limits), only that path is polled, every two seconds, until a watch succeeds. Never throws.
 */
export function watchDirectories(onEvent: OnEvent): DirectoryWatches {
  const entries = new Map<string, Entry>()
  let polling: NodeJS.Timeout | null = null

  const begin = (entry: Entry): void => {
    try {
      entry.watcher = watch(entry.path, { persistent: false }, (kind, name) => {
        // The watched path itself was moved or removed. Its successor may reuse the inode, so end this watch here.
        if (kind === 'rename' && name === basename(entry.path) && isKept(entry)) remove(entry)
        if (name === null || isTold(entry, name)) onEvent(entry.owner, name)
      })
      entry.watcher.on('error', () => {
        end(entry)
        onEvent(entry.owner, null)
        schedule()
      })
      if (!isItself(entry.path)) end(entry)
    } catch {
      entry.watcher = null
    }
  }
  const scan = async (entry: Entry): Promise<void> => {
    const signature = await signatureOf(entry)
    const isChanged = entry.signature !== null && entry.signature !== signature
    entry.signature = signature
    if (isChanged && isKept(entry)) onEvent(entry.owner, null)
  }
  const poll = async (): Promise<void> => {
    for (const entry of entries.values()) {
      if (entry.watcher !== null) continue
      begin(entry)
      await scan(entry)
      if (!isKept(entry)) end(entry)
    }
    polling = null
    schedule()
  }
  const schedule = (): void => {
    if (polling !== null || [...entries.values()].every(({ watcher }) => watcher !== null)) return
    polling = setTimeout(() => void poll(), POLL_MS).unref()
  }
  const isKept = (entry: Entry): boolean => entries.get(keyOf(entry)) === entry

  const add = (entry: Entry): void => {
    entries.set(keyOf(entry), entry)
    begin(entry)
    if (entry.watcher === null) void scan(entry)
  }
  const remove = (entry: Entry): void => {
    entries.delete(keyOf(entry))
    end(entry)
  }
  return {
    keep(owner, wanted) {
      const identities = new Map(wanted.map(({ path, identity }) => [path, identity]))
      for (const entry of entries.values()) {
        if (entry.owner === owner && identities.get(entry.path) !== entry.identity) remove(entry)
      }
      for (const place of wanted) {
        const entry = { ...place, owner, watcher: null, signature: null }
        if (!entries.has(keyOf(entry))) add(entry)
      }
      schedule()
    },
    close() {
      for (const entry of entries.values()) remove(entry)
      if (polling !== null) clearTimeout(polling)
    },
  }
}

function end(entry: Entry): void {
  entry.watcher?.close()
  entry.watcher = null
}

function keyOf({ owner, path }: { readonly owner: string; readonly path: string }): string {
  return `${owner}\0${path}`
}

function isTold({ only }: Wanted, name: string): boolean {
  return only === undefined ? !isHidden(name) : only.includes(name)
}

/** False if part of the path was replaced by a symlink, which would lead the watch out of the project. */
function isItself(path: string): boolean {
  try {
    return realpathSync.native(path) === path
  } catch {
    return false
  }
}

/** Returns text that changes when an entry is added, removed or modified, and when the place itself is. */
async function signatureOf(place: Wanted): Promise<string> {
  const { path } = place
  if (!isItself(path)) return 'gone'
  const names = await readdir(path).catch(() => [])
  const parts = [await stateOf(path)]
  for (const name of names) if (isTold(place, name)) parts.push(name, await stateOf(join(path, name)))
  return parts.join('\0')
}

/** Ignores the times of directories: hidden entries change them too, and what is shown in one has its own watch. */
async function stateOf(path: string): Promise<string> {
  try {
    const stats = await lstat(path, { bigint: true })
    const { ino, mode, size, mtimeNs, ctimeNs } = stats
    return (stats.isDirectory() ? [ino, mode] : [ino, size, mtimeNs, ctimeNs]).join(' ')
  } catch {
    return ''
  }
}
