import type { HelloEvent } from '../../api.js'

/** Two projects: that of this page, and the one whose dashboard answered. */
export interface Met {
  /** The project of this page; null if its name is unknown. */
  readonly ours: HelloEvent['project'] | null
  readonly theirs: HelloEvent['project'] | null
}

export type Outcome =
  | { readonly kind: 'ours'; readonly news: string | null }
  /** The dashboard serves another build of the page, and this build may not understand it. */
  | { readonly kind: 'reload'; readonly news: null }
  | { readonly kind: 'foreign'; readonly met: Met; readonly news: null }

export type Answer =
  | { readonly kind: 'ours' }
  /** A server that is not a dashboard of this version answers. */
  | { readonly kind: 'unknown' }
  | { readonly kind: 'foreign'; readonly met: Met }

/**
 * Remembers which project this page belongs to: the first one that answers. The dashboard of another project may take
 * over the port, and its missions must not appear under this project's name.
 */
export function createMeeting() {
  let id: string | null = null
  let first: HelloEvent | null = null
  let isNamed = false
  const reloaded = takeReload()

  return {
    news: reloaded,
    /** Called with the dashboard's identity when a stream opens. */
    greet(hello: HelloEvent): Outcome {
      id ??= hello.project.id
      if (hello.project.id !== id)
        return { kind: 'foreign', met: { ours: first?.project ?? null, theirs: hello.project }, news: null }
      if (isOtherPage(hello) && mayReload(hello)) return { kind: 'reload', news: null }
      const before = first
      first = hello
      if (before === null || before.instance === hello.instance) return { kind: 'ours', news: null }
      return { kind: 'ours', news: `${restarted(before, hello)} Everything has been read anew.` }
    },
    /**
     * Returns whether a reply belongs to this page's project. `project`: the project that the reply names; null if it
     * names none.
     */
    answer(project: string | null): Answer {
      // Either all replies of a dashboard name their project, or none does.
      if (project === null) return { kind: isNamed ? 'unknown' : 'ours' }
      isNamed = true
      id ??= project
      if (project === id) return { kind: 'ours' }
      return { kind: 'foreign', met: { ours: first?.project ?? null, theirs: null } }
    },
  }
}

function restarted(before: HelloEvent, after: HelloEvent): string {
  return before.version === after.version
    ? 'The dashboard was started again.'
    : `The dashboard is now version ${after.version}; it was ${before.version}.`
}

/** A page without a build id, as in development, is never reloaded. */
function isOtherPage({ page }: HelloEvent): boolean {
  const own = document.querySelector<HTMLMetaElement>('meta[name="page-build"]')?.content ?? ''
  return own !== '' && typeof page === 'string' && page !== '' && page !== own
}

const KEY = 'spec-kitty-reloaded-for'

interface Reload {
  readonly page: string
  readonly news: string | null
}

/** Remembers the reload. Returns false if the page was already reloaded for this build, because that did not help. */
function mayReload({ page, version }: HelloEvent): boolean {
  try {
    if (stored()?.page === page) return false
    const news = `This page was reloaded, because the dashboard is now version ${version}.`
    sessionStorage.setItem(KEY, JSON.stringify({ page, news } satisfies Reload))
    return true
  } catch {
    return false
  }
}

/** Returns the message to show after a reload; returns it only once. */
function takeReload(): string | null {
  try {
    const reload = stored()
    if (reload === null) return null
    sessionStorage.setItem(KEY, JSON.stringify({ ...reload, news: null } satisfies Reload))
    return typeof reload.news === 'string' ? reload.news : null
  } catch {
    return null
  }
}

function stored(): Reload | null {
  return JSON.parse(sessionStorage.getItem(KEY) ?? 'null') as Reload | null
}
