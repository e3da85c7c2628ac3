import type { UploadTiming } from './upload-timing.js'
import type { DrainLine, PassEnd } from './upload-types.js'
import { add, type Counts } from './upload-project.js'

/** The clients that follow the work of the dispatcher. */
export interface Drains {
  /**
   * Yields the lines of a drain from now on. It ends when a later pass leaves nothing that is worth waiting for, or when
   * the signal is aborted.
   */
  readonly follow: (signal: AbortSignal) => AsyncIterable<DrainLine>
  readonly emit: (line: DrainLine) => void
  readonly passBegins: () => void
  readonly passEnds: (end: PassEnd) => void
}

interface Follower {
  readonly lines: DrainLine[]
  notify: () => void
  hasSeenBegin: boolean
  total: Counts
  /** The number of consecutive attempts that sent nothing. */
  attempts: number
  due: number | null
  /** The held projects that were already reported to this client. */
  readonly held: Set<string>
}

export function createDrains(timing: UploadTiming): Drains {
  const followers = new Set<Follower>()
  const each = (act: (follower: Follower) => void): void => {
    for (const follower of followers) act(follower)
  }
  return {
    follow: (signal) => {
      const follower = newFollower()
      followers.add(follower)
      return read(follower, signal, () => void followers.delete(follower))
    },
    emit: (line) => each((follower) => take(follower, line)),
    passBegins: () => each((follower) => (follower.hasSeenBegin = true)),
    passEnds: (end) => each((follower) => endPass(follower, end, timing)),
  }
}

function newFollower(): Follower {
  const total = { sent: 0, kept: 0, rejected: 0 }
  return { lines: [], notify: () => {}, hasSeenBegin: false, total, attempts: 0, due: null, held: new Set() }
}

function endPass(
  follower: Follower,
  { kept, held, reason, due, waitMs, isQueueFailing, isLasting }: PassEnd,
  timing: UploadTiming,
): void {
  // A pass during the same wait does not count as a further attempt. If nothing waits any more, no further pass comes.
  const isSameWait = due !== null && due === follower.due
  if (!follower.hasSeenBegin || (isSameWait && reason !== null)) return
  follower.attempts += 1
  follower.due = due
  const maxAttempts = isQueueFailing ? timing.drainQueueAttempts : timing.drainAttempts
  const isTriedAgain = waitMs !== null && waitMs <= timing.drainWaitMs && follower.attempts < maxAttempts
  if (reason !== null && isTriedAgain && !isLasting) {
    take(follower, { event: 'waiting', until_ms: Math.round(Date.now() + waitMs), error: reason })
  } else {
    const { sent, rejected } = follower.total
    take(follower, { event: 'finished', sent, kept, held, rejected, reason })
  }
}

function take(follower: Follower, line: DrainLine): void {
  if (line.event === 'held') {
    if (follower.held.has(line.project)) return
    follower.held.add(line.project)
  }
  if (line.event === 'batch') {
    follower.total = add(follower.total, line)
    if (line.sent + line.rejected > 0) follower.attempts = 0
  }
  follower.lines.push(line)
  follower.notify()
}

async function* read(follower: Follower, signal: AbortSignal, end: () => void): AsyncGenerator<DrainLine> {
  const onAbort = (): void => follower.notify()
  signal.addEventListener('abort', onAbort)
  try {
    while (!signal.aborted) {
      const line = follower.lines.shift()
      if (line === undefined) await new Promise<void>((resolve) => (follower.notify = resolve))
      else yield line
      if (line?.event === 'finished') return
    }
  } finally {
    end()
    signal.removeEventListener('abort', onAbort)
  }
}
