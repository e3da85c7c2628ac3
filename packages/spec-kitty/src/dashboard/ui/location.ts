import { useEffect, useState } from 'preact/hooks'
import { parseRoute, printRoute, type Route } from './route.js'

/** The route before the current one, to know whether "back" leads where a closed dialog must lead. */
let previous: string | null = null

/** Returns the current route, and renders again when it changes. */
export function useRoute(): Route {
  const [fragment, setFragment] = useState(location.hash)
  useEffect(() => {
    const follow = (event: HashChangeEvent) => {
      previous = new URL(event.oldURL).hash
      setFragment(location.hash)
    }
    addEventListener('hashchange', follow)
    return () => removeEventListener('hashchange', follow)
  }, [])
  return parseRoute(fragment)
}

/** Goes where closing leads: one step back when that is the place, else in place of the current entry. */
export function closeTo(route: Route): void {
  const target = printRoute(route)
  if (previous === target) history.back()
  else location.replace(target)
}

/**
 * Returns true the first time this history entry is shown. Then the view begins at its top; when the reader comes back
 * to an entry, the browser puts it where it was.
 */
export function isFirstVisit(): boolean {
  if (history.state !== null) return false
  history.replaceState({ visited: true }, '')
  return true
}
