import { setTimeout as sleep } from 'node:timers/promises'
import { openTail, type Tail } from './tail.js'

const POLL_MS = 250

/** After the log has not grown for this many polls, an unfinished line is shown as it is. */
const IDLE_POLLS = 2

/**
 * Yields the text that is appended to the log after the position of `from`, also across rotations, until `isEnough` is
 * true. Yields null when the last line counts as complete without a line feed: at the end of a rotated file, and when
 * nothing was appended for `IDLE_POLLS` polls. A rotation renames the log, or copies it to `.1` and truncates it. If the
 * log was renamed more than once since the last poll, also reads the files in between. If `from` is null, waits until the
 * log exists. Closes `from`.
 */
export async function* followLog(
  path: string,
  from: Tail | null,
  isEnough: () => boolean,
): AsyncGenerator<string | null> {
  let tail = from
  let newer: readonly Tail[] = []
  let idle = 0
  try {
    for (; !isEnough(); await sleep(POLL_MS)) {
      const isRotated = tail === null || !(await tail.isAt(path))
      idle += 1
      const rest = (await tail?.takeRest(`${path}.1`)) ?? null
      if (rest !== null) {
        newer = [rest]
        yield* rest.read()
        yield null
        await rest.close()
        newer = []
      }
      // After a rotation, first read the old file to its end.
      for await (const piece of tail?.read() ?? []) {
        idle = 0
        yield piece
      }
      if (idle === IDLE_POLLS) yield null
      newer = isRotated ? await openNewer(path, tail) : []
      for (const next of newer) {
        if (tail !== null) yield null
        await tail?.close()
        tail = next
        yield* tail.read()
      }
    }
  } finally {
    for (const one of new Set([...newer, ...(tail === null ? [] : [tail])])) await one.close()
  }
}

/** Opens, oldest first, the log and all files to which it was rotated after it was the file of `tail`. */
async function openNewer(path: string, tail: Tail | null): Promise<readonly Tail[]> {
  const opened: Tail[] = []
  for (const name of tail === null ? [path] : [path, `${path}.1`, `${path}.2`]) {
    if (tail !== null && (await tail.isAt(name))) break
    const next = await openTail(name)
    if (next === null) continue
    // Such a file was already read, or it is older than the file of `tail`, which was deleted.
    const isKnown = (await Promise.all(opened.map((one) => one.isAt(name)))).includes(true)
    const isOlder = name !== path && tail !== null && (await next.writtenAt()) < (await tail.writtenAt())
    if (isKnown || isOlder) await next.close()
    else opened.unshift(next)
  }
  return opened
}
