import { join } from 'node:path'
import { ownProcessName } from 'familiar/cli'
import { afterAll, afterEach } from 'vitest'
import { openQueue } from '../../src/sync/queue/open-queue.js'
import type { NewEvent, Queue } from '../../src/sync/queue/queue-types.js'
import { createDispatcher, type DispatcherOptions } from '../../src/sync/upload/dispatcher.js'
import { createQueueSource } from '../../src/sync/upload/queue-source.js'
import type { Dispatcher, DrainLine } from '../../src/sync/upload/upload-types.js'
import { makeHome, removeHomes } from '../../../familiar/test/helpers/homes.js'
import { startSyncServer, type SyncServer } from './sync-server.js'

export const TOKEN = 'secret-token-1'

/** A dispatcher of a real queue, and a real server. */
export interface Dispatching {
  readonly queue: Queue
  readonly server: SyncServer
  readonly dispatcher: Dispatcher
  /** Queues events of a project; their ids tell their project and order. */
  readonly publish: (project: string, count: number, about?: { readonly text?: string }) => readonly string[]
  /** Drains, and returns every line. */
  readonly drain: () => Promise<readonly DrainLine[]>
  /** What the log says. */
  readonly logged: readonly (readonly [event: string, more: unknown])[]
}

/**
 * Waits are a thousandth of the real ones, so that a test may wait for them. A request has its real time: on a busy machine the
 * answer to a large batch takes half a second, and what was given up is sent again.
 */
const QUICK = { backOffMs: 1, maxBackOffMs: 50, lookEveryMs: 50, stopMs: 100 } as const

const ends: (() => unknown)[] = []

/** Ends what a test has started after it. */
export function endDispatching(): void {
  afterEach(async () => {
    for (const end of ends.splice(0).toReversed()) await end()
  })
  afterAll(removeHomes)
}

/** What a test lets go wrong with the queue. */
interface Faults {
  readonly wrap?: (queue: Queue) => Queue
  readonly onOpen?: (isSuspect: boolean) => void
}

export async function startDispatching(
  options: Partial<DispatcherOptions> & Faults = {},
): Promise<Dispatching> {
  const server = await startSyncServer()
  const path = join(makeHome(), 'daemons', 'sync', 'queue.db')
  const queue = await openQueue(path)
  const claimant = { ...(await ownProcessName()) }
  const logged: [string, unknown][] = []
  const { wrap = (it: Queue): Queue => it, onOpen, timing, ...more } = options
  const source = createQueueSource(path, (_, notice) => void logged.push(['notice', notice]))
  const dispatcher = createDispatcher({
    queue: async (isSuspect) => {
      onOpen?.(isSuspect)
      const opened = await source.open(isSuspect)
      return opened === null ? null : wrap(opened)
    },
    gate: () => Promise.resolve({ state: 'open', serverUrl: server.url, format: 'batch' }),
    consent: () => Promise.resolve('yes'),
    token: () => Promise.resolve(TOKEN),
    sessionMark: () => 'session-1',
    claimant,
    env: {},
    log: (event, about) => void logged.push([event, about]),
    timing: { ...QUICK, ...timing },
    ...more,
  })
  ends.push(
    () => server.close(),
    () => queue[Symbol.dispose](),
    source.close,
    () => dispatcher.stop(),
  )
  let published = 0
  return {
    queue,
    server,
    dispatcher,
    logged,
    publish: (project, count, about = {}) => {
      const events = Array.from({ length: count }, () => newEvent(project, (published += 1), about))
      queue.publish(events, 1_000_000)
      return events.map(({ eventId }) => eventId)
    },
    drain: () => linesOf(dispatcher),
  }
}

export async function linesOf(
  { drain }: Dispatcher,
  signal: AbortSignal = new AbortController().signal,
): Promise<readonly DrainLine[]> {
  const lines: DrainLine[] = []
  for await (const line of drain(signal)) lines.push(line)
  return lines
}

function newEvent(project: string, number: number, { text }: { readonly text?: string }): NewEvent {
  const eventId = `${project.slice(1)}-${String(number).padStart(6, '0')}`
  const envelope = JSON.stringify({
    event_id: eventId,
    event_type: 'wp.moved',
    project_uuid: 'p-1',
    timestamp: '2026-11-26T14:00:00Z',
    payload: { from: 'planned', to: 'doing', wp: `WP${number % 100}`, text },
  })
  return { eventId, eventType: 'wp.moved', projectUuid: 'p-1', project, envelope }
}
