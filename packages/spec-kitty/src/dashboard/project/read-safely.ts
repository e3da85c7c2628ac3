import { constants, type BigIntStats } from 'node:fs'
import { isHidden, refusalOf } from './confine.js'
import { diskOf, type Disk, type OpenFile } from './disk.js'
import { isAbsence, kindOf, refused, unusable, type LocatedEntry, type Unusable } from './locate.js'

/**
 * Reads files and directories of a project that another user may have prepared. Repeats every check after opening.
 * Nothing here throws because of the contents, and nothing writes.
 */

const MAX_NAMES = 5000

/** Opening must not block on a FIFO, and must not make a terminal our controlling terminal. */
const READING = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY

export interface Names {
  /** The names, sorted. */
  readonly names: readonly string[]
  /** Those names that are regular files according to the directory. */
  readonly files: ReadonlySet<string>
  readonly problems: readonly string[]
  /** True if the directory contains more names than these. */
  readonly is_cut: boolean
}

export const NO_NAMES: Names = { names: [], files: new Set(), problems: [], is_cut: false }

/**
 * Returns the names in a directory that are not hidden, or why it cannot be read. A name that is not UTF-8 cannot be
 * requested, so it is left out and reported as a problem.
 */
export async function list(directory: LocatedEntry): Promise<Names | Unusable> {
  return withOpen(directory, async (_, { size }, held) => {
    const disk = diskOf(directory.root)
    if (held !== null) return namesIn(disk, held, Number(size))
    const names = await namesIn(disk, directory.path, Number(size))
    // If the directory was replaced meanwhile, the names do not belong to this path.
    if ((await disk.realpath(directory.path)) !== directory.path) return refused('changed while it was read')
    return names
  })
}

async function namesIn(disk: Disk, path: string, size: number): Promise<Names> {
  const names: string[] = []
  const problems: string[] = []
  const files = new Set<string>()
  const found = await disk.entries(path, MAX_NAMES + 1, size)
  if (found.length > MAX_NAMES)
    problems.push(`has more than ${MAX_NAMES} entries, and only so many are shown`)
  const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  for (const { name: bytes, is_file: isFile } of found.slice(0, MAX_NAMES)) {
    const name = nameOf(utf8, bytes)
    if (isHidden(name ?? bytes)) continue
    if (name === null) problems.push(`has an entry whose name is no UTF-8: ${bytes}`)
    else names.push(name)
    if (isFile && name !== null) files.add(name)
  }
  return { names: names.toSorted(), files, problems: problems.slice(0, 20), is_cut: found.length > MAX_NAMES }
}

const ASCII = /^[\0-\x7f]*$/

/** Decodes a name in which each character stands for one byte; null if it is not valid text. */
function nameOf(utf8: InstanceType<typeof TextDecoder>, bytes: string): string | null {
  if (ASCII.test(bytes)) return bytes
  try {
    return utf8.decode(Buffer.from(bytes, 'latin1'))
  } catch {
    return null
  }
}

/** Opens a found file for reading, passes it to `use`, and closes it. */
export function withFile<T>(
  found: LocatedEntry,
  use: (handle: OpenFile, stats: BigIntStats) => Promise<T>,
): Promise<T | Unusable> {
  return withOpen(found, use)
}

/**
 * Opens a file that was found, then repeats the checks that were made when it was found. Meanwhile, a part of its path
 * may have been replaced by a symlink, and the file itself by a FIFO or a device.
 */
async function withOpen<T>(
  found: LocatedEntry,
  use: (handle: OpenFile, stats: BigIntStats, held: string | null) => Promise<T>,
): Promise<T | Unusable> {
  let handle: OpenFile | null = null
  try {
    handle = await diskOf(found.root).open(found.path, READING)
    const stats = await handle.stat({ bigint: true })
    if (kindOf(stats) !== found.kind) return refused('changed while it was read')
    // Checked even if it is the same file as before, because it may have been found through a link that is gone again.
    const { real, held } = await pathsOf(handle, found, stats)
    const refusal = refusalOf(found, real)
    if (refusal !== null) return refused(`changed into ${refusal}`)
    return await use(handle, stats, held)
  } catch (error) {
    return isAbsence(error) ? refused('is gone') : unusable(error)
  } finally {
    await handle?.close().catch(() => undefined)
  }
}

interface OpenPaths {
  readonly real: string
  /** A path that always leads to the open file, even if its real path changes; null except on Linux. */
  readonly held: string | null
}

/**
 * Returns the real path of the open file: on Linux from the kernel, otherwise by resolving the path again. If the path
 * now leads to another file, the real path is empty, which is rejected.
 */
async function pathsOf(handle: OpenFile, found: LocatedEntry, open: BigIntStats): Promise<OpenPaths> {
  const disk = diskOf(found.root)
  const told = await kernelPath(disk, handle)
  if (told !== null) return told
  const path = await disk.realpath(found.path)
  const { dev, ino } = await disk.stat(path)
  return { real: dev === open.dev && ino === open.ino ? path : '', held: null }
}

/** Returns null except on Linux. */
async function kernelPath(disk: Disk, handle: OpenFile): Promise<OpenPaths | null> {
  const held = `/proc/self/fd/${handle.fd}`
  try {
    return { held, real: (await disk.readlink(held)).replace(/ \(deleted\)$/, '') }
  } catch {
    return null
  }
}

/** Reads `length` bytes from a position; fewer at the end of the file. */
export async function readBytes(handle: OpenFile, position: number, length: number): Promise<Uint8Array> {
  const buffer = Buffer.allocUnsafe(length)
  let filled = 0
  while (filled < length) {
    const { bytesRead } = await handle.read(buffer, filled, length - filled, position + filled)
    if (bytesRead === 0) break
    filled += bytesRead
  }
  return buffer.subarray(0, filled)
}
