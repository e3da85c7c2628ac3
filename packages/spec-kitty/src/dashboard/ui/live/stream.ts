/** How long to wait before a new attempt after a failed one. */
const REOPEN_AFTER_MS = 2_000

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
  /** Called when the stream broke, or was silent for too long. It opens again by itself. */
  readonly onLost: () => void
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
  const lose = () => {
    close()
    wait(REOPEN_AFTER_MS, open)
    onLost()
  }
  const open = () => {
    if (source !== null) return
    const opened = new EventSource(url())
    source = opened
    wait(OPEN_WITHIN_MS, lose)
    opened.addEventListener('open', () => wait(SILENCE_MS, lose))
    opened.addEventListener('error', () => source === opened && lose())
    for (const [name, take] of Object.entries(events)) {
      opened.addEventListener(name, (event: MessageEvent<string>) => {
        if (source !== opened) return
        wait(SILENCE_MS, lose)
        take(event.data, event.lastEventId)
      })
    }
  }
  return { open, close, isOpen: () => source !== null }
}
