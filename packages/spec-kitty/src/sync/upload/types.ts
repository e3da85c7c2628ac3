import type { JsonObject } from 'familiar'

/** Why nothing leaves this machine, in the order in which it is checked. */
export type ClosedReason =
  /** `SPEC_KITTY_ENABLE_SAAS_SYNC` is not on. */
  | 'hosted_sync_disabled'
  | 'config_unreadable'
  | 'no_session'
  | 'session_unreadable'
  | 'no_server'
  /** Neither HTTPS nor HTTP to a loopback address. */
  | 'insecure_server'
  /** The session's token is for another server. */
  | 'other_server'
  /** The server refused the session (401 after a refresh, or 403): it rests until the session changes. */
  | 'session_refused'

/** Why the events of one project stay. */
export type HeldReason = 'no_consent' | 'consent_unreadable'

/** Whether events may leave at all, and where to. Contains no token. */
export type Gate =
  | { readonly state: 'closed'; readonly reason: ClosedReason; readonly detail: string | null }
  | {
      readonly state: 'open'
      /** Without a slash at its end. */
      readonly serverUrl: string
      readonly format: 'batch' | 'cloudevents'
    }

/** How the work of the sync daemon stands. */
export interface SyncReport {
  /** Whether it is sending now. */
  readonly running: boolean
  /** ISO 8601: when the server last answered for at least one event; null if not since the daemon started. */
  readonly last_sync: string | null
  readonly consecutive_failures: number
  /** One line without any secret; null if the last sending went well. */
  readonly last_error: string | null
  /** When the next attempt is due while it backs off, ISO 8601; null otherwise. */
  readonly next_attempt_at: string | null
  /** True if the server refused the session, which has not changed since. */
  readonly refused: boolean
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
  /** The server has trouble. `until_ms`: when the next attempt is due, in milliseconds since 1970. */
  | { readonly event: 'waiting'; readonly until_ms: number; readonly error: string }
  | { readonly event: 'held'; readonly project: string; readonly reason: HeldReason; readonly count: number }
  | { readonly event: 'heartbeat' }
  | {
      readonly event: 'finished'
      readonly sent: number
      /** How many events still wait, without those that their project holds. */
      readonly kept: number
      readonly rejected: number
      /** Why events still wait: the gate's reason, or what the server said; null if none that may leave waits. */
      readonly reason: string | null
    }

/** Sends what waits. One per database: the daemon of the root. */
export interface Dispatcher {
  /** For the daemon's retirement. */
  readonly inFlight: () => number
  /** How many events may leave now; 0 while the gate is closed. */
  readonly pending: () => number
  /** Finishes or abandons the running batch within the bound; nothing is lost. */
  readonly stop: () => Promise<void>
  readonly report: () => SyncReport
  /** Something was queued, or something changed: looks soon. */
  readonly wake: () => void
  /** Sends now what may leave, and says so line by line, without heartbeats. Several drains at once share the same work. */
  readonly drain: (signal: AbortSignal) => AsyncIterable<DrainLine>
}

/** The process that claims events. */
export type Claimant = JsonObject
