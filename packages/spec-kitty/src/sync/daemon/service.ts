import { existsSync } from 'node:fs'
import type { Handler, JsonObject, ServeSettings } from 'familiar'
import { startEnvironment } from '../start-environment.js'
import { queuePath } from '../queue/queue-path.js'
import { workJson } from '../work-report.js'
import { TIMING } from '../upload/upload-timing.js'
import type { Dispatcher, SyncReport } from '../upload/upload-types.js'
import { drainStream } from './drain-stream.js'
import { loadDispatcher } from './load-dispatcher.js'
import { ownerOf } from './health-owner.js'
import { publishRoute } from './publish-route.js'

type Work = NonNullable<ServeSettings['work']>
type Environment = Readonly<Record<string, string | undefined>>

/** The part of the daemon's log that the service uses. */
interface Log {
  write(event: string, more?: JsonObject): void
}

/** The sync daemon's own part: its routes and its work. */
export interface SyncService {
  readonly handler: Handler
  readonly work: Work
  /** Returns the members that the service adds to the health reply. */
  readonly health: () => JsonObject & { readonly owner: JsonObject }
}

/**
 * How long a new daemon waits before it checks the queue on its own. Usually the command that started it triggers the
 * first pass, in order to follow it, and this check is not needed.
 */
const FIRST_LOOK_MS = 1_000

const NOTHING: SyncReport = {
  running: false,
  request_since: null,
  request_server: null,
  request_connected: null,
  request_bytes: null,
  last_sync: null,
  last_answer: null,
  consecutive_failures: 0,
  last_error: null,
  last_error_kind: null,
  next_attempt_at: null,
  refused: false,
  refused_at: null,
  stuck_event: null,
  queue_lost: null,
}

/** Before the work has started, the daemon has just entered its home. */
const isAlwaysHere = (): boolean => true

/**
 * Returns the service of one root. While the root has no queue, the service loads neither SQLite nor HTTP clients, so
 * that an idle daemon stays small.
 */
export function createSyncService(root: string, env: Environment): SyncService {
  let log: Log = { write: () => undefined }
  let loading: Promise<Dispatcher> | null = null
  let dispatcher: Dispatcher | null = null
  let first: NodeJS.Timeout | undefined
  let timer: NodeJS.Timeout | undefined
  let isStopped = false
  let isLookDue = false
  let isHere: () => boolean = isAlwaysHere
  const environment = startEnvironment(env)

  const get = async (): Promise<Dispatcher> => {
    loading ??= loadDispatcher({
      root,
      env,
      log: (event, more) => log.write(event, more),
      isHere: () => isHere(),
    })
    try {
      return (dispatcher = await loading)
    } catch (error) {
      loading = null
      throw error
    }
  }
  const look = (): void => {
    if (isStopped || !isHere() || (dispatcher === null && !existsSync(queuePath(root)))) {
      isLookDue = false
      return
    }
    get().then(
      (found) => {
        if (!isStopped) found.wake()
        isLookDue = false
      },
      (error: unknown) => {
        isLookDue = false
        log.write('sync_not_started', { why: String(error) })
      },
    )
  }

  const routes: Readonly<Record<string, Handler>> = {
    'POST /api/sync/trigger': () => {
      look()
      return Response.json({ status: 'accepted' }, { status: 202 })
    },
    'POST /api/sync/publish': (request) =>
      publishRoute(root, request, {
        onQueued: look,
        log: (event, more) => log.write(event, more),
        isFileOpen: () => (dispatcher?.report() ?? NOTHING).queue_lost !== null,
      }),
    'POST /api/sync/drain': async (_, { signal }) => {
      clearTimeout(first)
      isLookDue = false
      const { drain, report } = await get()
      return drainStream(drain(signal), report)
    },
  }
  return {
    handler: (request, context) => {
      const route = routes[`${request.method} ${new URL(request.url).pathname}`]
      return route?.(request, context) ?? Response.json({ error: 'not_found' }, { status: 404 })
    },
    work: {
      start: (tools) => {
        log = tools.log
        isHere = tools.isScopeHere
        isLookDue = true
        first = setTimeout(look, FIRST_LOOK_MS)
        // A command may have queued an event without notifying the daemon, so the daemon checks the queue regularly.
        // While events wait, the dispatcher checks the queue itself.
        timer = setInterval(look, TIMING.lookEveryMs)
      },
      inFlight: () => dispatcher?.inFlight() ?? 0,
      pending: () => dispatcher?.pending() ?? 0,
      stop: async () => {
        isStopped = true
        clearTimeout(first)
        clearInterval(timer)
        // The dispatcher may still be loading. In this case it must not begin to work.
        const found = await loading?.catch(() => null)
        await found?.stop()
      },
    },
    health: () => {
      const report = dispatcher?.report() ?? NOTHING
      // The next pass writes the events of a removed file into a new one. It need not wait for an event.
      if (report.queue_lost?.state === 'removed') look()
      return {
        sync: workJson({ ...report, first_look_due: isLookDue, environment }),
        owner: ownerOf(root),
      }
    },
  }
}
