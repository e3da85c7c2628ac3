import type { JsonObject } from 'familiar'

/** The reasons why no event leaves this machine, in the order in which they are checked. */
export type ClosedReason =
  /** The variable `SPEC_KITTY_ENABLE_SAAS_SYNC` is not on. */
  | 'hosted_sync_disabled'
  | 'config_unreadable'
  | 'no_session'
  | 'session_unreadable'
  | 'no_server'
  /** The server's URL is neither HTTPS nor HTTP to a loopback address. */
  | 'insecure_server'
  /** The session's token is for another server. */
  | 'other_server'
  /** The server rejected the session (401 after a refresh, or 403). Nothing is sent until the session changes. */
  | 'session_refused'

/** The reasons why the events of one project stay. */
export type HeldReason =
  | 'no_consent'
  | 'consent_unreadable'
  /** The project's directory was moved or deleted, and its consent with it. */
  | 'project_missing'
  /** The directory contains another project now, whose consent counts only for its own events. */
  | 'other_project'

/** Whether the events of a project may leave. */
export type Consent = 'yes' | 'no' | 'unreadable' | 'gone' | 'other'

export const HELD: Readonly<Record<Exclude<Consent, 'yes'>, HeldReason>> = {
  no: 'no_consent',
  unreadable: 'consent_unreadable',
  gone: 'project_missing',
  other: 'other_project',
}

/** Whether events may leave at all, and the server to which they are sent. Contains no token. */
export type Gate =
  | { readonly state: 'closed'; readonly reason: ClosedReason; readonly detail: string | null }
  | {
      readonly state: 'open'
      /** The server's URL, without a slash at its end. */
      readonly serverUrl: string
      readonly format: 'batch' | 'cloudevents'
    }

/** What an error suggests. */
export type ErrorKind =
  /** There was no answer. */
  | 'connection'
  /** What answered is probably not a sync server. */
  | 'address'
  /** The server has a problem. */
  | 'answer'
  /** The daemon's proxy or certificates are not the right ones. */
  | 'environment'
  /** The certificate of the server has expired, or is not valid yet. */
  | 'certificate'
  /** The queue could not be used, as when other processes keep it locked. */
  | 'queue'
  /** The server asked to wait. */
  | 'wait'
  /** The server answered, and has not taken all events yet. */
  | 'kept'

/**
 * What failed with a whole batch, where the batch itself may be the cause: the server gave up or was cut off while it had
 * the batch (`timeout`, `cut`), its answer was too long to be read (`long`), or it answered for no event (its status).
 */
export type WholeFailure = 'timeout' | 'cut' | 'long' | `status ${string}`

/** An event for which the server answers with an error again and again, although it is sent alone. */
export interface StuckEvent {
  readonly project: string
  readonly eventId: string
  /** Says so in one line, with the server's answer. */
  readonly error: string
}

/** A request that runs. */
export interface RunningRequest {
  /** ISO 8601. */
  readonly since: string
  /** Whether the connection was made, so that the server may have the batch. */
  readonly isConnected: boolean
  /** How many bytes of the answer have come. */
  readonly received: number
}

/** The state of the sync daemon's work. */
export interface SyncReport {
  /** Whether the daemon is sending now. */
  readonly running: boolean
  /** Since when a request waits for its answer, ISO 8601; null if none does. */
  readonly request_since: string | null
  /** The server of that request; null if none waits. */
  readonly request_server: string | null
  /** Whether its connection was made, and how many bytes of the answer have come; null if none waits. */
  readonly request_connected: boolean | null
  readonly request_bytes: number | null
  /** ISO 8601: when the server last took an event; null if not since the daemon started. */
  readonly last_sync: string | null
  /** ISO 8601: when the server last answered for an event, even if it took none; null if not since the daemon started. */
  readonly last_answer: string | null
  readonly consecutive_failures: number
  /** One line without secrets; null if sending last succeeded. */
  readonly last_error: string | null
  readonly last_error_kind: ErrorKind | null
  /** When the next attempt is due if the daemon is waiting after a failure, ISO 8601; otherwise null. */
  readonly next_attempt_at: string | null
  /** True if the server rejected the session, and the session has not changed since. */
  readonly refused: boolean
  /** ISO 8601: when it did so, and since when nothing was tried; null if it did not. */
  readonly refused_at: string | null
  /** The event that fails alone again and again; null if there is none. */
  readonly stuck_event: null | {
    readonly event_id: string
    readonly error: string
  }
  /**
   * What became of the queue's file while it is not at its path, although the daemon has it open with events in it;
   * otherwise null.
   */
  readonly queue_lost: null | {
    readonly state: 'removed' | 'moved'
    readonly moved_to: string | null
    readonly events: number
  }
}

