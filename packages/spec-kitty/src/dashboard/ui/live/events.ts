import { createContext } from 'preact'
import { useContext, useEffect, useState } from 'preact/hooks'
import type { ChangedEvent, HelloEvent, WatchEvent } from '../../api.js'
import { parseChange, parseHello, parseWatch } from './parse-events.js'
import { createMeeting, type Met } from './meeting.js'

/** `open` means heard from within the last 25 s; `stopped`: another project answers, and the page no longer asks. */
export type Connection = 'connecting' | 'open' | 'lost' | 'stopped'

/** What the page knows about the dashboard that it talks to. */
export interface Contact {
  readonly connection: Connection
  /** When the dashboard was last heard from, in ms; null: never. */
  readonly heardAt: number | null
  /** Since when and why changes are not told to the dashboard. */
  readonly blind: WatchEvent['blind']
  /** What happened to the dashboard since the page was loaded, in one sentence. */
  readonly news: string | null
  /** The project of this page, and the one that answered instead; null until `stopped`. */
  readonly met: Met | null
}

export type Signal =
  | { readonly kind: 'opened' }
  | { readonly kind: 'lost' }
  /** Something else of the contact is new. */
  | { readonly kind: 'contact' }
  | { readonly kind: 'changed'; readonly change: ChangedEvent }

export interface LiveEvents {
  readonly contact: () => Contact
  /**
   * True while a stream is open that has neither told of changes nor failed. Its first `changed` makes the page read
   * everything, so wait for it.
   */
  readonly isOpening: () => boolean
  /** Calls the listener with every signal until the returned function is called. */
  readonly listen: (listener: (signal: Signal) => void) => () => void
  /** Returns whether a reply is of the project of this page. If it is of another project, the page stops. */
  readonly isOurs: (project: string | null) => boolean
  /** Forgets the news: the reader has seen it. */
  readonly dismiss: () => void
}

/** A new attempt after a failed one. */
const REOPEN_AFTER_MS = 2_000

/** A dashboard that takes longer to answer is lost. */
const OPEN_WITHIN_MS = 10_000

/** The dashboard sends something every ten seconds. */
const SILENCE_MS = 25_000

/** A page that is shown again keeps its state for so long, so that it does not flicker. */
const SHOWN_MS = 2_000

/**
 * Opens the server's event stream, and keeps it open while the page is visible. A hidden page has none: a browser has six
 * connections for all pages of one server, and seven hidden pages would block each other. `EventSource` would wait for ever
 * for a server that neither answers nor ends, so every wait here has its limit.
 */
export function openEvents(url: string): LiveEvents {
  const listeners = new Set<(signal: Signal) => void>()
  const meeting = createMeeting()
  let contact: Contact = {
    connection: 'connecting',
    heardAt: null,
    blind: null,
    news: meeting.news,
    met: null,
  }
  let source: EventSource | null = null
  let isOpening = false
  let waiting: ReturnType<typeof setTimeout> | null = null

  const tell = (signal: Signal, change: Partial<Contact> = {}) => {
    contact = { ...contact, ...change }
    for (const listener of listeners) listener(signal)
  }
  const wait = (ms: number, then: () => void) => {
    if (waiting !== null) clearTimeout(waiting)
    waiting = setTimeout(then, ms)
  }
  const close = () => {
    if (waiting !== null) clearTimeout(waiting)
    source?.close()
    source = null
    isOpening = false
  }
  const lose = () => {
    close()
    tell({ kind: 'lost' }, { connection: 'lost' })
    wait(REOPEN_AFTER_MS, open)
  }
  const stop = (met: Met) => {
    close()
    tell({ kind: 'lost' }, { connection: 'stopped', met })
  }
  const heard = () => {
    wait(SILENCE_MS, lose)
    const isNew = contact.connection !== 'open'
    contact = { ...contact, connection: 'open', heardAt: Date.now() }
    if (isNew) tell({ kind: 'opened' })
  }
  const greet = (hello: HelloEvent | null) => {
    const outcome = hello === null ? null : meeting.greet(hello)
    if (outcome?.kind === 'foreign') return stop(outcome.met)
    if (outcome?.kind === 'reload') return location.reload()
    // A new stream says at once if it is blind.
    contact = { ...contact, blind: null, news: outcome?.news ?? contact.news }
    heard()
    tell({ kind: 'contact' })
  }
  const open = () => {
    if (document.hidden || source !== null || contact.connection === 'stopped') return
    const opened = new EventSource(url)
    source = opened
    isOpening = true
    wait(OPEN_WITHIN_MS, lose)
    const on = (name: string, take: (data: string) => void) =>
      opened.addEventListener(name, (event: Event) => {
        if (source === opened) take(event instanceof MessageEvent ? String(event.data) : '')
      })
    on('open', () => wait(SILENCE_MS, lose))
    on('error', lose)
    on('hello', (data) => greet(parseHello(data)))
    on('heartbeat', heard)
    on('watch', (data) => {
      heard()
      tell({ kind: 'contact' }, { blind: parseWatch(data) })
    })
    on('changed', (data) => {
      isOpening = false
      heard()
      tell({ kind: 'changed', change: parseChange(data) })
    })
  }
  const show = () => {
    open()
    const isOld = contact.heardAt !== null && Date.now() - contact.heardAt > SILENCE_MS
    if (!isOld || contact.connection !== 'open') return
    const shownAt = contact.heardAt
    setTimeout(() => {
      if (contact.heardAt === shownAt && contact.connection === 'open')
        tell({ kind: 'contact' }, { connection: 'connecting' })
    }, SHOWN_MS)
  }
  document.addEventListener('visibilitychange', () => (document.hidden ? close() : show()))
  open()
  return {
    contact: () => contact,
    isOpening: () => isOpening && source !== null,
    listen: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    isOurs: (project) => {
      if (contact.connection === 'stopped') return false
      const answer = meeting.answer(project)
      if (answer.kind === 'foreign') stop(answer.met)
      return answer.kind === 'ours'
    },
    dismiss: () => tell({ kind: 'contact' }, { news: null }),
  }
}

export const Live = createContext<LiveEvents | null>(null)

/** Returns the page's event stream. */
export function useLive(): LiveEvents {
  const live = useContext(Live)
  if (live === null) throw new Error('there is no event stream above this component')
  return live
}

/** Returns what is known about the dashboard, and renders again when it changes. */
export function useContact(): Contact {
  const live = useLive()
  const [contact, setContact] = useState(live.contact)
  useEffect(() => {
    setContact(live.contact())
    return live.listen(() => setContact(live.contact()))
  }, [live])
  return contact
}
