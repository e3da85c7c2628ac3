import {
  CommandError,
  EXIT,
  note,
  objectOf,
  parseCommand,
  parseJson,
  printable,
  printJson,
  realPath,
  reportFailure,
  UsageError,
  warn,
  type Io,
} from 'familiar/cli'
import { SYNC_PUBLISH } from '../cli/describe/events.js'
import { inHome } from '../cli/in-home.js'
import { runtimeRoot } from '../cli/runtime-root.js'
import { currentProject, findProject, resolveHere } from '../daemons/project-directory.js'
import { counted } from '../sync/ages.js'
import { eventReader } from '../sync/event-reader.js'
import { composeEvent, MAX_EVENT_BYTES } from '../sync/event.js'
import type { PublishOptions, PublishReport, Rejected } from '../sync/publish-lines.js'
import type { NewEvent, Published } from '../sync/queue/queue-types.js'
import type { Line } from '../sync/read-lines.js'
import { queuePath } from '../sync/queue/queue-path.js'

/** The maximum number of bad lines that are listed. Further ones are only counted, so that memory stays bounded. */
const LISTED = 1_000

/** Queues events, and notifies the sync daemon. */
export async function run(args: readonly string[], io: Io): Promise<number> {
  const { values, operands } = parseCommand(SYNC_PUBLISH, args, { command: 'sync publish' })
  const root = runtimeRoot(io)
  const project = projectOf(values.project, io)
  const isStream = operands.length > 0
  const lines = linesOf(values, isStream)
  return publish({ root, project, lines, isStream, isJson: values.json }, io)
}

function projectOf(named: string | undefined, io: Io): string {
  if (named === undefined) return currentProject(io)
  const directory = resolveHere(named, io)
  const project = findProject(realPath(directory) ?? directory)
  if (project !== null) return project
  throw new UsageError(`${directory} is in no project: 'spec-kitty init DIR' makes one`)
}

interface Asked {
  readonly type: string | undefined
  readonly data: string | undefined
}

function linesOf({ type, data }: Asked, isStream: boolean): AsyncIterable<readonly Line[]> {
  if (isStream) {
    if (type === undefined && data === undefined) return stdinLines()
    throw new UsageError('use either - or --type')
  }
  if (type === undefined) throw new UsageError('name an event with --type, or give - for events on stdin')
  const text = composeEvent(type, data ?? '{}')
  if (typeof text !== 'string') throw new UsageError(`--data cannot be read: ${text.why}`)
  return oneLine(text)
}

async function* oneLine(text: string): AsyncGenerator<readonly Line[]> {
  yield [{ number: 1, text }]
}

async function* stdinLines(): AsyncGenerator<readonly Line[]> {
  const [{ readLines }, { standardInput }] = await Promise.all([
    import('../sync/read-lines.js'),
    import('../cli/stdin.js'),
  ])
  yield* readLines(standardInput(), MAX_EVENT_BYTES)
}

interface Publication {
  readonly root: string
  readonly project: string
  readonly lines: AsyncIterable<readonly Line[]>
  readonly isStream: boolean
  readonly isJson: boolean
}

async function publish(publication: Publication, io: Io): Promise<number> {
  const { root, isStream, isJson } = publication
  const report: PublishReport = { line: 0, queued: 0, duplicates: 0, dead: 0, rejected: 0, notMoved: null }
  const listed: Rejected[] = []
  const onRejected = (one: Rejected): void => {
    if (isJson && listed.length < LISTED) listed.push(one)
    if (!isJson) warn(io, `${isStream ? `line ${one.line}` : 'the event'}: ${one.error}`)
  }
  const isAsideBefore = isStream && (await isOneAside(root))
  let isLost = false
  const onLost = (): void => void (isLost = true)
  try {
    await queueLines(publication, report, { onRejected, onLost }, io)
  } catch (error) {
    if (isStream && report.line > 0) warn(io, `up to line ${report.line}: ${describe(report, isStream)}`)
    if (isFull(error)) await wake(root, io)
    if (!isJson || !(error instanceof CommandError)) throw error
    return reportHalf(error, { ...countsOf(report, listed), next_line: report.line + 1 }, io)
  }
  const { queued, duplicates, rejected, notMoved } = report
  if (isJson) printJson(countsOf(report, listed), io)
  // Nothing to say where all went well. What was there already, or is bad, is told.
  else if (io.isQuiet !== true || queued === 0) io.out(`${describe(report, isStream)}\n`)
  if (notMoved !== null) warn(io, `${NOT_MOVED} (${notMoved})`)
  if (isAsideBefore && queued + duplicates > 0) await sayHowToRemove(root, io)
  if (isLost) await sayWhatIsLost(root, io)
  if (queued > 0) await sayWhereItGoes(publication, queued, io)
  await wake(root, io)
  return rejected > 0 || notMoved !== null ? EXIT.problem : EXIT.ok
}

