import { readEvent, type EventRead, type ProjectUuid } from './event.js'
import { newUlid } from './ulid.js'

export type EventReader = (text: string) => Promise<Exclude<EventRead, { state: 'uuid_needed' }>>

/** Returns a function that reads events of a project. It looks up the project's id when an event first needs it. */
export function eventReader(project: string): EventReader {
  const defaults = { project, newId: () => newUlid(), now: () => new Date().toISOString() }
  let projectUuid: ProjectUuid | null = null
  return async (text) => {
    const found = readEvent(text, { ...defaults, projectUuid })
    if (found.state !== 'uuid_needed') return found
    const { readProjectUuid } = await import('./project-uuid.js')
    projectUuid = await readProjectUuid(project)
    return readEvent(text, { ...defaults, projectUuid }) as Exclude<EventRead, { state: 'uuid_needed' }>
  }
}
