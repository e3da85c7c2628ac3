/** A view of the page. Its URL is in the fragment: the server serves one page, and back, reload and bookmarks work. */
export type Route =
  | { readonly view: 'missions' }
  /** The board; with `card`, that work package is open beside it. */
  | { readonly view: 'board'; readonly mission: string; readonly card: string | null }
  /** The mission's documents; if `document` is null, none is chosen. */
  | { readonly view: 'documents'; readonly mission: string; readonly document: string | null }
  | { readonly view: 'daemons' }
  | { readonly view: 'unknown' }

const UNKNOWN: Route = { view: 'unknown' }

/** Returns the route of a URL's fragment. An unrecognised or malformed fragment is `unknown`. Never throws. */
export function parseRoute(fragment: string): Route {
  const [path = '', query = ''] = fragment.replace(/^#/, '').split('?', 2)
  const parts = path.replace(/^\//, '').split('/').map(decoded)
  if (parts.includes(null)) return UNKNOWN
  const [view, mission, document, ...rest] = parts
  if (rest.length > 0) return UNKNOWN
  if (view === 'daemons' && mission === undefined) return { view }
  if (view === '' || (view === 'missions' && !mission)) return { view: 'missions' }
  if (view !== 'missions' || !mission) return UNKNOWN
  if (document == null) return { view: 'board', mission, card: new URLSearchParams(query).get('card') }
  return { view: 'documents', mission, document: document === '' ? null : document }
}

/** Returns the fragment of a route. Except for `unknown`, `parseRoute` gives the same route back, whatever its names are. */
export function printRoute(route: Route): string {
  switch (route.view) {
    case 'board': {
      const card = route.card === null ? '' : `?card=${encodeURIComponent(route.card)}`
      return `#/missions/${encodeURIComponent(route.mission)}${card}`
    }
    case 'documents':
      return `#/missions/${encodeURIComponent(route.mission)}/${encodeURIComponent(route.document ?? '')}`
    case 'daemons':
      return '#/daemons'
    default:
      return '#/'
  }
}

function decoded(part: string): string | null {
  try {
    return decodeURIComponent(part)
  } catch {
    return null
  }
}
