import type { JsonObject } from 'familiar'
import { CommandError, objectOf, parseJson, realPath, stringOf } from 'familiar/cli'
import { findProject } from '../../daemons/project-directory.js'
import { memberText } from './json-member.js'

/** The HTTP status for some failures of the queue. Every other failure gets 500. */
const STATUS: Readonly<Record<string, number>> = { E_QUEUE_FULL: 507, E_QUEUE_BUSY: 503 }

interface PublishRoute {
  /** Called when the event is on disk. */
  readonly onQueued: () => void
  readonly log: (event: 'queue_moved_aside' | 'queue_lost', more: JsonObject) => void
  /** Whether the daemon has the file open that is no longer at its path, so that its events are not lost. */
  readonly isFileOpen: () => boolean
}

/**
 * Queues one event: `{event, project}`, where `project` is the directory of the project that it belongs to. A reply with
 * status 200 means that the event is on disk.
 */
export async function publishRoute(
  root: string,
  request: Request,
  { onQueued, log, isFileOpen }: PublishRoute,
): Promise<Response> {
  const text = await request.text()
  const body = objectOf(parseJson(text))
  const directory = stringOf(body?.['project'])
  const written = body === null ? null : memberText(text, 'event')
  if (directory === null || written === null) {
    return refuse('the body must be {"event": {...}, "project": "DIRECTORY"}')
  }
  const project = findProject(realPath(directory) ?? directory)
  if (project === null) return refuse(`${directory} is in no project`)
  const { eventReader } = await import('../event-reader.js')
  const read = await eventReader(project)(written)
  if (read.state === 'bad') return refuse(read.why)
  try {
    const [{ openHandle }, { queuePath }, { readMaxSize }, { publishEvents }, { lossText }] =
      await Promise.all([
        import('../queue/open-queue.js'),
        import('../queue/queue-path.js'),
        import('../queue/configured-queue-size.js'),
        import('../publish-events.js'),
        import('../queue/loss-text.js'),
      ])
    const { maxSize } = await readMaxSize(root)
    const path = queuePath(root)
    const handle = await openHandle(path, {
      onNotice: (message) => log('queue_moved_aside', { message }),
      onLost: (lost) => {
        if (!isFileOpen()) log('queue_lost', { message: lossText(path, lost) })
      },
    })
    try {
      const { queued, dead } = await handle.use((queue) => publishEvents(queue, [read.event], maxSize))
      onQueued()
      return Response.json({
        status: 'stored',
        event_id: read.event.eventId,
        duplicate: queued === 0,
        dead: dead > 0,
      })
    } finally {
      handle[Symbol.dispose]()
    }
  } catch (error) {
    if (!(error instanceof CommandError)) throw error
    return Response.json({ error: error.code, message: error.message }, { status: STATUS[error.code] ?? 500 })
  }
}

function refuse(message: string): Response {
  return Response.json({ error: 'bad_event', message }, { status: 400 })
}
