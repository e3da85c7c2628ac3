import { useEffect, useState } from 'preact/hooks'
import { parseRoute, printRoute, type Route } from './url-route.js'

/** The data that the page keeps in the state of a history entry. */
interface Entry {
  readonly isVisited?: boolean
  /** The fragment of the view from which the open work package was opened. Its button `Close` leads there. */
  readonly opener?: string
  /** The key of its place in `places`. */
  readonly id?: string
}

/** The reader's position in a view. */
interface Place {
  readonly top: number
  /**
   * A link on the screen, and its distance from the top edge. A scroll position is not enough, because the content above
   * may have another height when it is drawn again.
   */
  readonly link: string | null
  readonly linkTop: number
  /** Whether the reader followed the link, so that the focus returns to it. */
  readonly isFollowed: boolean
}

/** The fragment before the current one, so that `closeTo` knows whether one step back leads to its target. */
let previous: string | null = null

/** The `opener` of the current entry. */
let opener: string | null = null

/** The fragment of the view that is on the screen. After a navigation, the address is ahead of it until that is drawn. */
let drawn: string | null = null

/** Whether the next change of the fragment replaces the current entry of the browser's history instead of adding one. */
let isReplacing = false

/** The list of missions as the reader last saw it, including the reader's filters. */
let list = '#/missions'

/** Returns the fragment of the list of missions as the reader left it. */
export function lastList(): string {
  return list
}

/** Called when the fragment was replaced, because the browser emits no event for that. */
let follow: () => void = () => {}

/** Returns the current route, and renders again when it changes. */
export function useRoute(): Route {
  const [fragment, setFragment] = useState(location.hash)
  useEffect(() => {
    // The browser would restore the position before the view is drawn, so it would only get as far as the previous view
    // was long.
    history.scrollRestoration = 'manual'
    opener = entry().opener ?? null
    follow = () => setFragment(location.hash)
    const go = (event: HashChangeEvent) => {
      const before = new URL(event.oldURL).hash || '#/'
      if (!isReplacing) previous = before
      isReplacing = false
      noteOpener(before)
      follow()
    }
    addEventListener('hashchange', go)
    addEventListener('click', notePlace, { capture: true })
    addEventListener('scroll', noteScroll, { passive: true })
    addEventListener('pagehide', storePlaces)
    return () => {
      removeEventListener('hashchange', go)
      removeEventListener('click', notePlace, { capture: true })
      removeEventListener('scroll', noteScroll)
      removeEventListener('pagehide', storePlaces)
    }
  }, [])
  useEffect(() => {
    drawn = fragment
  }, [fragment])
  const route = parseRoute(fragment)
  if (route.view === 'missions') list = printRoute(route)
  return route
}

/**
 * Replaces the route of the current history entry. The reader's choices in a view are kept for "back" and a reload, but
 * "back" leads to the previous view, not through every letter of a filter.
 */
export function replaceRoute(route: Route): void {
  history.replaceState(history.state, '', printRoute(route))
  follow()
}

/** Goes to a fragment by replacing the current entry, so that "back" still leads to the same entry as before. */
export function replaceEntry(fragment: string): void {
  isReplacing = location.hash !== fragment
  location.replace(fragment)
}

/**
 * Closes a work package by going to the view from which it was opened, otherwise to `route`. If that view is the previous
 * history entry, goes one step back; otherwise replaces the current entry.
 */
export function closeTo(route: Route): void {
  const target = opener ?? printRoute(route)
  if (previous === target) history.back()
  else replaceEntry(target)
}

/** If a package is opened from another package, its opener is the view from which that one was opened. */
function noteOpener(before: string): void {
  if (!isPackage(location.hash)) {
    opener = null
    return
  }
  opener = entry().opener ?? (isPackage(before) ? opener : before)
  if (opener !== null) note({ opener })
}

function isPackage(fragment: string): boolean {
  const route = parseRoute(fragment)
  return route.view === 'board' && route.card !== null
}

