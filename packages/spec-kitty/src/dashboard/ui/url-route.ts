/** The reader's choices for the list of missions. An empty text means all missions, sorted by their last change. */
export interface ListChoice {
  readonly text: string
  readonly lane: string
  readonly agent: string
  readonly sort: string
}

/** The reader's choices for the board. If `as` is empty, the board has the form that suits the mission. */
export interface BoardChoice {
  readonly text: string
  readonly agent: string
  readonly group: string
  readonly as: string
}

/**
 * A view of the page. Its URL is in the fragment, because the server serves only one page. So back, reload and bookmarks
 * work.
 */
export type Route =
  /**
   * The view of who works on what, and what waits for the reader. `all` contains the ids of the sections that are shown
   * completely, separated by commas.
   */
  | { readonly view: 'now'; readonly all?: string }
  | { readonly view: 'missions'; readonly list: ListChoice }
  /** The board; with `card`, that work package is open beside it. */
  | {
      readonly view: 'board'
      readonly mission: string
      readonly card: string | null
      readonly board: BoardChoice
    }
  /** The mission's documents. If `document` is null, none is chosen. `heading` is the slug of the heading to show. */
  | {
      readonly view: 'documents'
      readonly mission: string
      readonly document: string | null
      readonly heading: string | null
    }
  /** How the mission progressed over time. */
  | { readonly view: 'flow'; readonly mission: string }
  /** The charter of the project. */
  | { readonly view: 'charter' }
  | { readonly view: 'daemons' }
  | { readonly view: 'unknown' }

export const WHOLE_LIST: ListChoice = { text: '', lane: '', agent: '', sort: '' }
export const WHOLE_BOARD: BoardChoice = { text: '', agent: '', group: '', as: '' }

const UNKNOWN: Route = { view: 'unknown' }

/** Returns the route of a URL's fragment. An unrecognised or malformed fragment is `unknown`. Never throws. */
export function parseRoute(fragment: string): Route {
  const [path = '', ...rest] = fragment.replace(/^#/, '').split('?')
  const query = new URLSearchParams(rest.join('?'))
  const parts = path.replace(/^\//, '').split('/').map(decoded)
  if (parts.includes(null)) return UNKNOWN
  const [view, name, document, ...more] = parts
  if (more.length > 0) return UNKNOWN
  if (view === '' && name === undefined) {
    const all = query.get('all')
    return all === null || all === '' ? { view: 'now' } : { view: 'now', all }
  }
  if ((view === 'daemons' || view === 'charter') && name === undefined) return { view }
  if (view === 'missions' && !name) return { view, list: chosen(query, WHOLE_LIST) }
  if (view === 'flow' && name && document === undefined) return { view, mission: name }
  if (view !== 'missions' || !name) return UNKNOWN
  if (document == null)
    return { view: 'board', mission: name, card: query.get('card'), board: chosen(query, WHOLE_BOARD) }
  return { view: 'documents', mission: name, document: document || null, heading: query.get('heading') }
}

/**
 * Returns the fragment of a route. `parseRoute` converts it back to the same route, whatever characters the names
 * contain. (Only `unknown` has no fragment of its own.)
 */
export function printRoute(route: Route): string {
  switch (route.view) {
    case 'now':
      return `#/${printQuery({ all: route.all ?? null })}`
    case 'missions':
      return `#/missions${printQuery({ ...route.list })}`
    case 'board':
      return `#/missions/${encodeURIComponent(route.mission)}${printQuery({ card: route.card, ...route.board })}`
    case 'documents': {
      const { mission, document, heading } = route
      const name = encodeURIComponent(document ?? '')
      return `#/missions/${encodeURIComponent(mission)}/${name}${printQuery({ heading })}`
    }
    case 'flow':
      return `#/flow/${encodeURIComponent(route.mission)}`
    case 'daemons':
    case 'charter':
      return `#/${route.view}`
    default:
      return '#/'
  }
}

/** Returns the fragment of a mission's board; if a work package is given, it is open beside the board. */
export function boardLink(mission: string, card: string | null = null, board = WHOLE_BOARD): string {
  return printRoute({ view: 'board', mission, card, board })
}

/** Returns the fragment of a document, or of the mission's documents if none is named. */
export function documentLink(
  mission: string,
  document: string | null,
  heading: string | null = null,
): string {
  return printRoute({ view: 'documents', mission, document, heading })
}

/** Returns the choices in a query. Each name that the query lacks is empty. */
function chosen<Choice extends { readonly [Name in keyof Choice]: string }>(
  query: URLSearchParams,
  whole: Choice,
): Choice {
  return Object.fromEntries(Object.keys(whole).map((name) => [name, query.get(name) ?? ''])) as Choice
}

function printQuery(values: Readonly<Record<string, string | null>>): string {
  const parts = Object.entries(values).flatMap(([name, value]) =>
    value === null || (value === '' && name !== 'card') ? [] : `${name}=${encodeURIComponent(value)}`,
  )
  return parts.length === 0 ? '' : `?${parts.join('&')}`
}

function decoded(part: string): string | null {
  try {
    return decodeURIComponent(part)
  } catch {
    return null
  }
}
