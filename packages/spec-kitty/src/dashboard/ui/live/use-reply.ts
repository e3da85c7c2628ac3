import { useCallback, useEffect, useRef, useState } from 'preact/hooks'
import type { ChangedEvent, ProjectHeader } from '../../api.js'
import { announce } from './announce.js'
import { useLive, type LiveEvents, type Signal } from './live-events.js'

/** Why a read failed: the HTTP status; null if the server did not answer in time, or its answer was not JSON. */
export interface Failure {
  readonly status: number | null
}

export interface Reading<T> {
  /** The last successful reply. It is kept while a newer one is read, and if that fails. */
  readonly value: T | null
  /** The failure of the last attempt; null if it succeeded, or if no attempt has ended yet. */
  readonly failure: Failure | null
  readonly isReading: boolean
  /** Reads again at once. */
  readonly read: () => void
}

export interface ReplyOptions {
  /** Returns whether to read again after this change of the project. Null: no change matters, only a new connection does. */
  readonly isConcerned: ((change: ChangedEvent) => boolean) | null
  /** The minimum time between two reads, in milliseconds. */
  readonly everyMs?: number
  /** True to read the reply even while the page is hidden. */
  readonly isReadHidden?: boolean
  /** The sentence that screen readers say if a reply differs from the displayed one; empty if they should say nothing. */
  readonly announcement: string | ((before: unknown, after: unknown) => string)
}

interface Shown {
  readonly url: string
  readonly text: string | null
  readonly value: unknown
  readonly failure: Failure | null
  readonly isReading: boolean
}

/** The last replies, so that a view to which the reader goes back is shown at once, while it is read again. */
const lastReplies = new Map<string, Shown>()
const LAST_REPLIES_MAX = 60

const PROJECT_HEADER: ProjectHeader = 'spec-kitty-project'

/** Returns the last replies as they were received, the newest first. They are shown if a view cannot be rendered. */
export function rawReplies(): readonly { readonly url: string; readonly text: string }[] {
  const replies = [...lastReplies.values()].toReversed()
  return replies.flatMap(({ url, text }) => (text === null ? [] : [{ url, text }]))
}

/** The time limit for a reply. Even on a busy machine no reply takes longer; a scan of the daemons takes some seconds. */
const ANSWER_MS = 20_000

/**
 * How long to wait before a new attempt after a failure, while the event stream is open. If the stream is closed too, the
 * page tries again when it reopens.
 */
const RETRY_MS = 5_000

/**
 * Returns the reply of a URL. Reads it first when it is needed, again when a change concerns it, and when the connection
 * is restored.
 */
export function useReply<T>(url: string, options: ReplyOptions): Reading<T> {
  const live = useLive()
  const [state, setState] = useState<Shown>(() => initial(url))
  const shown = state.url === url ? state : initial(url)
  const current = useRef(options)
  current.current = options
  const reread = useRef(() => {})

  useEffect(() => {
    const reader = createReader(url, live, setState, (before, after) => {
      const { announcement } = current.current
      return typeof announcement === 'string' ? announcement : announcement(before, after)
    })
    reread.current = reader.read
    const stop = readWhenAsked(live, () => current.current, reader)
    return () => {
      stop()
      reader.close()
    }
  }, [live, url])

  const read = useCallback(() => reread.current(), [])
  return { value: shown.value as T | null, failure: shown.failure, isReading: shown.isReading, read }
}

/**
 * Reads at once, and then whenever a signal asks for it, until the returned function is called. The first `changed` of
 * the stream asks for it too, because no event reports what changed between the first read and the beginning of the
 * watch. A hidden page that is notified of a change reads when it is shown.
 */
