import { createContext } from 'preact'
import { useContext, useEffect, useState } from 'preact/hooks'
import type { ChangedEvent } from '../../api.js'

export type Connection = 'connecting' | 'open' | 'lost'

export type Signal =
  | { readonly kind: 'opened' }
  | { readonly kind: 'lost' }
  | { readonly kind: 'changed'; readonly change: ChangedEvent }

export interface LiveEvents {
  readonly connection: () => Connection
  /**
   * True while a stream is open that has neither sent its first event nor failed. That event makes the page read
   * everything, so wait for it.
   */
  readonly isOpening: () => boolean
  /** Calls the listener with every signal until the returned function is called. */
  readonly listen: (listener: (signal: Signal) => void) => () => void
}

/** The browser reconnects by itself after a lost connection, but not after a response that is not an event stream. */
const REOPEN_AFTER_MS = 2000

/**
 * Opens the server's event stream, and keeps it open while the page is visible. A hidden page has none: a browser has six
 * connections for all pages of one server, and seven hidden pages would block each other. While the page is hidden, the
 * state of the connection is kept as it was, so that the page does not flicker when it is shown again.
 */
export function openEvents(url: string): LiveEvents {
  const listeners = new Set<(signal: Signal) => void>()
  let connection: Connection = 'connecting'
  let source: EventSource | null = null
  let isOpening = false

  const tell = (signal: Signal) => {
    for (const listener of listeners) listener(signal)
  }
  const close = () => {
    source?.close()
    source = null
  }
  const open = () => {
    if (document.hidden || source !== null) return
    const opened = new EventSource(url)
    source = opened
    isOpening = true
    opened.addEventListener('open', () => {
      connection = 'open'
      tell({ kind: 'opened' })
    })
    opened.addEventListener('error', () => {
      connection = 'lost'
      isOpening = false
      tell({ kind: 'lost' })
      if (opened.readyState !== EventSource.CLOSED) return
      close()
      setTimeout(open, REOPEN_AFTER_MS)
    })
    opened.addEventListener('changed', (event: MessageEvent<string>) => {
      isOpening = false
      tell({ kind: 'changed', change: parseChange(event.data) })
    })
  }
  document.addEventListener('visibilitychange', () => (document.hidden ? close() : open()))
  open()
  return {
    connection: () => connection,
    isOpening: () => isOpening && source !== null,
    listen: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

/** Returns what has changed; for data that cannot be parsed, everything may have. */
function parseChange(data: string): ChangedEvent {
  try {
    const missions: unknown = (JSON.parse(data) as Partial<ChangedEvent> | null)?.missions
    return { missions: Array.isArray(missions) ? missions.filter((id) => typeof id === 'string') : null }
  } catch {
    return { missions: null }
  }
}

export const Live = createContext<LiveEvents | null>(null)

/** Returns the page's event stream. */
export function useLive(): LiveEvents {
  const live = useContext(Live)
  if (live === null) throw new Error('there is no event stream above this component')
  return live
}

/** Returns the state of the connection, and renders again when it changes. */
export function useConnection(): Connection {
  const live = useLive()
  const [connection, setConnection] = useState(live.connection)
  useEffect(() => {
    setConnection(live.connection())
    return live.listen(() => setConnection(live.connection()))
  }, [live])
  return connection
}
