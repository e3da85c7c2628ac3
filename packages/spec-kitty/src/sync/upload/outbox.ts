import type { JsonObject } from 'familiar'
import { CommandError, type Io } from 'familiar/cli'
import type { Queue, WaitingProject } from '../queue/types.js'
import { oneLine } from './one-line.js'
import { openSender, type Sender } from './send.js'
import type { Claimant, DrainLine, Gate } from './types.js'
import { FORMATS, HELD, uploadSome, type Consent, type UploadEnd, type Uploading } from './upload.js'
import { Waits, type WaitsOptions } from './waits.js'

export interface OutboxOptions extends WaitsOptions {
  /**
   * Null if there is no queue yet. Called when events may leave, or a drain asks; the caller keeps it open. `isSuspect`: the
   * last use failed, because the database is damaged.
   */
  readonly queue: (isSuspect: boolean) => Queue | null | Promise<Queue | null>
  readonly gate: () => Promise<Gate>
  /** Reads whether the events of the project in this directory may leave. What it throws counts as unreadable. */
  readonly consent: (project: string) => Promise<Consent>
  readonly token: Uploading['token']
  /** Changes whenever the session does. */
  readonly sessionMark: () => string
  readonly claimant: Claimant
  /** Names the proxy and the certificates. */
  readonly env: Io['env']
  readonly log: (event: string, more?: JsonObject) => void
  readonly emit: (line: DrainLine) => void
  readonly signal: AbortSignal
  readonly isEnding: () => boolean
}

/** How a pass ended, for those who wait for it. */
export interface PassEnd {
  /** How many events still wait, without those that their project holds. */
  readonly kept: number
  /** Why events still wait; null if none does that may leave. */
  readonly reason: string | null
  /** When the next attempt is due, on the clock, and in how many milliseconds; null if none is. */
  readonly due: number | null
  readonly waitMs: number | null
}

/** What does not pass by itself. */
const LASTING: ReadonlySet<string> = new Set(['E_QUEUE_UNUSABLE', 'E_QUEUE_NEWER', 'E_SQLITE_UNAVAILABLE'])

type OpenGate = Gate & { readonly state: 'open' }

/** What is known of the events that wait, and what keeps them: one pass after the other sends what may leave. */
export class Outbox {
  /** How many events may leave. */
  pending = 0
  /** How many wait, whether they may leave or not. */
  queued = 0
  /** Why none may; null if some may. */
  closed: string | null = null
  lastSync: string | null = null
  lastError: string | null = null
  readonly #options: OutboxOptions
  readonly #waits: Waits
  #queue: Queue | null = null
  /** The session that the server refused. */
  #refused: string | null = null
  /** The gate has changed since this pass has read it. */
  #isStale = false
  /** What the last pass failed with. Then it is not known what waits, nor what is claimed. */
  #failure: unknown = null

  constructor(options: OutboxOptions) {
    this.#options = options
    this.#waits = new Waits(options)
  }

  get failures(): number {
    return this.#waits.failures
  }

  /** Counts what waits, even if nothing may leave; 0 if that cannot be told, which the next pass explains. */
  async count(): Promise<number> {
    try {
      this.#queue = await this.#options.queue(false)
      return this.#queue?.counts().queued ?? 0
    } catch {
      return 0
    }
  }

  /** How the last pass left it. */
  end(): PassEnd {
    const { pending, queued, closed, lastError } = this
    const kept = closed === null && !this.#isLasting() ? pending : queued
    const isAllDone = kept === 0 && this.#failure === null
    const due = closed === null ? this.#waits.due() : null
    return {
      kept,
      due,
      waitMs: due === null ? null : this.#waits.msUntil(due),
      reason: isAllDone ? null : (closed ?? lastError ?? 'another process is sending them'),
    }
  }