function readWhenAsked(
  live: LiveEvents,
  options: () => ReplyOptions,
  { read, hasFailed }: Reader,
): () => void {
  let waiting: ReturnType<typeof setTimeout> | undefined
  let lastAt = Date.now()
  let isMissed = false
  let isBroken = live.contact().connection === 'lost'
  const readNow = () => {
    waiting = undefined
    isMissed = document.hidden && options().isReadHidden !== true
    if (isMissed) return
    lastAt = Date.now()
    read()
  }
  const readSoon = () => {
    waiting ??= setTimeout(readNow, Math.max(0, lastAt + (options().everyMs ?? 0) - Date.now()))
  }
  const readMissed = () => {
    if (isMissed && !document.hidden) readNow()
  }
  read()
  document.addEventListener('visibilitychange', readMissed)
  const stopListening = live.listen((signal) => {
    const isBack = signal.kind === 'opened' && (isBroken || hasFailed())
    if (signal.kind === 'lost') isBroken = true
    if (signal.kind === 'opened') isBroken = false
    if (asksForReading(signal, options(), isBack, hasFailed())) readSoon()
  })
  return () => {
    clearTimeout(waiting)
    document.removeEventListener('visibilitychange', readMissed)
    stopListening()
  }
}

/** A stream that reopens reports the changes since it broke, and not those whose replies have failed. */
function asksForReading(
  signal: Signal,
  { isConcerned }: ReplyOptions,
  isBack: boolean,
  hasFailed: boolean,
): boolean {
  if (signal.kind === 'changed') return isConcerned?.(signal.change) ?? false
  return isBack && (isConcerned === null || hasFailed)
}

function initial(url: string): Shown {
  return lastReplies.get(url) ?? { url, text: null, value: null, failure: null, isReading: true }
}

interface Reader {
  readonly read: () => void
  /** Returns whether the last attempt got no answer. */
  readonly hasFailed: () => boolean
  readonly close: () => void
}

/**
 * Makes one request at a time, and shows each reply. All reads requested during a request are answered by one more request
 * after it.
 */
function createReader(
  url: string,
  live: LiveEvents,
  show: (next: Shown) => void,
  describe: (before: unknown, after: unknown) => string,
): Reader {
  const abort = new AbortController()
  let retrying: ReturnType<typeof setTimeout> | undefined
  let isBusy = false
  let isStale = false
  let shown = initial(url)

  const update = (next: Shown) => {
    const isNews = shown.text !== null && next.text !== shown.text
    const before = shown
    shown = next
    show(next)
    if (!isNews) return
    const words = describe(before.value, next.value)
    if (words !== '') announce(words)
  }
  const read = async (): Promise<void> => {
    isStale = true
    clearTimeout(retrying)
    if (isBusy || live.contact().connection === 'stopped') return
    isBusy = true
    if (!shown.isReading) update({ ...shown, isReading: true })
    while (isStale) {
      isStale = false
      const next = await fetchReply(url, shown, live, abort.signal)
      if (abort.signal.aborted) break
      // The page shows at once that the dashboard does not answer, and tries again a little later.
      const isUnanswered = next.failure?.status === null
      update(isStale && !isUnanswered ? { ...next, isReading: true } : next)
      if (isUnanswered) break
    }
    isBusy = false
    if (abort.signal.aborted) return
    if (shown.failure?.status === null && live.contact().connection === 'open')
      retrying = setTimeout(() => void read(), RETRY_MS)
  }
  return {
    read: () => void read(),
    hasFailed: () => shown.failure?.status === null,
    close: () => {
      clearTimeout(retrying)
      abort.abort()
    },
  }
}

/** Returns the new reply, or the previous one with the failure. If the text is unchanged, `value` is the same object. */
async function fetchReply(url: string, before: Shown, live: LiveEvents, closed: AbortSignal): Promise<Shown> {
  const answered = live.ask()
  try {
    const signal = AbortSignal.any([closed, AbortSignal.timeout(ANSWER_MS)])
    const headers = { accept: 'application/json' }
    const response = await fetch(url, { signal, headers, cache: 'no-cache' })
    if (!live.isOurs(response.headers.get(PROJECT_HEADER)))
      return { ...before, failure: { status: null }, isReading: false }
    if (!response.ok) return { ...before, failure: { status: response.status }, isReading: false }
    const text = await response.text()
    const value = text === before.text ? before.value : (JSON.parse(text) as unknown)
    return remember({ url, text, value, failure: null, isReading: false })
  } catch {
    return { ...before, failure: { status: null }, isReading: false }
  } finally {
    answered()
  }
}

function remember(reply: Shown): Shown {
  lastReplies.delete(reply.url)
  lastReplies.set(reply.url, reply)
  const oldest = lastReplies.keys().next()
  if (lastReplies.size > LAST_REPLIES_MAX && !oldest.done) lastReplies.delete(oldest.value)
  return reply
}
