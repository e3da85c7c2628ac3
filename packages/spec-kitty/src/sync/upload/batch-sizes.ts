import { BATCH_LIMITS } from './batch.js'
import { stuckText, suspectText } from './stuck-text.js'
import type { StuckEvent, WholeFailure } from './upload-types.js'

/** A batch that failed as a whole. */
export interface FailedBatch {
  readonly whole: WholeFailure | null
  readonly events: number
  readonly firstId: string
  /** The last of its events. */
  readonly last: number
  readonly error: string
}

/** How many equal failures in a row make a batch smaller, and a single event the one that is named. */
const EQUAL_FAILURES = 3

/** After a request that took longer than this part of its time limit, the batch does not grow. */
const SLOW_PART = 1 / 4

interface Failing {
  readonly limit: number
  readonly whole: WholeFailure
  readonly equal: number
  /** How often the event failed alone, without a success since. */
  readonly alone: number
  readonly batch: FailedBatch
  /** How many events of the project wait behind the batch. */
  readonly behind: number
  /** What the server has done with other events since this one first failed alone; the time if it last answered for some. */
  readonly others: 'unknown' | 'failed' | Date
  /** Whether the server has answered for other events of the project since it failed with a batch that contained this one. */
  readonly isNarrowed: boolean
  /** Whether the event fails alone, while the server answers for others. */
  readonly isStuck: boolean
}

/** What a failure says about its batch. */
interface Finding {
  /** The event that fails alone again and again, although the server answers for others. */
  readonly stuck: StuckEvent | null
  /** Says what failed, and with which event if that is known. */
  readonly error: string
}

/**
 * Knows how many events the next batch of each project has. A batch that fails as a whole is halved: at once after a
 * timeout, and from the third equal failure in a row otherwise, down to one event. So the events before a guilty one
 * arrive, and a slow line gets through. After a success the batches grow again.
 *
 * An event is named as the cause if it failed alone three times in a row with the same status, and the server has answered
 * for others between two of these failures: then it does not fail with everything. An answer before the first of them says
 * nothing, because an outage may have begun since. It stays named until it is answered for, or until the server fails with
 * further events of other projects. If the server has had no other event since the first failure, it may be either: that is
 * said only of an event that is left of a batch of which others were answered for, because everything else looks like an
 * outage.
 */
export class BatchSizes {
  /** The projects whose last batches failed, the one that failed last at the end. */
  readonly #failing = new Map<string, Failing>()
  /** True if there was no answer to the last request at all, not even one that says that it failed. */
  #isOut = false

  limit(project: string): number {
    return this.#failing.get(project)?.limit ?? BATCH_LIMITS.events
  }

  /** Returns the order of the project in a pass: those that failed come last, so that they hold up no other. */
  rank(project: string): number {
    return [...this.#failing.keys()].indexOf(project)
  }

  /** Records that a batch failed. `behind`: how many events of the project wait behind it. */
  failed(project: string, batch: FailedBatch, behind: number): Finding {
    const { whole, events, error } = batch
    this.#isOut = whole?.startsWith('status ') !== true
    if (whole === null) return { stuck: null, error }
    const before = this.#failing.get(project)
    const isEqual = before?.whole === whole
    const equal = isEqual ? before.equal + 1 : 1
    const isSmaller = whole === 'timeout' || equal >= EQUAL_FAILURES
    const isSame = before?.batch.events === 1 && before.batch.firstId === batch.firstId
    const again = isEqual && isSame && events === 1 ? before : null
    if (!this.#isOut) this.#failedToo(project, again !== null)
    const alone = events > 1 ? 0 : (again?.alone ?? 0) + 1
    const others = again?.others ?? 'unknown'
    const isNarrowed = before?.isNarrowed ?? false
    const limit = isSmaller ? Math.max(1, Math.floor(events / 2)) : this.#limitOf(before)
    const isStuck = alone >= EQUAL_FAILURES && !this.#isOut && others instanceof Date
    this.#failing.delete(project)
    this.#failing.set(project, { limit, whole, equal, alone, batch, behind, others, isNarrowed, isStuck })
    const isSuspect = isNarrowed && alone >= EQUAL_FAILURES && !this.#isOut && others === 'unknown'
    const stuck = this.#stuckIn(project)
    return { stuck, error: stuck?.error ?? (isSuspect ? suspectText(batch) : error) }
  }

  /**
   * If the server fails with other events too, nothing is known about any of them. That an event fails again is nothing new
   * of a server that has answered since.
   */
  #failedToo(project: string, isAgain: boolean): void {
    for (const [one, failing] of this.#failing)
      if (one !== project && !(isAgain && failing.others instanceof Date))
        this.#failing.set(one, { ...failing, others: 'failed', isStuck: false })
  }

  /** Records that the server has answered for these events. An answer about an event says nothing about others. */
  heard(seqs: readonly number[]): void {
    this.#isOut = false
    for (const [project, failing] of this.#failing)
      if (seqs.some((seq) => seq !== failing.batch.last))
        this.#failing.set(project, { ...failing, others: new Date() })
  }

  /**
   * Records that a batch was answered for. The batches grow once they are past the one that failed, unless the request was
   * slow: a batch of twice the size would take twice the time. `part`: the part of its time limit that the request took.
   */
  answered(project: string, last: number, part: number): void {
    const failing = this.#failing.get(project)
    if (failing === undefined) return
    const isGrowing = last >= failing.batch.last && part <= SLOW_PART
    const limit = isGrowing ? failing.limit * 2 : failing.limit
    if (limit >= BATCH_LIMITS.events) this.#failing.delete(project)
    else
      this.#failing.set(project, {
        ...failing,
        limit,
        alone: 0,
        others: 'unknown',
        isNarrowed: last < failing.batch.last,
        isStuck: false,
      })
  }

  /** Returns the event that failed alone again and again; null if there is none. */
  stuck(): StuckEvent | null {
    for (const project of this.#failing.keys()) {
      const found = this.#stuckIn(project)
      if (found !== null) return found
    }
    return null
  }

  keepProjects(projects: ReadonlySet<string>): void {
    for (const project of this.#failing.keys()) if (!projects.has(project)) this.#failing.delete(project)
  }

  /**
   * Forgets the events that failed alone and are in the queue no longer, because the user has removed them. Returns their
   * projects.
   */
  forgetRemoved(isThere: (seq: number) => boolean): readonly string[] {
    const projects = [...this.#failing]
      .filter(([, { batch }]) => batch.events === 1 && !isThere(batch.last))
      .map(([project]) => project)
    for (const project of projects) this.#failing.delete(project)
    return projects
  }

  #limitOf(before: Failing | undefined): number {
    return before?.limit ?? BATCH_LIMITS.events
  }

  /** While no request is answered at all, it is the server or the line. */
  #stuckIn(project: string): StuckEvent | null {
    const failing = this.#failing.get(project)
    if (failing?.isStuck !== true || this.#isOut || !(failing.others instanceof Date)) return null
    const { batch, behind, others } = failing
    return { project, eventId: batch.firstId, error: stuckText(batch, behind, others) }
  }
}
