import { inHome } from '../cli/in-home.js'
import { existsSync, lstatSync } from 'node:fs'
import { CommandError, isPartMissing, throwLack } from 'familiar/cli'
import { homeOfAnotherUser, homeProblem } from './home-problem.js'
import { commandIn, isDamage } from './queue/queue-errors.js'
import { queuePath } from './queue/queue-path.js'
import type { QueueCounts } from './queue/queue-types.js'
import { lostFrom, type LostEvents } from './queue/waiting-note.js'
import { syncNow } from './why-daemon.js'
import type { HeldProject } from './why-types.js'

/** The events that wait, and the projects whose events may not leave. */
export interface QueueView extends QueueCounts {
  /** Why the last of the dead letters was rejected; null if there is none. */
  readonly lastReason?: string | null
  readonly held: readonly HeldProject[]
  /** Why nothing can be written into it, if another program keeps it locked; otherwise null. */
  readonly lockProblem?: string | null
  /** The events that are lost unless the daemon has them; absent if the queue was not opened to find them. */
  readonly lost?: LostEvents | null
}

/** The queue could not be read: the reason in one line. */
export interface QueueProblem {
  readonly problem: string
  /** Whether the file is damaged, so that its readable events can be saved. */
  readonly isDamaged: boolean
  /** The command that cures it, for people; null if there is none. */
  readonly command: string | null
}

const EMPTY: QueueView = { queued: 0, oldestAt: null, deadLetters: 0, held: [] }

/**
 * Reads the queue of the root. If there is no queue, does not even load SQLite. Throws only if a module of the program is
 * missing, and `E_RESOURCES`.
 */
export async function readQueue(root: string): Promise<QueueView | QueueProblem> {
  const path = queuePath(root)
  if (isQueueAbsent(path)) return EMPTY
  const foreign = homeOfAnotherUser(root)
  if (foreign !== null)
    return {
      problem: existsSync(path) ? foreign : `the queue ${path} cannot be read: ${foreign}`,
      isDamaged: false,
      command: null,
    }
  try {
    const [{ openQueueToLook, LOCK_PROBE_MS }, { heldOf }] = await Promise.all([
      import('./queue/open-queue.js'),
      import('./consent-of-events.js'),
    ])
    const queue = await openQueueToLook(path, LOCK_PROBE_MS)
    if (queue === null) return EMPTY
    try {
      const [counts, waiting, lastReason] = [queue.counts(), queue.waiting(), queue.lastReason()]
      const lost = lostFrom(queue, path)
      return { ...counts, lastReason, held: await heldOf(waiting), lockProblem: queue.lockProblem(), lost }
    } finally {
      queue[Symbol.dispose]()
    }
  } catch (error) {
    if (isPartMissing(error)) throw error
    throwLack(error)
    const command = isBusy(error) ? onceFree() : cureOf(error)
    return { problem: problemOf(error, root), isDamaged: isDamage(error), command }
  }
}

/** What can be done about a queue that another program keeps locked. */
export const onceFree = (): string => `${syncNow()}  # once the other program is done with it, or ended`

/** The same where `sync now` sends nothing. */
const lookOnceFree = (): string =>
  inHome`spec-kitty sync queue  # shows what waits, once the other program is done with it, or ended`

/** Returns the command that cures a queue. `sync now` is none where it may not send, or starts no daemon. */
export function cureWhere(maySend: boolean, problem: QueueProblem | null): string | null {
  const command = problem?.command ?? null
  if (maySend || command?.startsWith(syncNow()) !== true) return command
  return command === onceFree() ? lookOnceFree() : null
}

function isBusy(error: unknown): boolean {
  return error instanceof CommandError && error.code === 'E_QUEUE_BUSY'
}

/** Returns false for a queue that this user may not read, because opening it reports the reason. */
export function isQueueAbsent(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) === undefined
  } catch {
    return false
  }
}

/** What is no file of this user is moved away, and what is closed to this user is opened. */
function cureOf(error: unknown): string | null {
  return error instanceof CommandError ? commandIn(error.hint) : null
}

/**
 * A queue that cannot be used is mended outside of this tool, so what to do stands beside what is wrong. If that is the whole
 * home, the words are those for the home: they are one problem.
 */
function problemOf(error: unknown, root: string): string {
  if (!(error instanceof Error)) return String(error)
  if (!(error instanceof CommandError) || error.code !== 'E_QUEUE_UNUSABLE') return error.message
  const { message, hint } = error
  const isAdvice = hint !== null && commandIn(hint) === null && /^(?:make|set) /.test(hint)
  return homeProblem(root) ?? (isAdvice ? `${message}; ${hint}` : message)
}
