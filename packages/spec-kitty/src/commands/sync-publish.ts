import { CommandError, EXIT, note, printJson, realPath, UsageError, type Io } from 'familiar/cli'
import { readArguments } from '../cli/arguments.js'
import { runtimeRoot } from '../cli/runtime-root.js'
import { currentProject, findProject, resolveHere } from '../daemons/project-directory.js'
import { counted } from '../sync/ages.js'
import { eventReader } from '../sync/event-reader.js'
import { composeEvent, MAX_EVENT_BYTES } from '../sync/event.js'
import type { PublishOptions, PublishReport, Rejected } from '../sync/publish.js'
import type { NewEvent, Published } from '../sync/queue/types.js'
import type { Line } from '../sync/read-lines.js'
import { queuePath } from '../sync/queue/place.js'

export const help = `Usage: spec-kitty sync publish --type T [--data JSON] [--project DIR] [--json]
       spec-kitty sync publish - [--project DIR] [--json]

Queues one event, or the events on stdin, a JSON object a line. When this command has said
so, they are on disk. They leave this machine later, and only if hosted sync is enabled, there
is a session, and the project has opted in. Needs no daemon; wakes or starts it where allowed.

A missing event_id, timestamp or project_uuid is filled in; everything else stays as it is. The
same event_id twice is one event. A bad line is named by its number, and the rest is queued.

Options:
  --type T       the event_type of one event
  --data JSON    its payload; {} by default
  --project DIR  a directory of the project; by default this one. The project is the nearest
                 directory with .kittify or kitty-specs, from there upward
  --json         print one JSON document
  --help         show this

Examples:
  spec-kitty sync publish --type WPStatusChanged --data '{"wp_id":"WP01","to_lane":"done"}'
  spec-kitty sync publish - --project ~/work/app < events.ndjson

Exit codes: 0 all queued, or there already; 1 a line was not queued, or the queue is full or
cannot be used; 2 wrong usage; 75 busy, try again; 130 interrupted: what was queued stays queued.
`

/** More bad lines than this are counted and no longer listed, so that memory stays bounded. */
const LISTED = 1_000

/** Queues events, and tells the sync daemon. */
export async function run(args: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = readArguments(args, {
    type: { type: 'string' },
    data: { type: 'string' },
    project: { type: 'string' },
    json: { type: 'boolean', default: false },
  })
  const root = runtimeRoot(io)
  const project = projectOf(values.project, io)
  const lines = linesOf(values, positionals)
  const isStream = positionals.length > 0
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
  readonly type?: string
  readonly data?: string
}

function linesOf({ type, data }: Asked, words: readonly string[]): AsyncIterable<readonly Line[]> {
  if (words.length > 1 || (words.length === 1 && words[0] !== '-')) {
    throw new UsageError(`unexpected argument '${words.find((word) => word !== '-') ?? '-'}'`)
  }
  if (words.length === 1) {
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
  const { readLines } = await import('../sync/read-lines.js')
  try {
    yield* readLines(process.stdin, MAX_EVENT_BYTES)
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code ?? String(error)
    throw new CommandError('E_INPUT_UNREADABLE', `cannot read stdin: ${why}`, { cause: error })
  }
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
  const report = { line: 0, queued: 0, duplicates: 0, rejected: 0 }
  const listed: Rejected[] = []
  const onRejected = (one: Rejected): void => {
    if (isJson && listed.length < LISTED) listed.push(one)
    if (!isJson) note(io, `${isStream ? `line ${one.line}` : 'the event'}: ${one.error}`)
  }
  try {
    await queueLines(publication, report, onRejected, io)
  } catch (error) {
    if (isStream) note(io, `up to line ${report.line}: ${describe(report)}`)
    if (isFull(error)) await wake(root, io)
    throw error
  }
  const { queued, duplicates, rejected } = report
  if (isJson) printJson({ queued, duplicates, rejected: listed, rejected_count: rejected }, io)
  else io.out(`${describe(report)}\n`)
  await wake(root, io)
  return rejected > 0 ? EXIT.problem : EXIT.ok
}

async function queueLines(
  { root, project, lines }: Publication,
  report: PublishReport,
  onRejected: PublishOptions['onRejected'],
  io: Io,
): Promise<void> {
  const { publishLines } = await import('../sync/publish.js')
  const queue = await openQueue(root, io)
  try {
    await publishLines(lines, { publish: queue.publish, read: eventReader(project), onRejected }, report)
  } finally {
    queue[Symbol.dispose]()
  }
}

interface PublishingQueue extends Disposable {
  readonly publish: (events: readonly NewEvent[]) => Promise<Published>
}

async function openQueue(root: string, io: Io): Promise<PublishingQueue> {
  const { openHandle } = await import('../sync/queue/open.js')
  const { readMaxSize } = await import('../sync/queue/max-size.js')
  const { maxSize, problem } = await readMaxSize(root)
  if (problem !== null) note(io, problem)
  const handle = await openHandle(queuePath(root), { onNotice: (text) => note(io, text) })
  return {
    publish: (events) => handle.use((queue) => queue.publish(events, maxSize)),
    [Symbol.dispose]: () => handle[Symbol.dispose](),
  }
}

/** Also where the queue is full: that is when it must be emptied. */
async function wake(root: string, io: Io): Promise<void> {
  await io.flushed()
  const { wakeDaemon } = await import('../sync/wake.js')
  await wakeDaemon(root, io)
}

function isFull(error: unknown): boolean {
  return error instanceof CommandError && error.code === 'E_QUEUE_FULL'
}

function describe({ queued, duplicates, rejected }: PublishReport): string {
  return [
    `queued ${counted(queued, 'event')}`,
    ...(duplicates > 0 ? [`${duplicates} already there`] : []),
    ...(rejected > 0 ? [`${counted(rejected, 'line')} not queued`] : []),
  ].join(', ')
}
