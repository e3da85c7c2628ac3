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

/** The failures that smaller batches mend at once. The time that a batch takes, and the answer to it, follow its size. */
const MENDED_BY_SIZE: ReadonlySet<WholeFailure> = new Set(['timeout', 'long'])

/** The failures that are no answer. */
const SILENT: ReadonlySet<WholeFailure> = new Set(['timeout', 'cut'])

/** The server asks to send less often, which is no fault of the batch. */
const TOO_OFTEN: WholeFailure = 'status 429'

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
  /** Whether the last batch failed; false if the server has answered since. */
  readonly isFailing: boolean
  /** Whether the server has answered for others since the batches of this project began to fail. */
  readonly isApart: boolean
}

/** What a failure says about its batch. */
interface Finding {
  /** The event that fails alone again and again, although the server answers for others. */
  readonly stuck: StuckEvent | null
  /** Whether only this project fails, as far as is known, so that the others need not wait. */
  readonly isApart: boolean
  /** Says what failed, and with which event if that is known. */
  readonly error: string
}

/**
 * Knows how many events the next batch of each project has. A batch that fails as a whole is halved: at once after a
 * timeout, and from the third equal failure in a row otherwise, down to one event. So the events before a guilty one
 * arrive, and a slow line gets through. After a success the batches grow again. A 429 says nothing about the size.
 *
 * If the server has answered for others since the batches of a project began to fail, only this project waits, until others
 * fail too.
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

  /**
   * Returns the order of the project in a pass: those that failed come last, so that they hold up no other. After a second
   * 429 in a row, the project keeps its place once: a server that takes only so many requests would never take its events.
   */
  rank(project: string): number {
    const { whole, equal = 0 } = this.#failing.get(project) ?? {}
    return whole === TOO_OFTEN && equal % 2 === 0 ? -1 : [...this.#failing.keys()].indexOf(project)
  }

  /** Records that a batch failed. `behind`: how many events of the project wait behind it. */
  failed(project: string, batch: FailedBatch, behind: number): Finding {
    const { whole, events, error } = batch
    this.#isOut = whole === null || SILENT.has(whole)
    const before = this.#failing.get(project)
    const isApart = whole !== null && before?.isFailing === true && before.isApart
    if (!isApart) for (const [one, failing] of this.#failing) this.#failing.set(one, { ...failing, isApart })
    if (whole === null) return { stuck: null, isApart, error }
    const isEqual = before?.whole === whole
    const equal = isEqual ? before.equal + 1 : 1
    const isSmaller = MENDED_BY_SIZE.has(whole) || (equal >= EQUAL_FAILURES && whole !== TOO_OFTEN)
    const isSame = before?.batch.events === 1 && before.batch.firstId === batch.firstId
    const again = isEqual && isSame && events === 1 ? before : null
    if (!this.#isOut) this.#failedToo(project, again !== null)
    const alone = events > 1 ? 0 : (again?.alone ?? 0) + 1
    const others = again?.others ?? 'unknown'
    const isNarrowed = before?.isNarrowed ?? false
    const limit = isSmaller ? Math.max(1, Math.floor(events / 2)) : this.#limitOf(before)
    const isStuck = alone >= EQUAL_FAILURES && !this.#isOut && others instanceof Date
    this.#failing.delete(project)
    const known = { limit, whole, equal, alone, batch, behind, others, isNarrowed, isStuck }
    this.#failing.set(project, { ...known, isFailing: true, isApart })
    const isSuspect =
      isNarrowed && alone >= EQUAL_FAILURES && !this.#isOut && others === 'unknown' && whole !== TOO_OFTEN
    const stuck = this.#stuckIn(project)
    return {
      stuck,
      isApart: isApart || stuck !== null,
      error: stuck?.error ?? (isSuspect ? suspectText(batch) : error),
    }
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
        this.#failing.set(project, { ...failing, others: new Date(), isApart: failing.isFailing })
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
        isFailing: false,
        isApart: false,
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
   * Forgets the events that failed alone and are in the queue no longer. Returns the projects of those that the user has
   * removed.
   */
  forgetRemoved(isThere: (seq: number) => boolean): readonly string[] {
    const gone = [...this.#failing].filter(([, { batch }]) => batch.events === 1 && !isThere(batch.last))
    for (const [project] of gone) this.#failing.delete(project)
    return gone.filter(([, { isFailing }]) => isFailing).map(([project]) => project)
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
