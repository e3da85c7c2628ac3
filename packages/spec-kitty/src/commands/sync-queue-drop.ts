import { resolve } from 'node:path'
import { EXIT, parseCommand, printJson, realPath, UsageError, warn, type Io } from 'familiar/cli'
import { SYNC_QUEUE_DROP } from '../cli/describe/events.js'
import { assertOwnHome } from '../cli/own-places.js'
import { runtimeRoot } from '../cli/runtime-root.js'
import { syncDaemon } from '../daemons/define-daemons.js'
import { workingDirectory } from '../daemons/project-directory.js'
import { counted } from '../sync/ages.js'
import { lostOf } from '../sync/consent-of-events.js'
import { lostNow } from '../sync/lost-events.js'
import { queuePath } from '../sync/queue/queue-path.js'
import { queueFailure } from '../sync/queue/queue-errors.js'
import { forgetLosses } from '../sync/queue/waiting-note.js'
import { tellDaemon } from '../sync/tell-daemon.js'
import { idsBut, lookAtQueue, useQueue } from '../sync/use-queue.js'
import { knownReport } from '../sync/work-report.js'

/** Removes dead letters, events that the server does not settle, or the waiting events of a project that no longer exists. */
export async function run(args: readonly string[], io: Io): Promise<number> {
  const { values, operands } = parseCommand(SYNC_QUEUE_DROP, args, { command: 'sync queue drop' })
  const root = runtimeRoot(io)
  const { project, all, lost } = values
  if ([operands.length > 0, all, lost, project !== undefined].filter(Boolean).length > 1)
    throw new UsageError('name events, or use --all, --project or --lost: only one of them')
  if (lost) return forget(root, values, io)
  if (all) return dropAll(root, values, io)
  if (project === undefined) return dropLetters(root, operands, values, io)
  return dropProject(root, resolve(workingDirectory(io), project), values, io)
}

/** The events are gone, so this removes nothing. */
async function forget(root: string, { json }: Pick<Flags, 'json'>, io: Io): Promise<number> {
  assertOwnHome(root)
  const before = (await lostNow(root))?.events ?? 0
  if (before > 0) await forgetAll(root)
  const left = before === 0 ? 0 : ((await lostNow(root))?.events ?? 0)
  const count = Math.max(0, before - left)
  if (json) printJson({ dropped: [], not_found: [], lost_events: count }, io)
  else if (count > 0 || left === 0)
    io.out(
      count === 0
        ? 'no events are known to be lost\n'
        : `the loss of ${counted(count, 'event')} is not told again\n`,
    )
  if (left > 0) warn(io, `the loss of ${counted(left, 'event')} is still told`)
  return left === 0 ? EXIT.ok : EXIT.problem
}

/** Opens the queue only if it has to: a damaged one would be put aside, and a locked one fails. */
async function forgetAll(root: string): Promise<void> {
  const path = queuePath(root)
  forgetNotes(path)
  if ((await lostNow(root)) === null) return
  // An older copy is noticed by who opens it to write: then what it lacks is a loss like any other.
  const { openQueueIfThere } = await import('../sync/queue/open-queue.js')
  const queue = await openQueueIfThere(path)
  queue?.[Symbol.dispose]()
  forgetNotes(path)
}

function forgetNotes(path: string): void {
  try {
    forgetLosses(path)
  } catch (error) {
    throw queueFailure(error, path)
  }
}

interface Flags {
  readonly yes: boolean
  readonly json: boolean
}

async function dropAll(root: string, flags: Flags, io: Io): Promise<number> {
  const ids = (await lookAtQueue(root, (queue) => queue.rejectedIds())) ?? []
  if (ids.length > 0) return dropLetters(root, ids, flags, io)
  if (flags.json) printJson({ dropped: [], not_found: [] }, io)
  else io.out('the server rejected no event\n')
  return EXIT.ok
}

async function dropLetters(root: string, ids: readonly string[], flags: Flags, io: Io): Promise<number> {
  if (ids.length === 0)
    throw new UsageError('name the events to remove, or use --all, or --project for a lost project')
  assertOwnHome(root)
  const waiting = await waitingAmong(root, ids)
  const rejected = ids.length - waiting.length
  const parts = [
    ...(rejected === 0 ? [] : [counted(rejected, 'rejected event')]),
    ...waiting.map((id) => `event ${id}, which waits`),
  ]
  if (!(await isConfirmed(parts.join(' and '), flags, io))) return EXIT.problem
  const found =
    (await useQueue(root, io, (queue) => [
      ...queue.drop(ids),
      ...waiting.filter((id) => queue.dropWaitingEvent(id)),
    ])) ?? []
  if (waiting.length > 0) await tellDaemon(root)
  const missing = idsBut(found, ids)
  if (flags.json) printJson({ dropped: found, not_found: missing }, io)
  else {
    io.out(`${found.length} of ${counted(ids.length, 'event')} removed\n`)
    for (const id of missing)
      warn(io, `neither rejected, nor the oldest of its project and sent in vain: ${id}`)
  }
  return missing.length === 0 ? EXIT.ok : EXIT.problem
}

/**
 * Of the events that wait, only those may go that hold up their project: the one that the daemon names, and the oldest of
 * each project if it was sent in vain. Those behind it would leave without it.
 */
async function waitingAmong(root: string, ids: readonly string[]): Promise<readonly string[]> {
  const unsettled = (await lookAtQueue(root, (queue) => queue.unsettled(ids))) ?? []
  const { report } = await syncDaemon.at(root).status()
  const { stuckEventId } = knownReport(report?.details ?? null)
  return ids.filter((id) => id === stuckEventId || unsettled.includes(id))
}

/** If the project still exists, consent decides about its events. */
async function dropProject(root: string, path: string, flags: Flags, io: Io): Promise<number> {
  const waiting = (await lookAtQueue(root, (queue) => queue.waiting())) ?? []
  const at = (place: string | null) => waiting.filter(({ project }) => project === place)
  const exact = at(path)
  // The queue contains real paths. The path as it was typed takes precedence, because it may have become a link since.
  const here = exact.length > 0 ? exact : at(realPath(path))
  const lost = await lostOf(here)
  const [first] = lost
  if (first === undefined) return nothingLost(path, here.length > 0, flags, io)
  const count = lost.reduce((sum, one) => sum + one.count, 0)
  const what = `${counted(count, 'event')} of the project that was in ${first.project}`
  if (!(await isConfirmed(what, flags, io))) return EXIT.problem
  const origins = lost.map(({ origin }) => origin)
  const dropped = (await useQueue(root, io, (queue) => queue.dropWaiting(first.project, origins))) ?? []
  if (flags.json) printJson({ dropped, not_found: [] }, io)
  else io.out(`${dropped.length} of ${counted(count, 'event')} removed\n`)
  return EXIT.ok
}

function nothingLost(path: string, isWaiting: boolean, { json }: Flags, io: Io): number {
  const why = isWaiting ? 'the project whose events wait is still there' : 'no events wait for it'
  if (json) printJson({ dropped: [], not_found: [] }, io)
  warn(io, `nothing was removed of ${path}: ${why}`)
  return EXIT.problem
}

async function isConfirmed(what: string, { yes }: Flags, io: Io): Promise<boolean> {
  if (yes) return true
  if (!io.isInteractive) throw new UsageError('not a terminal: add --yes to confirm')
  return io.confirm(`Remove ${what} for ever?`, 'nothing was removed')
}