function entry(): Entry {
  return (history.state ?? {}) as Entry
}

function note(more: Entry): void {
  history.replaceState({ ...entry(), ...more }, '')
}

/**
 * Returns true the first time this history entry is shown; the view must then begin at its top. If the reader comes back
 * to an entry, `returnToPlace` restores the position.
 */
export function isFirstVisit(): boolean {
  const { isVisited, id } = entry()
  if (isVisited === true || id !== undefined) return false
  note({ isVisited: true })
  return true
}

/** Where the places are kept for a reload. */
const KEY = 'places'

/** A browser keeps about fifty entries of a tab. */
const MAX_PLACES = 100

/**
 * Where the reader was in each entry of the history, the last noted at the end. The state of the entry itself comes too late:
 * it cannot be changed any more when the reader goes back, and a reload takes the one from before `pagehide`.
 */
const places = storedPlaces()

function storedPlaces(): Map<string, Place> {
  try {
    return new Map(JSON.parse(sessionStorage.getItem(KEY) ?? '[]') as [string, Place][])
  } catch {
    return new Map()
  }
}

function storePlaces(): void {
  try {
    sessionStorage.setItem(KEY, JSON.stringify([...places].slice(-MAX_PLACES)))
  } catch {
    // Without storage, places are lost by a reload.
  }
}

/** Whether the reader is being brought back to a place: what scrolls until then is the page. */
let isReturning = false

function noteScroll(): void {
  if (!isReturning) notePlace()
}

/** Saves the reader's position: the link that was just clicked, otherwise one in the middle of the window. */
function notePlace(event?: Event): void {
  if (location.hash !== drawn) return
  const target = event?.target instanceof Element ? event.target : null
  const followed = ofView(target?.closest<HTMLElement>('a[href]'))
  const middle = document.elementFromPoint(innerWidth / 2, innerHeight / 2)
  const link = followed ?? ofView(middle?.closest('li')?.querySelector<HTMLElement>('a[href]'))
  const id = entry().id ?? crypto.randomUUID()
  if (entry().id === undefined) note({ id })
  places.delete(id)
  places.set(id, {
    top: scrollY,
    link: link?.getAttribute('href') ?? null,
    linkTop: link?.getBoundingClientRect().top ?? 0,
    isFollowed: followed !== null,
  })
}

/** Returns the link if it scrolls with the window; links in a dialog or in the frame do not. */
function ofView(link: HTMLElement | null | undefined): HTMLElement | null {
  return link?.closest('main') == null || link.closest('dialog') !== null ? null : link
}

/** If a view takes longer than this to draw, the position in it is not restored. */
const DRAWN_MS = 5_000

/**
 * Scrolls to where the reader left this history entry, and gives the focus back to the link that was followed. The
 * content of a view may arrive later, and long lists are measured only when they become visible, so the position is kept
 * until the reader does something.
 */
export function returnToPlace(main: HTMLElement): void {
  const place = places.get(entry().id ?? '')
  if (place === undefined) return
  const { top, link, linkTop, isFollowed } = place
  const selector = link === null ? null : `a[href="${CSS.escape(link)}"]`
  const observer = new ResizeObserver(() => {
    const found = selector === null ? null : ofView(main.querySelector<HTMLElement>(selector))
    const off = () => (found === null ? top - scrollY : found.getBoundingClientRect().top - linkTop)
    scrollBy(0, off())
    isReturning = (found === null && selector !== null) || Math.abs(off()) > 1
    if (isFollowed && document.activeElement === main) found?.focus({ preventScroll: true })
  })
  observer.observe(main)
  isReturning = true
  const ended = new AbortController()
  const end = () => {
    clearTimeout(waiting)
    isReturning = false
    observer.disconnect()
    ended.abort()
  }
  const waiting = setTimeout(end, DRAWN_MS)
  for (const name of ['wheel', 'touchstart', 'pointerdown', 'keydown', 'hashchange'])
    addEventListener(name, end, { signal: ended.signal, passive: true })
}
