import { useEffect, useState } from 'preact/hooks'
import { parseRoute, printRoute, type Route } from './url-route.js'

/** The fragment before the current one, so that `closeTo` knows whether one step back leads to its target. */
let previous: string | null = null

/** Called when the fragment was replaced, because the browser emits no event for that. */
let follow: () => void = () => {}

/** Returns the current route, and renders again when it changes. */
export function useRoute(): Route {
  const [fragment, setFragment] = useState(location.hash)
  useEffect(() => {
    follow = () => setFragment(location.hash)
    const go = (event: HashChangeEvent) => {
      previous = new URL(event.oldURL).hash
      follow()
    }
    addEventListener('hashchange', go)
    return () => removeEventListener('hashchange', go)
  }, [])
  return parseRoute(fragment)
}

/**
 * Replaces the route of the current history entry: what the reader chose in a view is kept for "back" and a reload, but
 * "back" leads to the view before, not through every letter of a filter.
 */
export function replaceRoute(route: Route): void {
  history.replaceState(history.state, '', printRoute(route))
  follow()
}

/** Closes a dialog by going to `route`: one step back in the history if it is there, else by replacing the current entry. */
export function closeTo(route: Route): void {
  const target = printRoute(route)
  if (previous === target) history.back()
  else location.replace(target)
}

/**
 * Returns true the first time this history entry is shown: the view must then begin at its top. When the reader comes
 * back to an entry, the browser restores its scroll position.
 */
export function isFirstVisit(): boolean {
  if (history.state !== null) return false
  history.replaceState({ visited: true }, '')
  return true
}
