import type { JsonObject } from 'familiar'
import type { Io } from 'familiar/cli'
import type { LostFile } from '../queue/lost-file.js'
import type { Queue } from '../queue/queue-types.js'
import type { ReadConsent } from './survey.js'
import type { Claimant, DrainLine, Gate } from './upload-types.js'
import type { Uploading } from './upload-project.js'
import type { WaitsOptions } from './waits.js'

/** What the outbox asks, and whom it tells. */
export interface OutboxOptions extends WaitsOptions {
  /**
   * Returns the queue, which the caller keeps open; null if there is no queue yet. Called when events may leave, or for a
   * drain. `isSuspect`: the last use failed because the database is damaged.
   */
  readonly queue: (isSuspect: boolean) => Queue | null | Promise<Queue | null>
  /** Returns what became of the file of the open queue while it is not at its path and contains events; otherwise null. */
  readonly lostQueue?: () => LostFile | null
  readonly gate: () => Promise<Gate>
  /** Reads whether these events may leave. If it throws, the consent counts as unreadable. */
  readonly consent: ReadConsent
  /** Returns a token for this server, otherwise like `token` of `Uploading`. */
  readonly token: (...given: [...Parameters<Uploading['token']>, serverUrl: string]) => Promise<string | null>
  /** Returns a text that changes whenever the session changes. */
  readonly sessionMark: () => string
  readonly claimant: Claimant
  /** The environment, which names the proxy and the certificates. */
  readonly env: Io['env']
  readonly log: (event: string, more?: JsonObject) => void
  readonly emit: (line: DrainLine) => void
  readonly signal: AbortSignal
  readonly isEnding: () => boolean
}
