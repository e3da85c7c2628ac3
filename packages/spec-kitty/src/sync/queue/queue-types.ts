import type { JsonObject } from 'familiar'

/** An event that was checked, and is not queued yet. */
export interface NewEvent {
  readonly eventId: string
  readonly eventType: string
  readonly projectUuid: string
  /** The real path of the project's directory: consent is read there when the event is sent. */
  readonly project: string
  /**
   * What identifies the project that was in that directory then (`project-origin.ts`). If another project is there later,
   * its consent does not count for this event.
   */
  readonly origin?: string
  /** The whole envelope as JSON text: what the publisher wrote, and the ids and times that it left out. */
  readonly envelope: string
}

/** An event that waits. */
export interface QueuedEvent extends NewEvent {
  /** The order of arrival: unique in the queue, and never given twice. */
  readonly seq: number
  /** When the event was queued, ISO 8601 in UTC. */
  readonly queuedAt: string
  /** How often the event was sent without success. */
  readonly attempts: number
  /** The last message of the server about the event; null if there is none. */
  readonly lastError: string | null
}

/** An event that the server rejected. It stays until the user retries or drops it. */
export interface DeadLetter extends QueuedEvent {
  readonly rejectedAt: string
  /** The reason in the server's words. */
  readonly reason: string
  readonly category: string | null
}

export interface Published {
  /** Includes the events that were moved to their project from one whose directory is gone. */
  readonly queued: number
  /** The ids that were already in the queue or among the dead letters. */
  readonly duplicates: readonly string[]
  /** How many of the duplicates are dead letters. They stay as they were, also if the event was corrected. */
  readonly dead: number
}

/** The events of one project that wait. */
export interface WaitingProject {
  readonly project: string
  readonly origin: string
  readonly projectUuid: string
  readonly count: number
  readonly oldestAt: string
  /**
   * For the oldest of these events: how often it was sent without success, and the last message of the server about it.
   */
  readonly attempts: number
  readonly lastError: string | null
}

export interface QueueCounts {
  readonly queued: number
  /** When the oldest event that waits was queued, ISO 8601; null if none waits. */
  readonly oldestAt: string | null
  readonly deadLetters: number
}

export interface ClaimLimits {
  readonly events: number
  /** The most bytes (UTF-8) of all envelopes together. A single event is claimed even if it is larger. */
  readonly bytes: number
  /** Limits the claim to events that arrived after this one; 0 if left out. */
  readonly after?: number
  /** Limits the claim to events with these origins; no limit if left out. */
  readonly origins?: readonly string[]
}

/** Events at a path that belong to another project than the one that is there now. */
export type Stranded = Pick<WaitingProject, 'project' | 'origin'>

/** The result for one claimed event. */
export type Settled =
  /** The server has the event, which is removed from the queue. */
  | { readonly seq: number; readonly outcome: 'done' }
  /** The event waits again. `error` is the server's message about it; null if there is none. */
  | { readonly seq: number; readonly outcome: 'keep'; readonly error: string | null }
  | {
      readonly seq: number
      readonly outcome: 'dead'
      readonly reason: string
      readonly category: string | null
    }

/**
 * The queue of one root, in one SQLite file. Several processes may use it at once. Every method is one transaction that is on
 * disk when it returns; those that return a promise let the event loop go on while others write. Each throws `CommandError`:
 * `E_QUEUE_UNUSABLE` (cannot be opened, read or written: read-only, full disk), `E_QUEUE_BUSY` (others wrote for longer than
 * the busy timeout, exit 75).
 */
export interface Queue extends Disposable {
  readonly path: string
  /**
   * Queues all or none. An event that waits for another project whose directory is gone, or that is one of `stranded`, is
   * moved: it takes a place at the end. Throws `E_QUEUE_FULL` if then more than `maxSize` would wait; nothing is ever evicted.
   */
  publish(events: readonly NewEvent[], maxSize: number, stranded?: readonly Stranded[]): Published
  counts(): QueueCounts
  /**
   * The projects with waiting events, the one with the oldest event first. Projects that were in the same directory at
   * different times are listed separately.
   */
  waiting(): readonly WaitingProject[]
  /**
   * Claims the oldest events of a project that wait, in their order, for the process `owner`; none if another process
   * that is not proven gone has claimed events of that project. An older claim of `owner` on events of that project is
   * given back.
   */
  claim(project: string, owner: JsonObject, limits: ClaimLimits): Promise<readonly QueuedEvent[]>
  /**
   * Records the results for claimed events. An event whose claim was lost meanwhile is changed only if the server has it.
   */
  settle(owner: JsonObject, results: readonly Settled[]): Promise<void>
  /** Gives back everything that `owner` has claimed. */
  release(owner: JsonObject): Promise<void>
  /** Yields the events that wait, oldest first. They are read in pages, so that memory stays bounded. */
  events(): Iterable<QueuedEvent>
  deadLetters(): Iterable<DeadLetter>
  /** Puts dead letters back into the queue, at their old places. Returns the ids that were found. */
  retry(eventIds: readonly string[]): readonly string[]
  /** Removes dead letters. Returns the ids that were found. */
  drop(eventIds: readonly string[]): readonly string[]
  /**
   * Removes the events that wait at this path with one of these origins, and returns their ids. Events that a process has
   * claimed may be on their way: they stay, unless that process is proven gone.
   */
  dropWaiting(project: string, origins: readonly string[]): Promise<readonly string[]>
}
