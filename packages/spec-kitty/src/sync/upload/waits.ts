import { backOff, NO_BACK_OFF, type BackOff, type UploadTiming } from './back-off.js'

export interface WaitsOptions {
  /** Milliseconds on a monotonic clock. */
  readonly clock: () => number
  /** From 0 to 1. */
  readonly random: () => number
  readonly timing: UploadTiming
}

/** What a request did to the events of a project. `moved`: how many the server took or rejected. */
interface Progress {
  readonly moved: number
  readonly kept: number
  /** Whether it was the first request of the pass for this project. */
  readonly isFirst: boolean
}

/** Until when to wait before the next attempt: with everything, and with single projects. */
export class Waits {
  readonly #options: WaitsOptions
  /** What the server, or anything else that all projects need, makes us wait for. */
  #trouble: BackOff = NO_BACK_OFF
  /** Projects of which the server keeps events waiting. */
  readonly #slow = new Map<string, BackOff>()

  constructor(options: WaitsOptions) {
    this.#options = options
  }

  get failures(): number {
    return this.#trouble.failures
  }

  /** When the next attempt is due, on the clock; null if nothing makes us wait. */
  due(): number | null {
    if (this.#trouble.until > 0) return this.#trouble.until
    const until = [...this.#slow.values()].map((one) => one.until).filter((one) => one > 0)
    return until.length === 0 ? null : Math.min(...until)
  }

  /** In how many milliseconds a time on the clock comes; 0 if it is over. */
  msUntil(due: number): number {
    return Math.max(due - this.#options.clock(), 0)
  }

  /** Whether nothing at all may be sent now. */
  isResting(): boolean {
    return this.#options.clock() < this.#trouble.until
  }

  isProjectResting(project: string): boolean {
    return this.#options.clock() < (this.#slow.get(project)?.until ?? 0)
  }

  /** Forgets until when to wait: the user wants it now. */
  hurry(): void {
    this.#trouble = { ...this.#trouble, until: 0 }
    this.#slow.clear()
  }

  /**
   * The pass that begins is the attempt that was due. If nothing may leave any more, so that none comes about, what was due must
   * not stay due: the dispatcher would look again at once, and again.
   */
  passBegins(): void {
    const now = this.#options.clock()
    const ended = (wait: BackOff): BackOff => (wait.until <= now ? { ...wait, until: 0 } : wait)
    this.#trouble = ended(this.#trouble)
    for (const [project, wait] of this.#slow) this.#slow.set(project, ended(wait))
  }

  /** Forgets all projects but these. */
  keepProjects(projects: ReadonlySet<string>): void {
    for (const project of this.#slow.keys()) {
      if (!projects.has(project)) this.#slow.delete(project)
    }
  }

  answered(): void {
    this.#trouble = NO_BACK_OFF
  }

  /** `retryAfterMs`: what the server asked for. */
  failed(retryAfterMs: number | null): void {
    this.#trouble = this.#later(this.#trouble, retryAfterMs)
  }

  /** Counts a failure that no wait mends. */
  refused(): void {
    this.#trouble = { failures: this.#trouble.failures + 1, until: 0 }
  }

  projectAnswered(project: string, { moved, kept, isFirst }: Progress): void {
    if (isFirst && kept === 0) this.#slow.delete(project)
    if (kept > 0 && (isFirst || moved > 0)) {
      this.#slow.set(project, this.#later(moved > 0 ? undefined : this.#slow.get(project), null))
    }
  }

  #later(before: BackOff = NO_BACK_OFF, retryAfterMs: number | null): BackOff {
    const { clock, random, timing } = this.#options
    return backOff(before, { now: clock(), retryAfterMs, random: random(), timing })
  }
}
