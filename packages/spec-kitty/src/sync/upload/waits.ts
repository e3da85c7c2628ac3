import { backOff, NO_BACK_OFF, type BackOff } from './back-off.js'
import type { UploadTiming } from './upload-timing.js'

export interface WaitsOptions {
  /** Returns milliseconds on a monotonic clock. */
  readonly clock: () => number
  /** Returns a random number from 0 to 1. */
  readonly random: () => number
  readonly timing: UploadTiming
}

/** The effect of a request on the events of a project. `moved`: how many the server accepted or rejected. */
interface Progress {
  readonly moved: number
  readonly kept: number
  /** Whether the request was the first one of the pass for this project. */
  readonly isFirst: boolean
}

/** Knows when the next attempt may be made, for all projects together and for single projects. */
export class Waits {
  readonly #options: WaitsOptions
  /** The wait that applies to all projects, for example because the server does not answer. */
  #trouble: BackOff = NO_BACK_OFF
  /** The waits of single projects whose events the server did not accept yet. */
  readonly #slow = new Map<string, BackOff>()
  /** True in a pass that a user asked for, which therefore does not wait. */
  #isHurried = false

  constructor(options: WaitsOptions) {
    this.#options = options
  }

  get failures(): number {
    return this.#trouble.failures
  }

  /** The time of the next attempt, on the clock; null if there is no need to wait. */
  due(): number | null {
    if (this.#trouble.until > 0) return this.#trouble.until
    const until = [...this.#slow.values()].map((one) => one.until).filter((one) => one > 0)
    return until.length === 0 ? null : Math.min(...until)
  }

  /** Returns the milliseconds until a time on the clock; 0 if the time has passed. */
  msUntil(due: number): number {
    return Math.max(due - this.#options.clock(), 0)
  }

  /** Returns whether all projects must wait. */
  isResting(): boolean {
    return this.#isWaiting(this.#trouble)
  }

  isProjectResting(project: string): boolean {
    return this.#isWaiting(this.#slow.get(project) ?? NO_BACK_OFF)
  }

  #isWaiting({ until }: BackOff): boolean {
    return !this.#isHurried && this.#options.clock() < until
  }

  /**
   * Called at the beginning of a pass, which counts as the attempt that was due. Otherwise, if no events may leave any
   * more, an attempt would stay due and the dispatcher would start one pass after the other. `isHurried`: a user wants to
   * send now, so this pass does not wait.
   */
  passBegins(isHurried: boolean): void {
    this.#isHurried = isHurried
    const now = this.#options.clock()
    const ended = (wait: BackOff): BackOff => (wait.until <= now ? { ...wait, until: 0 } : wait)
    this.#trouble = ended(this.#trouble)
    for (const [project, wait] of this.#slow) this.#slow.set(project, ended(wait))
  }

  /** Forgets all projects except these. */
  keepProjects(projects: ReadonlySet<string>): void {
    for (const project of this.#slow.keys()) {
      if (!projects.has(project)) this.#slow.delete(project)
    }
  }

  forgetProject(project: string): void {
    this.#slow.delete(project)
  }

  /** Forgets all failures and waits, because the server has changed. */
  forget(): void {
    this.answered()
    this.#slow.clear()
  }

  answered(): void {
    this.#trouble = NO_BACK_OFF
  }

  /** Counts a failure of all projects. `retryAfterMs` is the wait that the server asked for. */
  failed(retryAfterMs: number | null): void {
    this.#trouble = this.#later(this.#trouble, retryAfterMs)
  }

  /** Counts a failure that concerns one project only. */
  projectFailed(project: string): void {
    this.refused()
    this.#slow.set(project, this.#later(this.#slow.get(project), null))
  }

  /** Counts a failure for which no project has to wait. */
  refused(): void {
    const { failures, step } = this.#trouble
    this.#trouble = { failures: failures + 1, step, until: 0 }
  }

  projectAnswered(project: string, { moved, kept, isFirst }: Progress): void {
    if (isFirst && kept === 0) this.#slow.delete(project)
    if (kept > 0 && (isFirst || moved > 0)) {
      this.#slow.set(project, this.#later(moved > 0 ? undefined : this.#slow.get(project), null))
    }
  }

  #later(before: BackOff = NO_BACK_OFF, retryAfterMs: number | null): BackOff {
    const { clock, random, timing } = this.#options
    const isHurried = this.#isHurried
    return backOff(before, { now: clock(), retryAfterMs, random: random(), timing, isHurried })
  }
}
