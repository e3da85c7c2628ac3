import type { ChangedEvent, GoneEvent, HelloEvent, StreamEvents, WatchEvent } from './api.js'
import { watchLiving, type Living } from './watch-agents.js'
import { watchPassing, type Passing } from './watch-passing.js'
import type { LookAtProcesses } from './project/judge-agents.js'
import { toldChanges, type Vouching } from './project/vouching.js'
import { rememberTold } from './remember-sent-changes.js'
import { watchProject, type ProjectWatch } from './project/watch.js'

/** How long the watches are kept after the last page closed. A reload, or a client that reopens streams, uses them again. */
const LINGER_MS = 2_000

/** If more missions than this may have changed, the event does not list them, because it is sent to up to 64 pages. */
const MAX_NAMED = 100

/** A page that receives nothing for 25 s has lost the dashboard, so two of these may be late. */
const HEARTBEAT_MS = 10_000

/**
 * How often the path of the project is checked while a page is open, because a directory above it can be moved without an
 * event.
 */
const PLACE_MS = 2_000

type Send = (event: string, data: unknown, id?: string) => void

export interface Changes {
  /** Opens a stream. `after` is the id of the last change that the window received through another stream, or empty. */
  readonly open: (send: Send, closed: AbortSignal, after?: string) => void
  /** Knows which missions are unchanged, while the project is watched. */
  readonly vouching: Vouching
  /** Remembers the data that was sent about a mission. When one of its processes ends or returns, its pages are notified. */
  readonly note: Living['note']
  /** Remembers when a mission changes although no file does. At that time, its pages are notified. */
  readonly notePassing: Passing['note']
  /** Returns whether a page is open, or was open until a moment ago. */
  readonly isUsed: () => boolean
}

export interface ChangesOptions {
  readonly look: LookAtProcesses
  /** Resolves when there is time to set up the watches. If omitted, at once. */
  readonly whenIdle?: () => Promise<void>
  /** Called two seconds after the last page was closed. */
  readonly onUnused?: () => void
  /** Returns whether the path of the project no longer leads to the directory that the dashboard was started for. */
  readonly isGone?: () => boolean
}

/**
 * Returns the event stream of a project, shared by all its pages (`StreamEvents` describes its content). The project is
 * watched while at least one page is open, and two seconds longer; without pages, the dashboard sleeps. Every page is
 * sent `missions: null` once, as soon as everything is watched: what it reads from then on is current until an event says
 * otherwise. A window that takes over the stream from another one is sent the changes in between instead.
 */
export function shareChanges(directory: string, hello: HelloEvent, options: ChangesOptions): Changes {
  const pages = new Set<Send>()
  let watch: ProjectWatch | null = null
  let isWatched = false
  let blind: WatchEvent['blind'] = null
  let lingering: NodeJS.Timeout | null = null
  let beating: NodeJS.Timeout | null = null
  let placing: NodeJS.Timeout | null = null
  let goneSince: string | null = null
  const generations = countGenerations()

  const told = rememberTold(hello.instance)

  const tell = <Name extends keyof StreamEvents>(name: Name, data: StreamEvents[Name], id?: string): void => {
    for (const page of pages) page(name, data, id)
  }
  /** Returns whether the project is gone. Notifies the pages if that has changed. */
  const checkPlace = (): boolean => {
    const isGone = options.isGone?.() === true
    if (isGone === (goneSince !== null)) return isGone
    goneSince = isGone ? new Date().toISOString() : null
    generations.next(null)
    tell('gone', { since: goneSince })
    // So far, the watches may have followed the path to another directory.
    if (!isGone && watch !== null) {
      watch.close()
      watch = null
      isWatched = false
      begin()
    }
    return isGone
  }
  const tellChanged = (changed: readonly string[] | null): void => {
    const wasGone = goneSince !== null
    // While the project is gone, its path leads to something else. When it is back, the new watch reports that everything
    // may have changed.
    if (checkPlace() || wasGone) return
    const missions = isMany(changed) ? null : changed
    tell('changed', { missions }, told.add(missions))
  }
  const living = watchLiving(options.look, tellChanged)
  const passing = watchPassing((missions) => {
    generations.next(missions)
    tellChanged(missions)
  })
  const begin = (): void => {
    living.begin()
    passing.begin()
    beating ??= setInterval(() => tell('heartbeat', {}), HEARTBEAT_MS).unref()
    placing ??= setInterval(checkPlace, PLACE_MS).unref()
    watch ??= watchProject(directory, {
      ...(options.whenIdle === undefined ? {} : { whenIdle: options.whenIdle }),
      onChange: (missions) => {
        isWatched = true
        generations.next(missions)
        tellChanged(missions)
      },
      onSight: (next) => {
        blind = next
        generations.next(null)
        tell('watch', { blind })
      },
    })
  }
  const endUnused = (): void => {
    if (pages.size > 0) return
    watch?.close()
    watch = null
    isWatched = false
    blind = null
    generations.next(null)
    told.forget()
    options.onUnused?.()
  }
  const leave = (page: Send): void => {
    pages.delete(page)
    if (pages.size > 0) return
    living.end()
    passing.end()
    if (beating !== null) clearInterval(beating)
    if (placing !== null) clearInterval(placing)
    beating = placing = null
    if (lingering !== null) clearTimeout(lingering)
    lingering = setTimeout(endUnused, LINGER_MS).unref()
  }
  const isVouched = (id: string | null): boolean =>
    isWatched && blind === null && watch?.isSettled(id) === true
  return {
    isUsed: () => watch !== null,
    note: living.note,
    notePassing: passing.note,
    vouching: {
      ofList: () => (isVouched(null) ? generations.ofList() : null),
      ofMission: (id) => (isVouched(id) ? generations.ofMission(id) : null),
      settle: () => (isWatched ? toldChanges() : Promise.resolve()),
    },
    open: (send, closed, after = '') => {
      send('hello', hello)
      if (checkPlace()) send('gone', { since: goneSince } satisfies GoneEvent)
      pages.add(send)
      begin()
      closed.addEventListener('abort', () => leave(send))
      if (blind !== null) send('watch', { blind } satisfies WatchEvent)
      if (isWatched && goneSince === null)
        send('changed', { missions: told.since(after) } satisfies ChangedEvent, told.lastId())
    },
  }
}

/**
 * Counts the changes: a mission gets a new number with each of its changes, and all missions get one with a change of the
 * list.
 */
function countGenerations() {
  let list = 0
  let missions = new Map<string, number>()
  return {
    next(changed: readonly string[] | null): void {
      for (const id of changed ?? []) missions.set(id, (missions.get(id) ?? 0) + 1)
      if (changed !== null) return
      list += 1
      missions = new Map()
    },
    ofList: () => String(list),
    ofMission: (id: string) => `${list}.${missions.get(id) ?? 0}`,
  }
}

function isMany(missions: readonly string[] | null): boolean {
  return missions !== null && missions.length > MAX_NAMED
}
