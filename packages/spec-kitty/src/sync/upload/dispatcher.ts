import { setTimeout as sleep } from 'node:timers/promises'
import { TIMING, type UploadTiming } from './upload-timing.js'
import { createDrains, type Drains } from './drains.js'
import { Outbox } from './outbox.js'
import type { OutboxOptions } from './outbox-options.js'
import type { Dispatcher, DrainLine, ExperiencedWork, SyncReport } from './upload-types.js'

type Given = Omit<OutboxOptions, 'clock' | 'random' | 'timing' | 'emit' | 'signal' | 'isEnding'>

export interface DispatcherOptions extends Given, Partial<Pick<OutboxOptions, 'clock' | 'random'>> {
  readonly timing?: Partial<UploadTiming>
  /** Called after each pass with the state that the next daemon needs. If it throws, that is only logged. */
  readonly remember?: (known: ExperiencedWork) => void
}

/** Returns the dispatcher of a database. It does nothing until `wake` or `drain` is called. */
export function createDispatcher(options: DispatcherOptions): Dispatcher {
  return new QueueDispatcher(options)
}

class QueueDispatcher implements Dispatcher {
  readonly #timing: UploadTiming
  readonly #outbox: Outbox
  readonly #remember: (known: ExperiencedWork) => void
  readonly #log: OutboxOptions['log']
  readonly #drains: Drains
  readonly #lostQueue: NonNullable<OutboxOptions['lostQueue']>
  readonly #abandoning = new AbortController()
  #isStopped = false
  #isWanted = false
  /** True if a drain has asked the next pass to try at once, even after a failure. */
  #isHurried = false
  /** The current run of passes; null if there is none. */
  #running: Promise<void> | null = null
  #timer: NodeJS.Timeout | null = null

  constructor(options: DispatcherOptions) {
    this.#timing = { ...TIMING, ...options.timing }
    this.#drains = createDrains(this.#timing)
    this.#lostQueue = options.lostQueue ?? (() => null)
    this.#remember = options.remember ?? (() => undefined)
    this.#log = options.log
    this.#outbox = new Outbox({
      clock: () => performance.now(),
      random: Math.random,
      ...options,
      timing: this.#timing,
      emit: this.#drains.emit,
      signal: this.#abandoning.signal,
      isEnding: () => this.#isStopped,
    })
  }

  readonly inFlight = (): number => (this.#running === null ? 0 : 1)

  readonly pending = (): number => this.#outbox.pending

  readonly report = (): SyncReport => {
    const { lastSync, lastAnswer, failures, last, request, requestServer, closed, stuck, refusedAt } =
      this.#outbox
    const { waitMs } = this.#outbox.end()
    return {
      running: this.#running !== null,
      request_since: request?.since ?? null,
      request_server: requestServer,
      request_connected: request?.isConnected ?? null,
      request_bytes: request?.received ?? null,
      last_sync: lastSync,
      last_answer: lastAnswer,
      consecutive_failures: failures,
      last_error: last.text,
      last_error_kind: last.kind,
      next_attempt_at: waitMs === null ? null : new Date(Date.now() + waitMs).toISOString(),
      refused: closed === 'session_refused',
      refused_at: closed === 'session_refused' ? refusedAt : null,
      stuck_event: stuck === null ? null : { event_id: stuck.eventId, error: stuck.error },
      queue_lost: lostJson(this.#lostQueue()),
    }
  }

  readonly wake = (): void => {
    if (this.#isStopped) return
    this.#isWanted = true
    if (this.#running !== null) void this.#outbox.leaveOldServer()
    this.#running ??= this.#run()
  }

  readonly drain = (signal: AbortSignal): AsyncIterable<DrainLine> => this.#drain(signal)

  readonly stop = async (): Promise<void> => {
    this.#isStopped = true
    this.#setTimer(null)
    const { stopMs } = this.#timing
    const abandon = setTimeout(() => this.#abandoning.abort(), stopMs)
    // A request that does not end when it is aborted ends with the process. Its claim is then free.
    await Promise.race([this.#running, sleep(2 * stopMs, null, { ref: false })])
    clearTimeout(abandon)
    this.#endDrains()
  }

  async *#drain(signal: AbortSignal): AsyncGenerator<DrainLine> {
    yield { event: 'started', queued: await this.#outbox.count() }
    const lines = this.#drains.follow(signal)
    if (this.#isStopped) this.#endDrains()
    this.#isHurried = true
    this.wake()
    yield* lines
  }

  async #run(): Promise<void> {
    this.#setTimer(null)
    while (this.#isWanted && !this.#isStopped) {
      this.#isWanted = false
      const isHurried = this.#isHurried
      this.#isHurried = false
      await this.#despiteErrors('pass_failed', async () => {
        this.#drains.passBegins()
        await this.#outbox.pass(isHurried)
      })
      const { lastSync, lastAnswer, refused } = this.#outbox
      await this.#despiteErrors('work_not_saved', () =>
        this.#remember({ lastSync, refused, hasAnswered: lastAnswer !== null }),
      )
      await this.#despiteErrors('clients_not_told', () => {
        if (!this.#isStopped) this.#drains.passEnds(this.#outbox.end())
      })
    }
    this.#running = null
    if (!this.#isStopped) this.#setTimer(this.#outbox.waitMs())
  }

  /**
   * Nothing awaits a pass. An error in it would end the daemon, or keep every further pass from running, so it is only
   * logged, as `event`.
   */
  async #despiteErrors(event: string, act: () => void | Promise<void>): Promise<void> {
    try {
      await act()
    } catch (error) {
      this.#log(event, { why: error instanceof Error ? error.message : String(error) })
    }
  }

  /** Ends the drains that clients follow when the daemon shuts down. */
  #endDrains(): void {
    this.#drains.passBegins()
    const { kept, held } = this.#outbox.end()
    const reason = 'the daemon is stopping'
    const none = { due: null, waitMs: null, isQueueFailing: false, isLasting: false }
    this.#drains.passEnds({ kept, held, reason, ...none })
  }

  #setTimer(ms: number | null): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    // Rounded up, because an attempt is not made before it is due.
    this.#timer = ms === null ? null : setTimeout(this.wake, Math.ceil(ms)).unref()
  }
}

function lostJson(lost: ReturnType<NonNullable<OutboxOptions['lostQueue']>>): SyncReport['queue_lost'] {
  return lost === null ? null : { state: lost.state, moved_to: lost.movedTo, events: lost.events }
}
