import type { ChangedEvent } from './api.js'
import { watchProject, type ProjectWatch } from './project/watch.js'

/** Keep the watches this long after the last page closed: a reload, or a client that reopens streams, uses them again. */
const LINGER_MS = 2_000

/** If more missions than this may have changed, the event does not name them: it is sent to up to 64 pages. */
const MAX_NAMED = 100

type Send = (event: string, data: unknown) => void

/**
 * Returns the event stream of a project, shared by all its pages. The project is watched while at least one page is
 * open, and two seconds longer, so that a dashboard without pages sleeps. Every page is sent `missions: null` once, as
 * soon as everything is watched: what it reads from then on is current until an event says otherwise.
 */
export function shareChanges(directory: string): {
  readonly open: (send: Send, closed: AbortSignal) => void
} {
  const pages = new Set<Send>()
  let watch: ProjectWatch | null = null
  let isWatched = false
  let lingering: NodeJS.Timeout | null = null
  const endUnused = (): void => {
    if (pages.size > 0) return
    watch?.close()
    watch = null
    isWatched = false
  }
  return {
    open: (send, closed) => {
      pages.add(send)
      watch ??= watchProject(directory, (missions) => {
        isWatched = true
        const event: ChangedEvent = { missions: isMany(missions) ? null : missions }
        for (const page of pages) page('changed', event)
      })
      closed.addEventListener('abort', () => {
        pages.delete(send)
        if (pages.size > 0) return
        if (lingering !== null) clearTimeout(lingering)
        lingering = setTimeout(endUnused, LINGER_MS).unref()
      })
      if (isWatched) send('changed', { missions: null } satisfies ChangedEvent)
    },
  }
}

function isMany(missions: readonly string[] | null): boolean {
  return missions !== null && missions.length > MAX_NAMED
}
