import { setTimeout as sleep } from 'node:timers/promises'
import { CommandError } from 'familiar/cli'
import type { Queue } from '../queue/queue-types.js'
import { askedTooMuch } from './asked-wait.js'
import { BatchSizes } from './batch-sizes.js'
import { isOfEnvironment } from './connection-errors.js'
import { isElsewhere, isStill, type OpenGate } from './gate-now.js'
import { LastError } from './last-error.js'
import { oneLine } from './one-line.js'
import type { OutboxOptions } from './outbox-options.js'
import { PassedEvents } from './passed-events.js'
import { passEnd } from './pass-end.js'
import { isLasting, isOfQueue } from './queue-failure.js'
import { openSender, type Sender } from './sender.js'
import { consentOfAll, surveyOf, total } from './survey.js'
import type { Gate, PassEnd, RunningRequest, StuckEvent } from './upload-types.js'
import { FORMATS, uploadSome, type Source, type UploadEnd, type Uploading } from './upload-project.js'
import { Waits } from './waits.js'

type Next = 'go_on' | 'skip' | 'stop'

/** Knows which events wait, and why. One pass after the other sends the events that may leave. */
export class Outbox {
  /** The number of events that may leave. */
  pending = 0
  /** The number of waiting events, whether they may leave or not. */
  queued = 0
  /** Why no event may leave; null if some may. */
  closed: string | null = null
  /** When the server last took an event, and when it last answered for one. */
  lastSync: string | null = null
  lastAnswer: string | null = null
  readonly last = new LastError()
  /** The request that waits for its answer; null if none does. */
  request: RunningRequest | null = null
  /** The server of that request, which is not that of the gate if the address was changed since. */
  requestServer: string | null = null
  /** The mark of the session that the server rejected. */
  refused: string | null = null
  /** When it did so, ISO 8601. */
  refusedAt: string | null = null
  readonly #options: OutboxOptions
  readonly #waits: Waits
  #sizes = new BatchSizes()
  #queue: Queue | null = null
  #isPassing = false
  /** The server to which events could last be sent. */
  #server: string | null = null
  /** What the present pass sends with, and to which server; null if it sends nothing. */
  #sending: { readonly sender: Sender; readonly serverUrl: string } | null = null
  /** True if the gate has changed since this pass read it. */
  #isStale = false
  /** The error with which the last pass failed. After an error it is unknown which events wait or are claimed. */
  #failure: unknown = null

  constructor(options: OutboxOptions) {
    this.#options = options
    this.#waits = new Waits(options)
  }

  get failures(): number {
    return this.#waits.failures
  }

  get stuck(): StuckEvent | null {
    return this.#sizes.stuck()
  }

