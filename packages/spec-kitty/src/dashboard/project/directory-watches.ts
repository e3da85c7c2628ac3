import { lstatSync, realpathSync, watch, type BigIntStats, type FSWatcher } from 'node:fs'
import { lstat, readdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { isHidden } from './confine.js'
import { mayChangeUnseen } from './remember-files.js'
import { failureOf, silenceOf, type Why } from './unseen-changes.js'

/** A directory or file to watch. Changes of hidden entries in a directory are reported only if `only` names them. */
export interface Wanted {
  /** A path without symlinks. A symlink that was put there meanwhile is not followed. */
  readonly path: string
  /**
   * The state of the directory before its entries were read; null if it was absent. If its inode changes, the path leads
   * to another directory, and a new watch replaces the old one; also if `only` changes.
   */
  readonly stats: BigIntStats | null
  /** Report only these entries. If omitted, report all that are not hidden. */
  readonly only?: readonly string[]
}

export interface DirectoryWatches {
  /**
   * Watches exactly these paths for the owner, and ends its other watches. Returns false if one of them may have changed
   * before its watch began. Nothing reports such a change, so the caller must find the paths again.
   */
  keep(owner: string, wanted: readonly Wanted[]): boolean
  close(): void
}

/** Called on a change with the owner of the watch and the name of the entry (null: unknown). */
export type OnEvent = (owner: string, name: string | null) => void

/**
 * Called when the system stops reporting all changes, with the reason and the time; called with null when it reports all
 * again.
 */
export type OnSight = (blind: { readonly since: string; readonly why: string } | null) => void

interface Entry extends Wanted {
  readonly owner: string
  /** The watch; null if the path could not be watched. */
  watcher: FSWatcher | null
  signature: string | null
  /** Why the path could not be watched. */
  refusal: Why
  /** Why the system does not report all changes below the path, even if it is watched. */
  readonly silence: Why
}

/** The minimum time between two polls of paths whose changes the system does not report. */
const POLL_MS = 2000
/**
 * The time between two polls, as a multiple of the duration of the last poll, so that polling a large project takes at
 * most a twentieth of a core.
 */
const POLL_PAUSES = 20
/** The maximum time between two polls. */
const POLL_MAX_MS = 30_000

/**
 * If so many changes are reported in one turn of the event loop, others may be lost: Linux keeps up to 16384 for a process
 * (fs.inotify.max_queued_events) and drops the rest, which Node does not report. A suspended process receives that many.
 */
const MAY_OVERFLOW = 8192

/**
 * Keeps one watch per owner and path. If the system refuses a watch (ENOSPC, EMFILE: all programs of the user share the
 * inotify limits), only that path is polled until a watch succeeds. On a file system that does not report all changes,
 * watched paths are polled too. Never throws.
 */
export function watchDirectories(
  onEvent: OnEvent,
  onSight: OnSight = () => undefined,
  typeOf?: (path: string) => number,
): DirectoryWatches {
  return new Watches(onEvent, onSight, typeOf)
}

class Watches implements DirectoryWatches {
  readonly #entries = new Map<string, Entry>()
  readonly #owned = new Map<string, Set<Entry>>()
  /** The entries that must be polled. Kept apart, because there may be thousands of entries, and usually none of these. */
  readonly #polled = new Set<Entry>()
  readonly #onEvent: OnEvent
  readonly #onSight: OnSight
  readonly #typeOf: ((path: string) => number) | undefined
  #polling: NodeJS.Timeout | null = null
  #pauseMs = POLL_MS
  /** How many changes were reported in this turn of the event loop. */
  #reported = 0
  #blind: Parameters<OnSight>[0] = null

  constructor(onEvent: OnEvent, onSight: OnSight, typeOf: ((path: string) => number) | undefined) {
    this.#onEvent = onEvent
    this.#onSight = onSight
    this.#typeOf = typeOf
  }

  keep(owner: string, wanted: readonly Wanted[]): boolean {
    const identities = new Map(wanted.map((place) => [place.path, identityOf(place)]))
    for (const entry of this.#owned.get(owner) ?? []) {
      if (identities.get(entry.path) !== identityOf(entry)) this.#remove(entry)
    }
    let isCertain = true
    for (const place of wanted) {
      if (this.#entries.has(keyOf({ owner, path: place.path }))) continue
      const silence = silenceOf(place.path, this.#typeOf)
      const entry = { ...place, owner, watcher: null, signature: null, refusal: null, silence }
      this.#add(entry)
      // The first poll of a path that is polled reports a change in any case.
      if (!isPolled(entry) && !isAsFound(place)) isCertain = false
    }
    this.#schedule()
    return isCertain
  }

  close(): void {
    for (const entry of this.#entries.values()) this.#remove(entry)
    if (this.#polling !== null) clearTimeout(this.#polling)
  }

  #add(entry: Entry): void {
    this.#entries.set(keyOf(entry), entry)
    this.#owned.set(entry.owner, (this.#owned.get(entry.owner) ?? new Set()).add(entry))
    this.#begin(entry)
    if (isPolled(entry)) void this.#scan(entry)
  }

  #remove(entry: Entry): void {
    this.#entries.delete(keyOf(entry))
    const others = this.#owned.get(entry.owner)
    others?.delete(entry)
    if (others?.size === 0) this.#owned.delete(entry.owner)
    end(entry)
    this.#note(entry)
  }

  #isKept(entry: Entry): boolean {
    return this.#entries.get(keyOf(entry)) === entry
  }

  #begin(entry: Entry): void {
    try {
      entry.watcher = this.#watch(entry)
      entry.refusal = null
      if (!isItself(entry.path)) end(entry)
    } catch (error) {
      entry.watcher = null
      entry.refusal = failureOf(error)
    }
    this.#note(entry)
  }

  #watch(entry: Entry): FSWatcher {
    const watcher = watch(entry.path, { persistent: false }, (kind, name) => {
      this.#count()
      // The watched path itself was moved or removed, or an entry of the same name. A successor of the path may reuse the
      // inode, so end this watch here. The owner is told, and watches the path again if it is still there.
      const isEnded = kind === 'rename' && name === basename(entry.path) && this.#isKept(entry)
      if (isEnded) this.#remove(entry)
      if (isEnded || name === null || isTold(entry, name)) this.#onEvent(entry.owner, name)
    })
    return watcher.on('error', (error) => {
      end(entry)
      entry.refusal = failureOf(error)
      this.#note(entry)
      this.#onEvent(entry.owner, null)
      this.#schedule()
    })
  }

  /** Reports a change to every owner if changes may have been lost. */
  #count(): void {
    this.#reported += 1
    if (this.#reported > 1) return
    setImmediate(() => {
      const isLost = this.#reported >= MAY_OVERFLOW
      this.#reported = 0
      for (const owner of isLost ? this.#owned.keys() : []) this.#onEvent(owner, null)
    }).unref()
  }

  #note(entry: Entry): void {
    if (this.#isKept(entry) && isPolled(entry)) this.#polled.add(entry)
    else this.#polled.delete(entry)
  }

  #schedule(): void {
    this.#tellSight()
    if (this.#polling !== null || this.#polled.size === 0) return
    this.#polling = setTimeout(() => void this.#poll(), this.#pauseMs).unref()
  }

  #tellSight(): void {
    const whys = [...this.#polled].flatMap(({ refusal, silence }) => refusal ?? silence ?? [])
    const why = whys[0] ?? null
    if (why === (this.#blind?.why ?? null)) return
    this.#blind = why === null ? null : { since: this.#blind?.since ?? new Date().toISOString(), why }
    this.#onSight(this.#blind)
  }

  async #poll(): Promise<void> {
    const began = performance.now()
    for (const entry of this.#polled) {
      if (entry.watcher === null) this.#begin(entry)
      await this.#scan(entry)
      if (!this.#isKept(entry)) end(entry)
    }
    this.#pauseMs = Math.min(POLL_MAX_MS, Math.max(POLL_MS, POLL_PAUSES * (performance.now() - began)))
    this.#polling = null
    this.#schedule()
  }

  /** Reports a change after the first scan too, because the files may have changed after they were read and before that scan. */
  async #scan(entry: Entry): Promise<void> {
    const signature = await signatureOf(entry)
    const isChanged = entry.signature !== signature
    entry.signature = signature
    if (isChanged && this.#isKept(entry)) this.#onEvent(entry.owner, null)
  }
}

function isPolled({ watcher, silence }: Entry): boolean {
  return watcher === null || silence !== null
}

function end(entry: Entry): void {
  entry.watcher?.close()
  entry.watcher = null
}

function keyOf({ owner, path }: { readonly owner: string; readonly path: string }): string {
  return `${owner}\0${path}`
}

/** An inode is reused, so the time of birth is part of the identity. It is 0 on a file system that does not record it. */
function identityOf({ stats, only = [] }: Wanted): string {
  const entry = stats === null ? 'absent' : `${stats.dev} ${stats.ino} ${stats.birthtimeNs}`
  return [entry, ...only].join('/')
}

/**
 * Returns whether a directory is certainly unchanged since its entries were read. Call it once the directory is watched:
 * later changes are reported.
 */
function isAsFound({ path, stats }: Wanted): boolean {
  try {
    const now = lstatSync(path, { bigint: true })
    const isSame = now.dev === stats?.dev && now.ino === stats.ino
    return isSame && now.mtimeNs === stats.mtimeNs && now.ctimeNs === stats.ctimeNs && !mayChangeUnseen(now)
  } catch {
    return false
  }
}

function isTold({ only }: Wanted, name: string): boolean {
  return only === undefined ? !isHidden(name) : only.includes(name)
}

/** Returns false if a part of the path was replaced by a symlink, which would lead the watch out of the project. */
function isItself(path: string): boolean {
  try {
    return realpathSync.native(path) === path
  } catch {
    return false
  }
}

/**
 * Returns a text that changes when the watched directory or file itself is modified, or when an entry in it is added,
 * removed or modified.
 */
async function signatureOf(place: Wanted): Promise<string> {
  const { path } = place
  if (!isItself(path)) return 'gone'
  const names = await readdir(path).catch(() => [])
  const parts = [await stateOf(path)]
  for (const name of names) if (isTold(place, name)) parts.push(name, await stateOf(join(path, name)))
  return parts.join('\0')
}

/**
 * Ignores the modification times of directories, because hidden entries change them too. If the content of a directory is
 * shown, it has its own watch.
 */
async function stateOf(path: string): Promise<string> {
  try {
    const stats = await lstat(path, { bigint: true })
    const { ino, mode, size, mtimeNs, ctimeNs } = stats
    return (stats.isDirectory() ? [ino, mode] : [ino, size, mtimeNs, ctimeNs]).join(' ')
  } catch {
    return ''
  }
}
