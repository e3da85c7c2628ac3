import { readEvent, type EventRead } from './event.js'
import type { KnownProject } from './project-origin.js'
import { newUlid } from './ulid.js'

export type EventReader = (text: string) => Promise<EventRead>

/** Returns a function that reads events of a project. It reads the project's id when the first event comes. */
export function eventReader(project: string): EventReader {
  const defaults = { project, newId: () => newUlid(), now: () => new Date().toISOString() }
  let known: KnownProject | null = null
  return async (text) => {
    if (known === null) {
      const { readProject } = await import('./project-origin.js')
      known = await readProject(project)
    }
    return readEvent(text, { ...defaults, ...known })
  }
}
