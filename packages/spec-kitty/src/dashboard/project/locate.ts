import type { BigIntStats } from 'node:fs'
import { basename, dirname, isAbsolute, join, parse, sep } from 'node:path'
import { isHidden, isIn, refusalOf, type Confined } from './confine.js'
import { diskOf } from './disk.js'

/** A regular file or a directory that the page may show. `path` is its real path. */
export interface LocatedEntry extends Confined {
  readonly kind: 'file' | 'directory'
  readonly stats: BigIntStats
}

/** An entry that cannot be used. */
export interface Unusable {
  readonly kind: 'unusable'
  /** The reason, as text that follows the path, such as `is a link that leads nowhere`. */
  readonly what: string
}

export interface Absent {
  readonly kind: 'absent'
}

export type Located = LocatedEntry | Unusable | Absent

/** The maximum number of symlinks that are followed to resolve one name. Linux has the same limit. */
const MAX_LINKS = 40

/**
 * The maximum number of names that are looked up to resolve one symlink. The target of a symlink may contain two thousand
 * names, and a project may contain thousands of symlinks. Without a limit, resolving them could take very long.
 */
const MAX_LOOKUPS = 256

/**
 * Returns what a name in a directory refers to. A symlink is accepted only if it leads into `directory.within` and passes
 * no hidden name inside the project. A hidden name counts as absent. A failed system call is returned as `absent` or
 * `unusable`, not thrown.
 */
export async function locate(directory: Confined, name: string): Promise<Located> {
  if (!isOneName(name) || isHidden(name)) return { kind: 'absent' }
  const path = directory.path.endsWith(sep) ? directory.path + name : directory.path + sep + name
  try {
    const stats = await diskOf(directory.root).lstat(path)
    return stats.isSymbolicLink() ? await follow(directory, path) : seen(directory, path, stats)
  } catch (error) {
    return isAbsence(error) ? { kind: 'absent' } : unusable(error)
  }
}

function isOneName(name: string): boolean {
  return name !== '' && !name.includes('/') && name === basename(name)
}

/**
 * Resolves a symlink name by name instead of leaving this to the kernel, for two reasons. First, nothing outside the
 * project may be accessed: a network mount there may not answer, and the page must not reveal what exists there. Second,
 * the path must not lead through a hidden directory. Outside the project, names are appended to the path without a
 * lookup.
 */
async function follow(from: Confined, link: string): Promise<Located> {
  try {
    const end = await walk(from, link)
    return typeof end === 'string' ? await arrive(from, end) : end
  } catch (error) {
    return isAbsence(error) ? refused('is a link that leads nowhere') : unusable(error)
  }
}

async function walk({ root, within, onLookup }: Confined, link: string): Promise<string | Unusable> {
  let at = dirname(link)
  // `rest` is a stack: its last element is the next name to look up.
  const rest = [basename(link)]
  let [lookups, links] = [0, 0]
  for (let part = rest.pop(); part !== undefined; part = rest.pop()) {
    const path = join(at, part)
    const isBelowRoot = part !== '..' && path !== root && isIn(root, path)
    if (isBelowRoot && isHidden(part)) return refused('is a link to a hidden file or directory')
    if (isBelowRoot && (lookups += 1) > MAX_LOOKUPS) return refused('is a link that leads too far')
    if (isBelowRoot && isIn(within, at)) await onLookup?.(at, part)
    const target = isBelowRoot ? await targetOf(root, path) : null
    if (target === null) at = path
    else if ((links += 1) > MAX_LINKS) return refused('is a link that leads in a circle')
    else {
      if (isAbsolute(target)) at = parse(target).root
      rest.push(...partsOf(target).toReversed())
    }
  }
  return at
}

/** Returns the target of a symlink; null if the path is not a symlink. */
async function targetOf(root: string, path: string): Promise<string | null> {
  const disk = diskOf(root)
  return (await disk.lstat(path)).isSymbolicLink() ? disk.readlink(path) : null
}

function partsOf(target: string): readonly string[] {
  const { root } = parse(target)
  const parts = target.slice(root.length).split(sep === '/' ? '/' : /[\\/]/)
  return parts.filter((part) => part !== '' && part !== '.')
}

/**
 * Returns the entry at the end of a symlink. Checks its real path too, because some file systems accept several
 * spellings of a name (upper and lower case, `GIT~1`).
 */
async function arrive(from: Confined, end: string): Promise<Located> {
  const refusal = refusalOf(from, end)
  if (refusal !== null) return refused(`is ${refusal}`)
  const disk = diskOf(from.root)
  const path = await disk.realpath(end)
  const change = refusalOf(from, path)
  if (change !== null) return refused(`is ${change}`)
  return seen(from, path, await disk.lstat(path))
}

function seen({ root, within, onLookup }: Confined, path: string, stats: BigIntStats): Located {
  const kind = kindOf(stats)
  if (kind === null) return refused('is neither a file nor a directory')
  return { kind, path, root, within, stats, onLookup }
}

/** Returns null for a FIFO, a socket or a device: opening one may block forever or change something. */
export function kindOf(stats: BigIntStats): LocatedEntry['kind'] | null {
  if (stats.isFile()) return 'file'
  return stats.isDirectory() ? 'directory' : null
}

export function refused(what: string): Unusable {
  return { kind: 'unusable', what }
}

/** Returns whether a failed system call means that there is no such file. */
export function isAbsence(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR', 'ENAMETOOLONG'].includes(codeOf(error))
}

/** Returns why a file cannot be used after a system call failed. */
export function unusable(error: unknown): Unusable {
  const code = codeOf(error)
  if (code === 'ELOOP') return refused('is a link that leads in a circle')
  if (code === 'EACCES' || code === 'EPERM') return refused('may not be read by this user')
  return refused(`cannot be read (${code})`)
}

/** Returns the code of a failed system call. */
export function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException | null)?.code ?? 'unknown error'
}