function countsOf(
  { queued, duplicates, dead, rejected, notMoved }: PublishReport,
  listed: readonly Rejected[],
): object {
  const counts = { queued, duplicates, duplicates_dead: dead, rejected: listed, rejected_count: rejected }
  return { ...counts, not_moved: notMoved }
}

/** Some lines are queued, and a script must know which: otherwise it would publish them again. */
function reportHalf(error: CommandError, counts: object, io: Io): number {
  const out = (text: string): void => {
    const document = objectOf(parseJson(text))
    io.out(document === null ? text : `${JSON.stringify({ ...document, ...counts })}\n`)
  }
  return reportFailure(error, { ...io, out }, true, io.isVerbose)
}

/** Which of them had to be moved is not known. A line without an `event_id` is a new event each time. */
const NOT_MOVED =
  'it could not be checked whether events that were there already wait for a project that another one has replaced, so none was moved here: publish them again, only those with an event_id'

async function sayWhatIsLost(root: string, io: Io): Promise<void> {
  await io.flushed()
  const { tellLoss } = await import('../sync/lost-events.js')
  await tellLoss(root, io)
}

/**
 * The result is printed first, because a daemon that does not answer may take seconds. The events are queued: nothing that
 * fails here may fail the command.
 */
async function sayWhereItGoes({ root, project, isJson }: Publication, count: number, io: Io): Promise<void> {
  await io.flushed()
  try {
    const { tellStaying } = await import('../sync/tell-staying.js')
    await tellStaying({ root, project, count }, io, isJson)
  } catch {}
}

async function isOneAside(root: string): Promise<boolean> {
  const { quarantinedDatabases } = await import('../sync/queue/quarantined-databases.js')
  return quarantinedDatabases(queuePath(root)).length > 0
}

/** The events of a damaged queue come back this way. Only the user knows whether it has no others. */
async function sayHowToRemove(root: string, io: Io): Promise<void> {
  const { isSaved, quarantinedDatabases, removeCommand, saveCommand } =
    await import('../sync/queue/quarantined-databases.js')
  const aside = quarantinedDatabases(queuePath(root))
  const isDone = aside.every(isSaved)
  const what = isDone ? 'remove it once its events are queued again' : 'save what is left in it'
  note(io, `a damaged queue is still put aside; to ${what}:`)
  const command = isDone ? removeCommand(aside) : saveCommand(aside)
  if (io.isQuiet !== true) io.err(`  ${printable(command)}\n`)
}

async function queueLines(
  { root, project, lines }: Publication,
  report: PublishReport,
  { onRejected, onLost }: Pick<PublishOptions, 'onRejected'> & { readonly onLost: () => void },
  io: Io,
): Promise<void> {
  const { publishLines } = await import('../sync/publish-lines.js')
  const queue = await openQueue(root, onLost, io)
  try {
    await publishLines(lines, { publish: queue.publish, read: eventReader(project), onRejected }, report)
  } finally {
    queue[Symbol.dispose]()
  }
}

interface PublishingQueue extends Disposable {
  readonly publish: (events: readonly NewEvent[]) => Promise<Published>
}

async function openQueue(root: string, onLost: () => void, io: Io): Promise<PublishingQueue> {
  const { openHandle } = await import('../sync/queue/open-queue.js')
  const { readMaxSize } = await import('../sync/queue/configured-queue-size.js')
  const { publishEvents } = await import('../sync/publish-events.js')
  const { maxSize, problem } = await readMaxSize(root)
  if (problem !== null) note(io, problem)
  const { tellDamage } = await import('../sync/use-queue.js')
  const handle = await openHandle(queuePath(root), { onNotice: tellDamage(io), onLost })
  return {
    publish: (events) => {
      const before = { first: null }
      return handle.use((queue) => publishEvents(queue, events, maxSize, before))
    },
    [Symbol.dispose]: () => handle[Symbol.dispose](),
  }
}

/** The daemon is notified even if the queue is full, because then it must be emptied. */
async function wake(root: string, io: Io): Promise<void> {
  await io.flushed()
  const { wakeDaemon } = await import('../sync/tell-daemon.js')
  await wakeDaemon(root, io)
}

function isFull(error: unknown): boolean {
  return error instanceof CommandError && error.code === 'E_QUEUE_FULL'
}

function describe({ queued, duplicates, dead, rejected }: PublishReport, isStream: boolean): string {
  // One event that was given with --type is no line.
  if (!isStream && rejected > 0) return 'the event was not queued'
  const waiting = duplicates - dead
  return [
    `queued ${counted(queued, 'event')}`,
    ...(waiting > 0 ? [`${waiting} already there`] : []),
    ...(dead > 0 ? [`${dead} already there, rejected by the server (${correctText(dead)})`] : []),
    ...(rejected > 0 ? [`${counted(rejected, 'line')} not queued`] : []),
  ].join(', ')
}

/** A correction with the id of a dead letter changes nothing, because the user must decide about the rejected event. */
function correctText(count: number): string {
  const command = inHome`spec-kitty sync queue --dead`
  return `${command}; drop ${count === 1 ? 'it' : 'them'} first to send a corrected one`
}
