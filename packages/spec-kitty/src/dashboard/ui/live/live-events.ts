import { createContext } from 'preact'
import { useContext, useEffect, useState } from 'preact/hooks'
import type { ChangedEvent, GoneEvent, HelloEvent, WatchEvent } from '../../api.js'
import { parseChange, parseGone, parseHello, parseWatch } from './parse-events.js'
import { createMeeting, type Met } from './which-project.js'
import { notifying } from '../notify.js'
import { createSharedStream } from './shared-stream.js'
import { SILENCE_MS } from './stream.js'

/**
 * `open`: the page has received something within the last 25 s. `crowded`: the dashboard answers, but has no room for
 * another event stream, so the page reads everything anew now and then. `stopped`: another project answers, and the page no
 * longer sends requests.
 */
export type Connection = 'connecting' | 'open' | 'crowded' | 'lost' | 'stopped'

/** What the page knows about its dashboard. */
export interface Contact {
  readonly connection: Connection
  /** When the page last received something from the dashboard, in ms; null: never. */
  readonly heardAt: number | null
  /** Since when, and why, the system does not report all changes to the dashboard. */
  readonly blind: WatchEvent['blind']
  /** Since when the project's directory is no longer at its path; null if it is there. */
  readonly goneSince: GoneEvent['since']
  /** Whether a request has been waiting for its answer for longer than usual. */
  readonly isSlow: boolean
  /** What happened to the dashboard since the page was loaded or lost contact, in one sentence. */
  readonly news: string | null
  /** The project of this page; null until the dashboard has sent it. */
  readonly project: HelloEvent['project'] | null
  /** The project of this page, and the one that answered instead; null until `stopped`. */
  readonly met: Met | null
}

export type Signal =
  | { readonly kind: 'opened' }
  | { readonly kind: 'lost' }
  /** Something else about the contact has changed. */
  | { readonly kind: 'contact' }
  | { readonly kind: 'changed'; readonly change: ChangedEvent }

export interface LiveEvents {
  readonly contact: () => Contact
  /** Calls the listener with every signal until the returned function is called. */
  readonly listen: (listener: (signal: Signal) => void) => () => void
  /** Returns whether a reply belongs to the project of this page. If it belongs to another project, the page stops. */
  readonly isOurs: (project: string | null) => boolean
  /** Called when a request is made. The returned function is called when it has ended. */
  readonly ask: () => () => void
  /** Called when the reader has seen the news, which is then forgotten. */
  readonly dismiss: () => void
}

/** A request without an answer after this time is reported as slow. */
const SLOW_MS = 3_000

/** How long a page that is shown again keeps its previous state, so that it does not flicker. */
const SHOWN_MS = 2_000

const NOTHING: Contact = {
  connection: 'connecting',
  heardAt: null,
  blind: null,
  goneSince: null,
  isSlow: false,
  news: null,
  project: null,
  met: null,
}

/**
 * Opens the server's event stream, and keeps it open while the page is visible. A hidden page has none and uses no
 * resources, unless the reader wants to be notified.
 */
export function openEvents(url: string): LiveEvents {
  const listeners = new Set<(signal: Signal) => void>()
  const meeting = createMeeting()
  let contact: Contact = { ...NOTHING, news: meeting.news }
  let slow = 0

  const tell = (signal: Signal, change: Partial<Contact> = {}) => {
    contact = { ...contact, ...change }
    for (const listener of listeners) listener(signal)
  }
  const heard = () => {
    const isNew = contact.connection !== 'open'
    contact = { ...contact, connection: 'open', heardAt: Date.now() }
    if (isNew) tell({ kind: 'opened' })
  }
  const stop = (met: Met) => {
    stream.close()
    tell({ kind: 'lost' }, { connection: 'stopped', met })
  }
  const greet = (data: string) => {
    const hello = parseHello(data)
    const outcome = hello === null ? null : meeting.greet(hello)
    if (outcome?.kind === 'foreign') return stop(outcome.met)
    if (outcome?.kind === 'reload') return location.reload()
    // A new stream reports at once if the system does not report all changes.
    const project = hello?.project ?? contact.project
    contact = { ...contact, blind: null, goneSince: null, project, news: outcome?.news ?? contact.news }
    heard()
    tell({ kind: 'contact' })
  }
  const stream = createSharedStream(url, {
    events: {
      hello: greet,
      heartbeat: heard,
      gone: (data) => {
        heard()
        tell({ kind: 'contact' }, { goneSince: parseGone(data) })
      },
      watch: (data) => {
        heard()
        tell({ kind: 'contact' }, { blind: parseWatch(data) })
      },
      changed: (data) => {
        heard()
        tell({ kind: 'changed', change: parseChange(data) })
      },
    },
    onLost: (isCrowded) => {
      if (isCrowded) {
        tell({ kind: 'changed', change: { missions: null } }, { connection: 'crowded', heardAt: Date.now() })
        return
      }
      // Earlier news about the dashboard is out of date.
      tell({ kind: 'lost' }, { connection: 'lost', news: null })
    },
  })
  const open = () => {
    if ((!document.hidden || notifying() === 'on') && contact.connection !== 'stopped') stream.open()
  }
  const show = () => {
    open()
    const { heardAt, connection } = contact
    if (connection !== 'open' || heardAt === null || Date.now() - heardAt <= SILENCE_MS) return
    setTimeout(() => {
      if (contact.heardAt === heardAt && contact.connection === 'open')
        tell({ kind: 'contact' }, { connection: 'connecting' })
    }, SHOWN_MS)
  }
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden) show()
    else if (notifying() !== 'on') stream.close()
  })
  open()
  return {
    contact: () => contact,
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
    ask: () => {
      let isSlow = false
      const timer = setTimeout(() => {
        isSlow = true
        slow += 1
        tell({ kind: 'contact' }, { isSlow: true })
      }, SLOW_MS)
      return () => {
        clearTimeout(timer)
        if (!isSlow) return
        slow -= 1
        tell({ kind: 'contact' }, { isSlow: slow > 0 })
      }
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
