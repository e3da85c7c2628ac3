/** How long to wait before a new attempt after a failed one. */
const REOPEN_AFTER_MS = 2_000

/** How long to wait if the dashboard has no room for another stream. It is asked for the data as often. */
const CROWDED_MS = 15_000

/** The time limit for the question why a stream was refused. */
const ASK_WHY_MS = 3_000

/** The status of a dashboard that has no room for another stream. */
const NO_ROOM = 503

/** The time limit for an answer. A dashboard that takes longer counts as lost. */
const OPEN_WITHIN_MS = 10_000

/** The longest silence of an open stream. The dashboard sends something every ten seconds. */
export const SILENCE_MS = 25_000

export interface StreamListeners {
  /**
   * Called for each event with one of these names. The arguments are its data and its id, which is empty if the event has
   * none.
   */
  readonly events: Readonly<Record<string, (data: string, id: string) => void>>
  /**
   * Called when the stream broke, was silent for too long or was refused. It opens again by itself. `isCrowded`: the
   * dashboard answers, but has no room for another stream.
   */
  readonly onLost: (isCrowded: boolean) => void
}

export interface Stream {
  /** Opens the stream, unless it is open. */
  open(): void
  /** Closes the stream until it is opened again. */
  close(): void
  isOpen(): boolean
}

/**
 * Returns an event stream that reports every loss of the server. `EventSource` waits forever for a server that neither
 * answers nor closes the connection, so here every wait has a limit. `url` is called at each opening.
 */
export function createStream(url: () => string, { events, onLost }: StreamListeners): Stream {
  let source: EventSource | null = null
  let waiting: ReturnType<typeof setTimeout> | undefined

  const wait = (ms: number, then: () => void) => {
    clearTimeout(waiting)
    waiting = setTimeout(then, ms)
  }
  const close = () => {
    clearTimeout(waiting)
    source?.close()
    source = null
  }
  const lose = (isCrowded = false) => {
    close()
    wait(isCrowded ? CROWDED_MS : REOPEN_AFTER_MS, open)
    onLost(isCrowded)
  }
  const refused = async (by: EventSource) => {
    const isCrowded = await hasNoRoom(url())
    if (source === by) lose(isCrowded)
  }
  const open = () => {
    if (source !== null) return
    const opened = new EventSource(url())
    source = opened
    wait(OPEN_WITHIN_MS, () => lose())
    opened.addEventListener('open', () => wait(SILENCE_MS, () => lose()))
    opened.addEventListener('error', () => {
      if (source !== opened) return
      // After an answer with another status than 200, the browser does not try again.
      if (opened.readyState === EventSource.CLOSED) void refused(opened)
      else lose()
    })
    for (const [name, take] of Object.entries(events)) {
      opened.addEventListener(name, (event: MessageEvent<string>) => {
        if (source !== opened) return
        wait(SILENCE_MS, () => lose())
        take(event.data, event.lastEventId)
      })
    }
  }
  return { open, close, isOpen: () => source !== null }
}

/** Asks why a stream was refused, because `EventSource` does not say it. */
async function hasNoRoom(url: string): Promise<boolean> {
  const ended = new AbortController()
  try {
    const signal = AbortSignal.any([ended.signal, AbortSignal.timeout(ASK_WHY_MS)])
    const { status } = await fetch(url, { signal, cache: 'no-store' })
    return status === NO_ROOM
  } catch {
    return false
  } finally {
    ended.abort()
  }
}
