import type { JsonObject } from 'familiar'

/** An event that was checked but is not queued yet. */
export interface NewEvent {
  readonly eventId: string
  readonly eventType: string
  readonly projectUuid: string
  /** The real path of the project's directory, where consent is read when the event is sent. */
  readonly project: string
  /**
   * What identifies the project that was in that directory when the event was published (`project-origin.ts`). If another
   * project is there later, its consent does not count for this event.
   */
  readonly origin?: string
  /** The whole envelope as JSON text: the publisher's text, with missing ids and times added. */
  readonly envelope: string
}

/** A waiting event. */
export interface QueuedEvent extends NewEvent {
  /** The order of arrival. It is unique in the queue, and never reused. */
  readonly seq: number
  /** When the event was queued, ISO 8601 in UTC. */
  readonly queuedAt: string
  /** How often sending the event has failed. */
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
  /** How many of the duplicates are dead letters. They are not changed, even if the event was corrected. */
  readonly dead: number
  /**
   * Why duplicates that another project left behind could not be moved to the one that publishes them, although other
   * events were queued. Without it, they were moved, or are none.
   */
  readonly notMoved?: string
}

/** The waiting events of one project. */
export interface WaitingProject {
  readonly project: string
  readonly origin: string
  readonly projectUuid: string
  readonly count: number
  readonly oldestAt: string
  /** For the oldest of these events: how often sending it has failed, and the server's last message about it. */
  readonly attempts: number
  readonly lastError: string | null
}

export interface QueueCounts {
  readonly queued: number
  /** When the oldest waiting event was queued, ISO 8601; null if none waits. */
  readonly oldestAt: string | null
  readonly deadLetters: number
}

export interface ClaimLimits {
  readonly events: number
  /** The maximum size of all envelopes together, in bytes (UTF-8). A single event is claimed even if it is larger. */
  readonly bytes: number
  /** Limits the claim to events that arrived after this one; 0 by default. */
  readonly after?: number
  /** Limits the claim to events with these origins; by default there is no limit. */
  readonly origins?: readonly string[]
}

/** Events at a path that belong to another project than the one that is there now. */
export type Stranded = Pick<WaitingProject, 'project' | 'origin'>

/** The result for one claimed event. */
export type Settled =
  /** The server has the event, so it is removed from the queue. */
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
 * The queue of one root, in one SQLite file. Several processes may use it at once. Every method is one transaction that
 * is on disk when it returns. Methods that return a promise let the event loop run while others write. All methods throw
 * `CommandError`: `E_QUEUE_UNUSABLE` (cannot be opened, read or written: read-only, full disk), `E_QUEUE_BUSY` (others
 * wrote for longer than the busy timeout, exit 75).
 */
export interface Queue extends Disposable {
  readonly path: string
  /**
   * Queues all events or none. A waiting event of another project whose directory is gone, or that is one of `stranded`,
   * is moved to the end. Throws `E_QUEUE_FULL` if more than `maxSize` would wait after that; nothing is ever evicted.
   */
  publish(events: readonly NewEvent[], maxSize: number, stranded?: readonly Stranded[]): Published
  counts(): QueueCounts
  /** Returns why the last of the dead letters was rejected; null if there is none. */
  lastReason(): string | null
  /**
   * Returns the projects with waiting events, the one with the oldest event first. Projects that were in the same
   * directory at different times are listed separately.
   */
  waiting(): readonly WaitingProject[]
  /**
   * Claims the oldest waiting events of a project, in their order, for the process `owner`. Claims none if another
   * process has claimed events of that project and is not proven gone. An older claim of `owner` on events of that
   * project is released.
   */
  claim(project: string, owner: JsonObject, limits: ClaimLimits): Promise<readonly QueuedEvent[]>
  /**
   * Records the results for claimed events. An event whose claim was lost meanwhile is changed only if the server has it.
   */
  settle(owner: JsonObject, results: readonly Settled[]): Promise<void>
  /** Returns whether the queue has the event with this number, waiting or as a dead letter. */
  contains(seq: number): boolean
  /** Releases everything that `owner` has claimed. */
  release(owner: JsonObject): Promise<void>
  /** Yields the waiting events, oldest first. They are read in pages, so that memory stays bounded. */
  events(): Iterable<QueuedEvent>
  deadLetters(): Iterable<DeadLetter>
  /** Returns the ids of all dead letters, oldest first. Does not read the events, which may have many megabytes. */
  rejectedIds(): readonly string[]
  /** Puts dead letters back into the queue, at their old places. Returns the ids that were found. */
  retry(eventIds: readonly string[]): readonly string[]
  /** Removes dead letters. Returns the ids that were found. */
  drop(eventIds: readonly string[]): readonly string[]
  /** Returns which of these events wait, have been sent in vain, and are the oldest of their project. */
  unsettled(eventIds: readonly string[]): readonly string[]
  /**
   * Removes an event that waits. Returns whether it waited. The event may be in transit: then the server may take it, and its
   * result finds no event.
   */
  dropWaitingEvent(eventId: string): boolean
  /**
   * Removes the waiting events at this path with one of these origins, and returns their ids. Events that a process has
   * claimed may be in transit, so they are kept, unless that process is proven gone.
   */
  dropWaiting(project: string, origins: readonly string[]): Promise<readonly string[]>
}