  #isLasting(): boolean {
    return this.#failure instanceof CommandError && LASTING.has(this.#failure.code)
  }

  /** Forgets until when to wait: the user wants it now. */
  hurry(): void {
    this.#waits.hurry()
  }

  /** How long until the next look; null if nothing waits, so that none is needed. */
  waitMs(): number | null {
    const { lookEveryMs } = this.#options.timing
    if (this.queued === 0 && this.#failure === null) return null
    const due = this.#waits.due()
    return due === null ? lookEveryMs : Math.min(this.#waits.msUntil(due), lookEveryMs)
  }

  /** Sends whatever may leave now. Never rejects. */
  async pass(): Promise<void> {
    try {
      await this.#pass()
    } catch (error) {
      if (this.#options.signal.aborted) return
      this.#failure = error
      // Nothing can leave before it is repaired, and the next command starts another daemon.
      if (this.#isLasting()) this.#know(0, this.queued)
      this.#fail(oneLine(error instanceof Error ? error.message : String(error)), null)
    }
  }

  async #pass(): Promise<void> {
    this.#waits.passBegins()
    const gate = await this.#readGate()
    if (gate.state === 'open') {
      const queue = await this.#open()
      if (queue === null) return this.#know(0, 0)
      this.#isStale = false
      if (!this.#waits.isResting()) await this.#sendAll(queue, gate)
      if (this.#isStale) return this.#pass()
      if (this.#refused === null) return void (await this.#survey(queue))
    }
    this.closed = gate.state === 'closed' ? gate.reason : 'session_refused'
    this.#know(0, this.#queue?.counts().queued ?? 0)
  }

  async #open(): Promise<Queue | null> {
    const isSuspect = this.#failure instanceof CommandError && this.#failure.code === 'E_QUEUE_CORRUPT'
    this.#queue = await this.#options.queue(isSuspect)
    // What failed in the middle may have left a claim of ours, which would keep every process from these events.
    if (this.#failure !== null) await this.#queue?.release(this.#options.claimant)
    this.#failure = null
    return this.#queue
  }

  async #readGate(): Promise<Gate> {
    this.closed = null
    if (this.#refused !== null && this.#refused !== this.#options.sessionMark()) this.#refused = null
    const gate = await this.#options.gate()
    if (gate.state === 'closed' || this.#refused === null) return gate
    return { state: 'closed', reason: 'session_refused', detail: null }
  }

  #know(pending: number, queued: number): void {
    this.pending = pending
    this.queued = queued
  }

  /** Returns the projects whose events may leave, that with the oldest event first. */
  async #survey(queue: Queue): Promise<readonly WaitingProject[]> {
    const waiting = queue.waiting()
    const ready: WaitingProject[] = []
    for (const one of waiting) {
      const consent = await this.#consent(one.project)
      if (consent === 'yes') ready.push(one)
      else
        this.#options.emit({ event: 'held', project: one.project, reason: HELD[consent], count: one.count })
    }
    this.#waits.keepProjects(new Set(ready.map(({ project }) => project)))
    this.#know(total(ready), total(waiting))
    return ready
  }

  async #consent(project: string): Promise<Consent> {
    try {
      return await this.#options.consent(project)
    } catch {
      return 'unreadable'
    }
  }

  /**
   * Takes some events of each project in turn, until nothing is left that can be sent now. Behind those that the server keeps
   * waiting, it goes on: each event is sent at most once.
   */
  async #sendAll(queue: Queue, gate: OpenGate): Promise<void> {
    const { env, timing, isEnding } = this.#options
    const format = FORMATS[gate.format]
    const passed = new Map<string, number>()
    let sender: Sender | null = null
    try {
      for (let isProgress = true; isProgress;) {
        isProgress = false
        for (const { project } of await this.#survey(queue)) {
          if (isEnding()) return
          if (!passed.has(project) && this.#waits.isProjectResting(project)) continue
          sender ??= openSender({ serverUrl: gate.serverUrl, format, env, timeoutMs: timing.requestMs })
          const uploading = this.#uploading(project, queue, sender, gate)
          const end = await uploadSome(project, uploading, passed.get(project))
          if (this.#note(project, end, passed) === 'stop' || this.#isStale) return
          isProgress ||= end.sent + end.kept + end.rejected > 0
        }
      }
    } finally {
      sender?.close()
    }
  }

  #uploading(project: string, queue: Queue, sender: Sender, gate: OpenGate): Uploading {
    const { claimant, token, signal, isEnding, emit } = this.#options
    return {
      queue,
      sender,
      format: FORMATS[gate.format],
      claimant,
      token,
      signal,
      isEnding,
      consent: async (directory) => {
        this.#isStale = !(await this.#isStill(gate))
        return this.#isStale ? 'no' : this.#consent(directory)
      },
      onSettled: (counts, { error }, isAnswer) => {
        emit({ event: 'batch', project, ...counts, error })
        if (!isAnswer) return
        this.#waits.answered()
        this.lastSync = new Date().toISOString()
        this.lastError = counts.kept === 0 ? null : error
      },
    }
  }

  async #isStill({ serverUrl, format }: OpenGate): Promise<boolean> {
    const now = await this.#options.gate()
    return now.state === 'open' && now.serverUrl === serverUrl && now.format === format
  }

  /** `passed`: of each project of which the server keeps events waiting, the last event that this pass has sent. */
  #note(
    project: string,
    { trouble, sent, kept, rejected, last }: UploadEnd,
    passed: Map<string, number>,
  ): 'go_on' | 'stop' {
    const { log } = this.#options
    if (sent + kept + rejected > 0) log('uploaded', { project, sent, kept, rejected })
    if (trouble !== null) {
      if (trouble.next === 'refuse') this.#refuse(trouble.error)
      else this.#fail(trouble.error, trouble.retryAfterMs)
      return 'stop'
    }
    const isFirst = !passed.has(project)
    this.#waits.projectAnswered(project, { moved: sent + rejected, kept, isFirst })
    if (last !== null && (kept > 0 || !isFirst)) passed.set(project, last)
    return 'go_on'
  }

  #fail(error: string, retryAfterMs: number | null): void {
    this.#waits.failed(retryAfterMs)
    this.lastError = error
    this.#options.log('upload_failed', { why: error, failures: this.#waits.failures })
  }

  /** Rests until the session changes. */
  #refuse(error: string): void {
    this.#refused = this.#options.sessionMark()
    this.#waits.refused()
    this.lastError = error
    this.#options.log('session_refused', { why: error })
  }
}

function total(projects: readonly WaitingProject[]): number {
  return projects.reduce((sum, { count }) => sum + count, 0)
}
