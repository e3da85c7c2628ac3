import { clockText } from 'familiar/cli'
import { BATCH_LIMITS } from './batch.js'
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

/**
 * How many failures after the last answer at most still say that the event is the cause. It takes one or two until an event
 * of a small batch is alone, and three more until it is named. In an outage that begins while the batches are larger, there
 * are more until then.
 */
const NEAR_FAILURES = EQUAL_FAILURES + 2

/** After a request that took longer than this part of its time limit, the batch does not grow. */
const SLOW_PART = 1 / 4

interface Failing {
  readonly limit: number
  readonly whole: WholeFailure
  readonly equal: number
  /** How often the event failed alone, without a success since. */
  readonly alone: number
  readonly batch: FailedBatch
  /** Whether the event fails alone, while the server answers for others. */
  readonly isStuck: boolean
}

/**
 * Knows how many events the next batch of each project has. A batch that fails as a whole is halved: at once after a
 * timeout, and from the third equal failure in a row otherwise, down to one event. So the events before a guilty one
 * arrive, and a slow line gets through. After a success the batches grow again.
 *
 * An event is named as the cause if it failed alone three times with the same status, and the server has answered for
 * others shortly before one of these failures: then it does not fail with everything. It stays named until it is answered
 * for, or until the server fails with further events of other projects.
 */
export class BatchSizes {
  /** The projects whose last batches failed, the one that failed last at the end. */
  readonly #failing = new Map<string, Failing>()
  /** When the server last answered for events, and how often it has failed since; null if it has not answered yet. */
  #answered: { readonly at: Date; failures: number } | null = null
  /** True if there was no answer to the last request at all, not even one that says that it failed. */
  #isOut = false

  limit(project: string): number {
    return this.#failing.get(project)?.limit ?? BATCH_LIMITS.events
  }

  /** Returns the order of the project in a pass: those that failed come last, so that they hold up no other. */
  rank(project: string): number {
    return [...this.#failing.keys()].indexOf(project)
  }

  /** Records that a batch failed. Returns the event that fails alone again and again, although the server answers. */
  failed(project: string, batch: FailedBatch): StuckEvent | null {
    const { whole, events } = batch
    this.#isOut = whole?.startsWith('status ') !== true
    if (whole === null) return null
    if (this.#answered !== null) this.#answered.failures += 1
    const before = this.#failing.get(project)
    const isEqual = before?.whole === whole
    const equal = isEqual ? before.equal + 1 : 1
    const isSmaller = whole === 'timeout' || equal >= EQUAL_FAILURES
    const isAgain = isEqual && before.batch.events === 1 && before.batch.firstId === batch.firstId
    const alone = events > 1 ? 0 : isAgain ? before.alone + 1 : 1
    // If the server fails with other events too, nothing is known about any of them. Failing again says nothing new.
    if (!this.#isOut && !(isAgain && events === 1))
      for (const [one, failing] of this.#failing)
        if (one !== project) this.#failing.set(one, { ...failing, isStuck: false })
    const isNear = this.#answered !== null && this.#answered.failures <= NEAR_FAILURES
    this.#failing.delete(project)
    this.#failing.set(project, {
      limit: isSmaller ? Math.max(1, Math.floor(events / 2)) : this.#limitOf(before),
      whole,
      equal,
      alone,
      batch,
      isStuck: isAgain && alone >= EQUAL_FAILURES && !this.#isOut && (before.isStuck || isNear),
    })
    return this.#stuckIn(project)
  }

  /** Records that the server has answered for some events. */
  heard(): void {
    this.#answered = { at: new Date(), failures: 0 }
    this.#isOut = false
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
    else this.#failing.set(project, { ...failing, limit, alone: 0, isStuck: false })
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

  #limitOf(before: Failing | undefined): number {
    return before?.limit ?? BATCH_LIMITS.events
  }

  /** While no request is answered at all, it is the server or the line. */
  #stuckIn(project: string): StuckEvent | null {
    const failing = this.#failing.get(project)
    if (failing?.isStuck !== true || this.#isOut || this.#answered === null) return null
    const { firstId, error } = failing.batch
    const answers = error.replace(/^the server answered/, 'the server answers')
    const behind = 'the events of this project behind it wait'
    const others = `it answered for others at ${clockText(this.#answered.at)}`
    return { project, eventId: firstId, error: `${answers} to event ${firstId} alone; ${behind}; ${others}` }
  }
}
