import type { JsonObject } from 'familiar'
import { countOf, objectOf, stringOf } from 'familiar/cli'
import { environmentOf, type StartEnvironment } from './start-environment.js'
import type { LostFile } from './queue/lost-file.js'
import type { ErrorKind, SyncReport } from './upload/upload-types.js'

/**
 * The sync daemon's report about its work, in the `sync` block of its health reply. Every user of the machine can read
 * it.
 */
export interface WorkReport extends SyncReport {
  /** True from the daemon's start until it has begun to check the queue for the first time. */
  readonly first_look_due: boolean
  readonly environment: StartEnvironment
}

/** The report as a command reads it, from a daemon of any version. A member that the daemon does not report is null. */
export interface KnownReport {
  readonly running: boolean | null
  /** Since when a request waits for its answer. */
  readonly requestSince: string | null
  /** The server of that request; null if none waits, or if the daemon does not report it. */
  readonly requestServer: string | null
  /** Whether its connection was made, and how many bytes of the answer have come. */
  readonly requestConnected: boolean | null
  readonly requestBytes: number | null
  readonly lastSync: string | null
  /** When the server last answered for an event, even if it took none. */
  readonly lastAnswer: string | null
  readonly failures: number | null
  readonly lastError: string | null
  readonly lastErrorKind: ErrorKind | null
  /** When the next attempt is due; null while one runs, even if a request for it came during the wait after a failure. */
  readonly nextAttemptAt: string | null
  /** True if the server rejected the session, and the session has not changed since. */
  readonly refused: boolean
  /** When it did so; null if it did not, or if the daemon does not report it. */
  readonly refusedAt: string | null
  /** What is said of the event that fails alone again and again, and its id; null if there is none. */
  readonly stuckError: string | null
  readonly stuckEventId: string | null
  readonly isFirstLookDue: boolean
  readonly environment: StartEnvironment | null
  /** What became of the queue's file while it is not at its path, although the daemon has it open with events in it. */
  readonly queueLost: LostFile | null
}

const KINDS: readonly ErrorKind[] = [
  'connection',
  'address',
  'answer',
  'environment',
  'certificate',
  'queue',
  'wait',
  'kept',
]

/** Returns the `sync` block of the health reply. */
export function workJson(report: WorkReport): JsonObject {
  return { ...report }
}

/** Returns a daemon's report about its work. `details` are the members of its health reply that the tool adds. */
export function knownReport(details: JsonObject | null): KnownReport {
  const sync = objectOf(details?.['sync'])
  return {
    running: typeof sync?.['running'] === 'boolean' ? sync['running'] : null,
    requestSince: stringOf(sync?.['request_since']),
    requestServer: stringOf(sync?.['request_server']),
    requestConnected: typeof sync?.['request_connected'] === 'boolean' ? sync['request_connected'] : null,
    requestBytes: countOf(sync?.['request_bytes']),
    lastSync: stringOf(sync?.['last_sync']),
    lastAnswer: stringOf(sync?.['last_answer']) ?? stringOf(sync?.['last_sync']),
    failures: countOf(sync?.['consecutive_failures']),
    lastError: stringOf(sync?.['last_error']),
    lastErrorKind: KINDS.find((kind) => kind === sync?.['last_error_kind']) ?? null,
    nextAttemptAt: sync?.['running'] === true ? null : stringOf(sync?.['next_attempt_at']),
    refused: sync?.['refused'] === true,
    refusedAt: stringOf(sync?.['refused_at']),
    stuckError: stringOf(objectOf(sync?.['stuck_event'])?.['error']),
    stuckEventId: stringOf(objectOf(sync?.['stuck_event'])?.['event_id']),
    isFirstLookDue: sync?.['first_look_due'] === true,
    environment: environmentOf(sync?.['environment']),
    queueLost: lostOf(sync?.['queue_lost']),
  }
}

/** Returns whether the daemon waits before its next attempt, or makes another one after a failure. */
export function isBackingOff({ nextAttemptAt, running, failures }: KnownReport): boolean {
  return nextAttemptAt !== null || (running === true && (failures ?? 0) > 0)
}

function lostOf(value: unknown): LostFile | null {
  const lost = objectOf(value)
  const [state, events] = [lost?.['state'], countOf(lost?.['events'])]
  if (events === null || (state !== 'removed' && state !== 'moved')) return null
  return { state, events, movedTo: stringOf(lost?.['moved_to']) }
}
