import { constants, type BigIntStats } from 'node:fs'
import { lstat, open, opendir, readlink, realpath, stat, type FileHandle } from 'node:fs/promises'
import { join, sep } from 'node:path'

/**
 * Files of a project that somebody else may have prepared: links are followed only where they stay in the project, and
 * nothing but regular files is opened. Nothing here throws for what it finds, and nothing writes.
 */

/** A regular file or a directory at its real path, which lies in the project. */
export interface Found {
  readonly kind: 'file' | 'directory'
  readonly path: string
  readonly stats: BigIntStats
}

/** Why something cannot be used, in words that follow its path. */
export interface Unusable {
  readonly kind: 'unusable'
  readonly what: string
}

export interface Absent {
  readonly kind: 'absent'
}

export type Located = Found | Unusable | Absent

const MAX_NAMES = 5000

/** A project's links may not show what git and the daemons keep there: tokens and credentials. */
const PRIVATE = ['.git', '.kittify']

/** Waits for no writer of a FIFO, and makes no terminal ours. */
const READING = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY

/** Returns what stands at a name in a directory, whose own path is real. */
export async function locate(root: string, directory: string, name: string): Promise<Located> {
  const path = join(directory, name)
  try {
    const stats = await lstat(path, { bigint: true })
    return stats.isSymbolicLink() ? await follow(root, path) : seen(path, stats)
  } catch (error) {
    return isAbsence(error) ? { kind: 'absent' } : unusable(error)
  }
}

async function follow(root: string, link: string): Promise<Located> {
  try {
    const path = await realpath(link)
    if (!isWithin(root, path)) return { kind: 'unusable', what: 'is a link that leads out of the project' }
    return seen(path, await stat(path, { bigint: true }))
  } catch (error) {
    return isAbsence(error) ? { kind: 'unusable', what: 'is a link that leads nowhere' } : unusable(error)
  }
}

function seen(path: string, stats: BigIntStats): Located {
  if (stats.isFile()) return { kind: 'file', path, stats }
  if (stats.isDirectory()) return { kind: 'directory', path, stats }
  return { kind: 'unusable', what: 'is neither a file nor a directory' }
}

/** Returns whether a real path lies in the project, and not where it keeps its secrets. */
export function isWithin(root: string, path: string): boolean {
  const base = root.endsWith(sep) ? root : root + sep
  if (path !== root && !path.startsWith(base)) return false
  return !PRIVATE.some((name) => path === base + name || path.startsWith(base + name + sep))
}

export interface Names {
  /** Sorted. */
  readonly names: readonly string[]
  readonly problems: readonly string[]
}

/** Returns the names in a directory, or why it cannot be read. A name that is no UTF-8 cannot be asked for: it is left out. */
export async function list(directory: Found): Promise<Names | Unusable> {
  try {
    const names = await namesIn(directory.path)
    // A path that was swapped for a link meanwhile has shown the names of another directory.
    if ((await realpath(directory.path)) !== directory.path)
      return { kind: 'unusable', what: 'changed while it was read' }
    return names
  } catch (error) {
    return isAbsence(error) ? { kind: 'unusable', what: 'is gone' } : unusable(error)
  }
}

async function namesIn(path: string): Promise<Names> {
  const names: string[] = []
  const problems: string[] = []
  const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  for await (const entry of await opendir(path, { encoding: 'buffer' as BufferEncoding, bufferSize: 256 })) {
    if (names.length >= MAX_NAMES) {
      problems.push(`has more than ${MAX_NAMES} entries, and only so many are shown`)
      break
    }
    const bytes = entry.name as unknown as Uint8Array
    const name = nameOf(utf8, bytes)
    if (name === null)
      problems.push(`has an entry whose name is no UTF-8: ${Buffer.from(bytes).toString('latin1')}`)
    else names.push(name)
  }
  return { names: names.toSorted(), problems: problems.slice(0, 20) }
}

function nameOf(utf8: InstanceType<typeof TextDecoder>, bytes: Uint8Array): string | null {
  try {
    return utf8.decode(bytes)
  } catch {
    return null
  }
}

/**
 * Hands over a file that was found, opened for reading. What is open is compared with the project again, because any
 * part of its path may have been swapped for a link meanwhile.
 */
export async function withFile<T>(
  root: string,
  found: Found,
  use: (handle: FileHandle, stats: BigIntStats) => Promise<T>,
): Promise<T | Unusable> {
  let handle: FileHandle | null = null
  try {
    handle = await open(found.path, READING)
    const stats = await handle.stat({ bigint: true })
    if (!stats.isFile()) return { kind: 'unusable', what: 'is no file' }
    if (!isWithin(root, await realPathOf(handle, found, stats)))
      return { kind: 'unusable', what: 'changed into a link that leads out of the project' }
    return await use(handle, stats)
  } catch (error) {
    return isAbsence(error) ? { kind: 'unusable', what: 'is gone' } : unusable(error)
  } finally {
    await handle?.close().catch(() => undefined)
  }
}

/** The kernel's own word where it gives one, else the path once more, if it still names what is open. */
async function realPathOf(handle: FileHandle, found: Found, open: BigIntStats): Promise<string> {
  try {
    return (await readlink(`/proc/self/fd/${handle.fd}`)).replace(/ \(deleted\)$/, '')
  } catch {
    const path = await realpath(found.path)
    const { dev, ino } = await stat(path, { bigint: true })
    return dev === open.dev && ino === open.ino ? path : ''
  }
}

/** Reads up to `length` bytes from a position; fewer at the end of the file. */
export async function readBytes(handle: FileHandle, position: number, length: number): Promise<Uint8Array> {
  const buffer = Buffer.allocUnsafe(length)
  let filled = 0
  while (filled < length) {
    const { bytesRead } = await handle.read(buffer, filled, length - filled, position + filled)
    if (bytesRead === 0) break
    filled += bytesRead
  }
  return buffer.subarray(0, filled)
}

function isAbsence(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR', 'ENAMETOOLONG'].includes(codeOf(error))
}

function unusable(error: unknown): Unusable {
  const code = codeOf(error)
  if (code === 'ELOOP') return { kind: 'unusable', what: 'is a link that leads in a circle' }
  if (code === 'EACCES' || code === 'EPERM') return { kind: 'unusable', what: 'may not be read by this user' }
  return { kind: 'unusable', what: `cannot be read (${code})` }
}

/** Returns the code of a failed system call. */
export function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException | null)?.code ?? 'unknown error'
}
