import { createCandidacy } from './leader-window.js'
import { createStream, SILENCE_MS, type Stream, type StreamListeners } from './stream.js'

/** An event of the stream; `id` is empty if the dashboard gave it none. */
interface Told {
  readonly name: string
  readonly data: string
  readonly id: string
}

/** The messages of the window that has the stream (the leader), and the question of a window that has just been shown. */
type Message =
  | { readonly kind: 'event'; readonly event: Told }
  | { readonly kind: 'lost'; readonly isCrowded: boolean }
  | { readonly kind: 'who'; readonly asker: string }
  | {
      readonly kind: 'welcome'
      readonly asker: string
      readonly events: readonly Told[]
      readonly isWatched: boolean
    }

/** The events whose last occurrence a new window must get. */
const REMEMBERED = ['hello', 'gone', 'watch'] as const

const EVERYTHING = JSON.stringify({ missions: null })

/** What a window has received through the stream, whichever window has it. */
interface Heard {
  /** The last event of each name since the last `hello`. */
  readonly past: Map<string, Told>
  /** The id of the last event. A new leader sends it to the dashboard. */
  lastId: string
  /** Whether the first `changed` was received. From then on every change is reported. */
  isWatched: boolean
  /** Whether this window has missed events, for example because it was hidden, and has not read everything again since. */
  hasMissed: boolean
}

/**
 * Returns an event stream like `createStream`, but shared by all visible windows of this browser. A browser opens at most
 * six connections to one server, so a seventh window with its own stream would never load. A Web Lock chooses the window
 * that has the stream, and a `BroadcastChannel` passes its events on. (A SharedWorker ends without notice when the window
 * that created it does.) In a browser without locks, each window has its own stream.
 */
export function createSharedStream(url: string, listeners: StreamListeners): Stream {
  if (navigator.locks === undefined) return createStream(() => url, listeners)
  const name = `spec-kitty ${buildOfPage()}`
  const heard: Heard = { past: new Map(), lastId: '', isWatched: false, hasMissed: document.hidden }
  const channel = new BroadcastChannel(name)
  // The lint rule asks for a target origin, which only windows have; a channel always stays within its own origin.
  // oxlint-disable-next-line unicorn/require-post-message-target-origin
  const say = (message: Message) => channel.postMessage(message)
  const own = crypto.randomUUID()
  const stream = createStream(
    () => (heard.lastId === '' ? url : `${url}?after=${encodeURIComponent(heard.lastId)}`),
    passOn(heard, listeners, say),
  )
  const silence = createSilence(() => {
    listeners.onLost(false)
    candidacy.takeOver()
  })
  const lead = () => {
    silence.end()
    stream.open()
  }
  const ask = () => {
    say({ kind: 'who', asker: own })
    silence.begin()
  }
  const resign = () => {
    const isTakenOver = stream.isOpen() && candidacy.isStanding()
    stream.close()
    if (!isTakenOver) return
    // The events of the new leader were ignored until now.
    heard.hasMissed = true
    ask()
  }
  const candidacy = createCandidacy(name, lead, resign)
  channel.addEventListener('message', ({ data: message }: MessageEvent<Message>) => {
    if (!candidacy.isStanding()) return
    if (message.kind === 'who') {
      if (stream.isOpen()) welcome(heard, message.asker, say)
    } else if (!stream.isOpen()) {
      silence.begin()
      follow(heard, listeners, message, own)
    }
  })
  return {
    open: () => {
      if (candidacy.isStanding()) return
      ask()
      candidacy.stand()
    },
    close: () => {
      heard.hasMissed = true
      silence.end()
      candidacy.withdraw()
    },
    isOpen: () => candidacy.isStanding(),
  }
}

/** Windows with another build of the page may not understand each other. */
function buildOfPage(): string {
  return document.querySelector<HTMLMetaElement>('meta[name="page-build"]')?.content ?? ''
}

/** Returns the functions of the leader: it handles every event of its stream itself, and passes it on to the other windows. */
function passOn(heard: Heard, listeners: StreamListeners, say: (message: Message) => void): StreamListeners {
  const pass = (name: string) => (data: string, id: string) => {
    const event = { name, data, id }
    hear(heard, listeners, event)
    say({ kind: 'event', event })
  }
  return {
    events: Object.fromEntries(Object.keys(listeners.events).map((name) => [name, pass(name)])),
    onLost: (isCrowded) => {
      listeners.onLost(isCrowded)
      say({ kind: 'lost', isCrowded })
    },
  }
}

function follow(heard: Heard, listeners: StreamListeners, message: Message, own: string): void {
  if (message.kind === 'lost') listeners.onLost(message.isCrowded)
  else if (message.kind === 'event') hear(heard, listeners, forFollower(heard, message.event))
  else if (message.kind === 'welcome' && message.asker === own) {
    for (const event of message.events) hear(heard, listeners, event)
    // A window that was hidden reads everything again; a new one has just begun to read.
    if (message.isWatched && heard.hasMissed) listeners.events['changed']?.(EVERYTHING, '')
    heard.isWatched = message.isWatched
    if (message.isWatched) heard.hasMissed = false
  }
}

/** The leader is told what has changed since its own last event, not since that of a window that has missed events. */
function forFollower({ hasMissed }: Heard, event: Told): Told {
  return hasMissed && event.name === 'changed' ? { ...event, data: EVERYTHING } : event
}

function welcome(heard: Heard, asker: string, say: (message: Message) => void): void {
  const events = REMEMBERED.flatMap((name) => heard.past.get(name) ?? [])
  if (events.length > 0) say({ kind: 'welcome', asker, events, isWatched: heard.isWatched })
}

function hear(heard: Heard, listeners: StreamListeners, event: Told): void {
  const { name, data, id } = event
  if (name === 'hello') {
    heard.past.clear()
    heard.isWatched = false
  }
  heard.past.set(name, event)
  if (id !== '') heard.lastId = id
  if (name === 'changed') {
    heard.isWatched = true
    heard.hasMissed = false
  }
  listeners.events[name]?.(data, id)
}

/**
 * Calls `broken` if the leader has sent nothing for the longest time that a dashboard may be silent, because its window
 * then hangs.
 */
function createSilence(broken: () => void) {
  let timer: ReturnType<typeof setTimeout> | undefined
  return {
    begin: () => {
      clearTimeout(timer)
      timer = setTimeout(broken, SILENCE_MS)
    },
    end: () => clearTimeout(timer),
  }
}