  /**
   * Counts the waiting events, even if none may leave. Returns 0 if the queue cannot be read; the next pass reports why. The
   * source may close and replace the queue, so while a pass uses it, only that asks for it.
   */
  async count(): Promise<number> {
    try {
      if (!this.#isPassing || this.#queue === null) this.#queue = await this.#options.queue(false)
      return this.#queue?.counts().queued ?? 0
    } catch {
      return 0
    }
  }

  /** Returns the result of the last pass. */
  end(): PassEnd {
    return passEnd(this, this.#failure, this.#waits)
  }

  /** Returns the time until the next check; null if no event waits and no check is needed. */
  waitMs(): number | null {
    const { lookEveryMs } = this.#options.timing
    if (this.queued === 0 && this.#failure === null) return null
    const due = this.#waits.due()
    return due === null ? lookEveryMs : Math.min(this.#waits.msUntil(due), lookEveryMs)
  }

  /** Sends all events that may leave now; if `isHurried`, also those that wait after a failure. Never rejects. */
  async pass(isHurried: boolean): Promise<void> {
    this.#isPassing = true
    try {
      await this.#pass(isHurried)
    } catch (error) {
      if (this.#options.signal.aborted) return
      this.#failure = error
      // Such an error ends the daemon's work: no event can leave before it is repaired, and the next command starts
      // another daemon.
      if (isLasting(this.#failure)) this.#know(0, this.queued)
      this.#fail(oneLine(error instanceof Error ? error.message : String(error)))
      if (isOfQueue(error)) this.last.kind = 'queue'
      if (isOfEnvironment(error)) this.last.kind = 'environment'
    } finally {
      this.#isPassing = false
    }
  }

  /**
   * Gives up the running request if events go to another server now, so that an old server that does not answer cannot
   * hold up the new one. Waits a moment first, because an answer that is on its way says what became of the events. A
   * request that was given up counts as one without an answer. Never rejects.
   */
  async leaveOldServer(): Promise<void> {
    const sending = this.#sending
    if (sending === null) return
    try {
      if (!(await isElsewhere(this.#options.gate, sending))) return
      await sleep(this.#options.timing.stopMs, null, { ref: false })
      if (await isElsewhere(this.#options.gate, sending)) sending.sender.close()
    } catch {
      // The pass itself reports a gate that cannot be read.
    }
  }

  async #pass(isHurried: boolean): Promise<void> {
    this.#waits.passBegins(isHurried)
    const gate = await this.#readGate()
    if (gate.state === 'open') {
      const queue = await this.#open()
      this.#meet(gate.serverUrl)
      if (queue === null) return this.#know(0, 0)
      this.#isStale = false
      this.#forgetRemoved(queue)
      if (!this.#waits.isResting()) await this.#sendAll(queue, gate)
      if (this.#isStale) return this.#pass(isHurried)
      if (this.refused === null) return void (await this.#survey(queue))
    }
    this.closed = gate.state === 'closed' ? gate.reason : 'session_refused'
    if (this.#queue !== null) this.#queue = await this.#options.queue(false)
    if (this.#queue !== null) this.#forgetRemoved(this.#queue)
    this.#know(0, this.#queue?.counts().queued ?? 0)
  }

  /** Resets failures if the server has changed, because they say nothing about another server. */
  #meet(server: string): void {
    if (this.#server !== null && this.#server !== server) {
      this.#waits.forget()
      this.#sizes = new BatchSizes()
      this.last.forget()
    }
    this.#server = server
  }

  async #open(): Promise<Queue | null> {
    const isSuspect = this.#failure instanceof CommandError && this.#failure.code === 'E_QUEUE_CORRUPT'
    this.#queue = await this.#options.queue(isSuspect)
    // A failed pass may have left a claim of ours, which would keep all other processes from these events.
    if (this.#failure !== null) await this.#queue?.release(this.#options.claimant)
    this.#failure = null
    return this.#queue
  }

  async #readGate(): Promise<Gate> {
    this.closed = null
    if (this.refused !== null && this.refused !== this.#options.sessionMark()) this.refused = null
    const gate = await this.#options.gate()
    if (gate.state === 'closed' || this.refused === null) return gate
    return { state: 'closed', reason: 'session_refused', detail: null }
  }

  #know(pending: number, queued: number): void {
    this.pending = pending
    this.queued = queued
  }

  /** Returns the projects whose events may leave, the one with the oldest event first. */
  async #survey(queue: Queue): Promise<readonly Source[]> {
    const waiting = queue.waiting()
    const { ready, held } = await surveyOf(waiting, this.#options.consent)
    for (const line of held) this.#options.emit(line)
    const projects = new Set(ready.map(({ project }) => project))
    this.#waits.keepProjects(projects)
    this.#sizes.keepProjects(projects)
    this.last.keepProjects(projects)
    this.#forgetRemoved(queue)
    this.#know(total(ready.flatMap(({ parts }) => parts)), total(waiting))
    return ready.toSorted((one, other) => this.#sizes.rank(one.project) - this.#sizes.rank(other.project))
  }

  /** The user may have removed the event with which the server fails: then those behind it wait no longer. */
  #forgetRemoved(queue: Queue): void {
    const { stuck } = this
    for (const project of this.#sizes.forgetRemoved((seq) => queue.contains(seq))) {
      this.#waits.forgetProject(project)
      this.last.forgetProject(project)
      // It may be what all projects wait for, so it is tried whether the server takes the others.
      this.#waits.answered()
    }
    if (stuck !== null && this.stuck?.eventId !== stuck.eventId && this.last.text === stuck.error)
      this.last.note(null)
  }

  /**
   * Sends some events of each project in turn, until nothing is left that can be sent now. Events that the server did not
   * accept yet do not stop it: it continues with later events, and sends each event at most once.
   */
  async #sendAll(queue: Queue, gate: OpenGate): Promise<void> {
    const { env, isEnding, timing } = this.#options
    const [{ serverUrl }, { requestMs: timeoutMs }] = [gate, timing]
    // The longest of the requests for one claim, in milliseconds.
    let [startedAt, tookMs] = [0, 0]
    const onRequest = (running: RunningRequest | null): void => {
      if (running === null) tookMs = Math.max(tookMs, performance.now() - startedAt)
      else startedAt = performance.now()
      this.request = running
      this.requestServer = running === null ? null : serverUrl
    }
    const [passed, stuck] = [new PassedEvents(), new Set<string>()]
    let sender: Sender | null = null
    try {
      for (let isProgress = true; isProgress;) {
        isProgress = false
        for (const source of await this.#survey(queue)) {
          const { project } = source
          if (isEnding()) return
          const isResting = !passed.has(project) && this.#waits.isProjectResting(project)
          if (isResting || stuck.has(project)) continue
          sender ??= openSender({ serverUrl, format: FORMATS[gate.format], env, timeoutMs, onRequest })
          this.#sending = { sender, serverUrl }
          const uploading = this.#uploading(project, queue, sender, gate)
          tookMs = 0
          const end = await uploadSome(source, uploading, passed.last(project))
          // A problem with the old server says nothing about the new one or its session.
          if (end.trouble !== null && (await isElsewhere(this.#options.gate, gate)))
            return void (this.#isStale = true)
          const next = this.#take(source, end, passed, tookMs / timeoutMs)
          if (next === 'stop' || this.#isStale) return
          if (next === 'skip') stuck.add(project)
          isProgress ||= end.sent + end.kept + end.rejected > 0
        }
      }
    } finally {
      this.#sending = null
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
      maxEvents: this.#sizes.limit(project),
      token: (refused, aborted) => token(refused, aborted, gate.serverUrl),
      signal,
      isEnding,
      consent: async (source) => {
        this.#isStale = !(await isStill(this.#options.gate, gate))
        return this.#isStale ? 'no' : consentOfAll(source, this.#options.consent)
      },
      onSettled: (counts, { error, settled }, isAnswer) => {
        emit({ event: 'batch', project, ...counts, error })
        if (!isAnswer) return
        this.#waits.answered()
        this.#sizes.heard(settled.map(({ seq }) => seq))
        this.lastAnswer = new Date().toISOString()
        if (counts.sent > 0) this.lastSync = this.lastAnswer
        this.last.answered(project, counts.kept === 0 ? null : error)
      },
    }
  }

  /**
   * Records the result of sending events of one project. Returns `stop` if no further events can be sent now, and `skip`
   * if only those of this project cannot. `part`: the part of its time limit that the longest request took.
   */
  #take({ project, parts }: Source, end: UploadEnd, passed: PassedEvents, part: number): Next {
    const { trouble, sent, kept, rejected, last, isAnswered, why } = end
    const counts = { project, sent, kept, rejected, ...(why === null ? {} : { why }) }
    if (sent + rejected > 0) this.#options.log('uploaded', counts)
    if (trouble !== null) {
      const behind = passed.behind(project, total(parts), end)
      const { isApart, error } = this.#sizes.failed(project, trouble.batch, behind)
      const isOnlyOne = isApart && trouble.next !== 'refuse' && trouble.retryAfterMs === null
      if (trouble.next === 'refuse') this.#refuse(trouble.error)
      else this.#fail(error, trouble, isOnlyOne ? project : null)
      return isOnlyOne ? 'skip' : 'stop'
    }
    if (last !== null && isAnswered) this.#sizes.answered(project, last, part)
    const isFirst = !passed.has(project)
    this.#waits.projectAnswered(project, { moved: sent + rejected, kept, isFirst })
    passed.add(project, end)
    return 'go_on'
  }

  /** `apart`: the project that has to wait, because only it fails; null if all have to, as when the server asks to wait. */
  #fail(error: string, trouble: UploadEnd['trouble'] = null, apart: string | null = null): void {
    const asked = trouble?.retryAfterMs ?? null
    if (apart === null) this.#waits.failed(asked)
    else this.#waits.projectFailed(apart)
    const kind = asked === null ? (trouble?.kind ?? null) : 'wait'
    if (apart === null) this.last.note(error + askedTooMuch(asked, this.#options.timing), kind)
    else this.last.noteApart(apart, error, kind ?? 'answer')
    this.#options.log('upload_failed', { why: error, failures: this.#waits.failures })
  }

  /** Stops sending until the session changes. */
  #refuse(error: string): void {
    this.refused = this.#options.sessionMark()
    this.refusedAt = new Date().toISOString()
    this.#waits.refused()
    this.last.note(error, 'answer')
    this.#options.log('session_refused', { why: error })
  }
}
