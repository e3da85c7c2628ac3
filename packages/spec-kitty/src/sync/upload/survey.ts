import type { WaitingProject } from '../queue/queue-types.js'
import type { Source } from './upload-project.js'
import { HELD, type Consent, type DrainLine } from './upload-types.js'

/** Reads whether events of a project may leave. */
export type ReadConsent = (project: string, events: WaitingProject) => Promise<Consent>

export interface Survey {
  /** The projects whose events may leave, the one with the oldest event first. */
  readonly ready: readonly Source[]
  /** Why the others stay: one line for each directory and reason. */
  readonly held: readonly Extract<DrainLine, { readonly event: 'held' }>[]
}

/**
 * Returns which of the waiting events may leave. Events of one directory that may leave are sent together, because they
 * belong to one project and must keep their order.
 */
export async function surveyOf(waiting: readonly WaitingProject[], read: ReadConsent): Promise<Survey> {
  const ready = new Map<string, Source>()
  const held = new Map<string, Survey['held'][number]>()
  for (const one of waiting) {
    const { project, count } = one
    const consent = await consentOf(one, read)
    if (consent === 'yes') {
      ready.set(project, { project, parts: [...(ready.get(project)?.parts ?? []), one] })
      continue
    }
    const [key, reason] = [JSON.stringify([project, consent]), HELD[consent]]
    held.set(key, { event: 'held', project, reason, count: count + (held.get(key)?.count ?? 0) })
  }
  return { ready: [...ready.values()], held: [...held.values()] }
}

/** Returns whether all events of a source may leave; if not, the first consent that is not `yes`. */
export async function consentOfAll({ parts }: Source, read: ReadConsent): Promise<Consent> {
  for (const one of parts) {
    const consent = await consentOf(one, read)
    if (consent !== 'yes') return consent
  }
  return 'yes'
}

async function consentOf(events: WaitingProject, read: ReadConsent): Promise<Consent> {
  try {
    return await read(events.project, events)
  } catch {
    return 'unreadable'
  }
}

/** Returns how many events wait in these projects. */
export function total(projects: readonly WaitingProject[]): number {
  return projects.reduce((sum, { count }) => sum + count, 0)
}
