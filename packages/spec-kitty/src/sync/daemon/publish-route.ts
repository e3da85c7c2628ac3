import { CommandError, objectOf, parseJson, realPath, stringOf } from 'familiar/cli'
import { findProject } from '../../daemons/project-directory.js'
import { memberText } from './json-member.js'

/** The HTTP status for some failures of the queue. Every other failure gets 500. */
const STATUS: Readonly<Record<string, number>> = { E_QUEUE_FULL: 507, E_QUEUE_BUSY: 503 }

/**
 * Queues one event: `{event, project}`, where `project` is the directory of the project that it belongs to. A reply with
 * status 200 means that the event is on disk; `onQueued` is then called.
 */
export async function publishRoute(root: string, request: Request, onQueued: () => void): Promise<Response> {
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
    const [{ openHandle }, { queuePath }, { readMaxSize }, { publishEvents }] = await Promise.all([
      import('../queue/open-queue.js'),
      import('../queue/queue-path.js'),
      import('../queue/configured-queue-size.js'),
      import('../publish-events.js'),
    ])
    const { maxSize } = await readMaxSize(root)
    const handle = await openHandle(queuePath(root))
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
