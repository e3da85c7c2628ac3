import { timeOf } from './log-entry.js'
import { openTail, type Tail } from './tail.js'

/** The part of a log that is shown. */
export interface LogPart {
  /** The number of lines to show, counted from the end; infinite for all. */
  readonly count: number
  /** The time of the first entry to show; null for no limit. */
  readonly since: Date | null
}

/** What is told about a file of a log: that it cannot be read, or that only its end was. */
interface Problems {
  readonly onUnreadable: (path: string, error: unknown) => void
  readonly onCut: (path: string) => void
}

/**
 * Opens the files that contain this part of the log, oldest first, each at the position where the part begins. Besides
 * the log itself, these are the older files to which it was rotated (`.1`, `.2`), if the part reaches back so far.
 * Returns an empty list if there is no log. Throws if the log itself cannot be read; calls `onUnreadable` if an older
 * file cannot be read, and `onCut` if a file is so large that not all of the part was searched for.
 */
export async function openLogFiles(
  path: string,
  part: LogPart,
  { onUnreadable, onCut }: Problems,
): Promise<readonly Tail[]> {
  const opened: Tail[] = []
  let { count } = part
  try {
    for (const name of [path, `${path}.1`, `${path}.2`]) {
      const tail = name === path ? await openTail(path) : await openOlder(name, opened, onUnreadable)
      if (tail === null) continue
      opened.unshift(tail)
      const { lines, isWhole } = await seek(tail, { ...part, count })
      count -= lines
      if (tail.isCut()) onCut(name)
      if (count <= 0 || !isWhole || tail.isCut()) break
    }
    return opened
  } catch (error) {
    await Promise.all(opened.map((tail) => tail.close()))
    throw error
  }
}

/**
 * Opens an older file of the log. Returns null if there is none, if it cannot be read, or if it is already open because
 * the log was renamed after it was opened.
 */
async function openOlder(
  path: string,
  opened: readonly Tail[],
  onUnreadable: Problems['onUnreadable'],
): Promise<Tail | null> {
  try {
    for (const tail of opened) if (await tail.isAt(path)) return null
    return await openTail(path)
  } catch (error) {
    onUnreadable(path, error)
    return null
  }
}

/** Moves to the beginning of the part to show. Returns whether that part may begin in an older file. */
async function seek(
  tail: Tail,
  { count, since }: LogPart,
): Promise<{ readonly lines: number; readonly isWhole: boolean }> {
  const isWhole = since === null || (await seekTime(tail, since))
  const lines = Number.isFinite(count) ? await tail.seekLastLines(count) : 0
  return { lines, isWhole }
}

/** A line without a time (a stack trace of Node) belongs to the entry above it. */
async function seekTime(tail: Tail, since: Date): Promise<boolean> {
  if ((await tail.writtenAt()) < since.getTime()) {
    await tail.seekLastLines(0)
    return false
  }
  return tail.seekFirst((line) => {
    const time = timeOf(line)
    return time === null ? null : time >= since
  })
}