/** One line of a drain, as NDJSON. */
export type DrainLine =
  | { readonly event: 'started'; readonly queued: number }
  | {
      readonly event: 'batch'
      readonly project: string
      readonly sent: number
      readonly kept: number
      readonly rejected: number
      readonly error: string | null
    }
  /** The server has a problem. `until_ms` is the time of the next attempt, in milliseconds since 1970. */
  | { readonly event: 'waiting'; readonly until_ms: number; readonly error: string }
  | { readonly event: 'held'; readonly project: string; readonly reason: HeldReason; readonly count: number }
  /**
   * `request_server`: the server whose answer is waited for; null or missing if none is. `request_connected`: whether the
   * connection was made. `request_bytes`: how many bytes of the answer have come.
   */
  | {
      readonly event: 'heartbeat'
      readonly request_server?: string | null
      readonly request_connected?: boolean | null
      readonly request_bytes?: number | null
    }
  | {
      readonly event: 'finished'
      readonly sent: number
      /** The number of events that still wait, except those whose project is not allowed to send. */
      readonly kept: number
      /** The number of events that stay because their project is not allowed to send. */
      readonly held: number
      readonly rejected: number
      /**
       * Why events still wait: the gate's reason, or the server's message; null if no event that may leave still waits.
       */
      readonly reason: string | null
    }

/** The result of a pass, for the clients that follow it. */
export interface PassEnd {
  /** The number of events that still wait, except those whose project is not allowed to send. */
  readonly kept: number
  /** The number of events whose project is not allowed to send. */
  readonly held: number
  /** Why events still wait; null if no event that may leave still waits. */
  readonly reason: string | null
  /** When the next attempt is due, on the clock, and in how many milliseconds; null if there is none. */
  readonly due: number | null
  readonly waitMs: number | null
  /** Whether the queue could not be used, as when other processes keep it locked. */
  readonly isQueueFailing: boolean
  /** Whether waiting does not repair that. */
  readonly isLasting: boolean
}

/** Sends waiting events. There is one dispatcher per database, in the daemon of the root. */
export interface Dispatcher {
  /** The number of running requests, for the daemon's retirement. */
  readonly inFlight: () => number
  /** The number of events that may leave now; 0 while the gate is closed. */
  readonly pending: () => number
  /** Finishes or abandons the running batch within the time limit. No event is lost. */
  readonly stop: () => Promise<void>
  readonly report: () => SyncReport
  /** Called when an event was queued or something has changed; the dispatcher checks the queue soon. */
  readonly wake: () => void
  /**
   * Sends all events that may leave now, and yields the progress line by line, without heartbeats. Several drains at once
   * share the same work.
   */
  readonly drain: (signal: AbortSignal) => AsyncIterable<DrainLine>
}

/** The process that claims events. */
export type Claimant = JsonObject

/** What a daemon leaves to the next one. A daemon reports only what it has experienced itself. */
export interface LastWork {
  /** When the server last took an event, ISO 8601; null if unknown. */
  readonly lastSync: string | null
  /** The mark of the session that the server last rejected; null if it has answered for events since. */
  readonly refused: string | null
  /** Whether the server has rejected it again since another daemon was started. */
  readonly isRefusedAgain: boolean
}

/** The work that a daemon has experienced itself. */
export interface ExperiencedWork extends Omit<LastWork, 'isRefusedAgain'> {
  /** Whether the server has answered for an event, so that it accepted the session. */
  readonly hasAnswered: boolean
}
