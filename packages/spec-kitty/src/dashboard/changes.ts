import type { ChangedEvent } from './api.js'
import { watchProject, type ProjectWatch } from './project/watch.js'

type Send = (event: string, data: unknown) => void

/**
 * Returns the event stream of a project, for any number of pages. The project is watched while at least one page is
 * open: a dashboard that nobody looks at sleeps. Every page is told `null` once, as soon as everything is watched: what
 * it reads from then on is current until it is told of a change.
 */
export function shareChanges(directory: string): {
  readonly open: (send: Send, closed: AbortSignal) => void
} {
  const pages = new Set<Send>()
  let watch: ProjectWatch | null = null
  let isWatched = false
  return {
    open: (send, closed) => {
      pages.add(send)
      watch ??= watchProject(directory, (missions) => {
        isWatched = true
        const event: ChangedEvent = { missions }
        for (const page of pages) page('changed', event)
      })
      closed.addEventListener('abort', () => {
        pages.delete(send)
        if (pages.size > 0) return
        watch?.close()
        watch = null
        isWatched = false
      })
      if (isWatched) send('changed', { missions: null } satisfies ChangedEvent)
    },
  }
}
