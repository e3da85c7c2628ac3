import { existsSync } from 'node:fs'
import { cureCommand } from '../cli/cure-file.js'
import { isProject } from '../daemons/project-directory.js'
import { consentFile, readConsent, whyNoConsent } from './consent-file.js'
import { whoStandsAt } from './project-origin.js'
import type { Stranded, WaitingProject } from './queue/queue-types.js'
import { HELD, type Consent } from './upload/upload-types.js'
import { NO_PROJECT, type HeldProject } from './why-types.js'

type Waiting = Pick<WaitingProject, 'project' | 'projectUuid' | 'origin'>

type Reading =
  | { readonly consent: 'yes' }
  | {
      readonly consent: Exclude<Consent, 'yes'>
      readonly detail: string | null
      readonly isMendable?: boolean
      readonly cure?: string | null
    }

/**
 * Returns whether these events may leave. The consent in their directory counts only for events of the project that is
 * there now. The project is read after its consent, so the consent belongs to this project or to an earlier one. A
 * directory that has lost what makes it a project is no project for any command, so its events are not those of another.
 */
export async function readConsentOf({ project, projectUuid, origin }: Waiting): Promise<Reading> {
  const consent = await readConsent(project)
  if (typeof consent !== 'string') {
    const { why, isMendable = false } = consent
    return { consent: 'unreadable', detail: why, isMendable, cure: cureCommand(consentFile(project), why) }
  }
  if (!existsSync(project)) return { consent: 'gone', detail: null }
  const { isSame, uuid } = await whoStandsAt(project, origin)
  if (!isProject(project)) return { consent: 'gone', detail: NO_PROJECT, isMendable: isSame }
  if (isSame) return consent === 'yes' ? { consent } : { consent, detail: null }
  const detail =
    uuid === projectUuid
      ? 'these events are of the directory that was there before'
      : `these events are of project ${projectUuid}, and ${uuid === null ? 'another one' : `project ${uuid}`} is there now`
  return { consent: 'other', detail }
}

/** Returns the projects whose events may not be sent, in the given order. */
export async function heldOf(waiting: readonly WaitingProject[]): Promise<readonly HeldProject[]> {
  const held = new Map<string, HeldProject>()
  const readings = await Promise.all(waiting.map(readInFull))
  for (const [index, { project, origin, count }] of waiting.entries()) {
    const reading = readings[index]
    if (reading === undefined || reading.consent === 'yes') continue
    const { consent, ...more } = reading
    // A project that got an id after some of its events were published has several origins.
    const key = JSON.stringify([project, consent, more.detail])
    const { origins = [], count: before = 0 } = held.get(key) ?? {}
    held.set(key, {
      project,
      origins: [...origins, origin],
      reason: HELD[consent],
      count: before + count,
      ...more,
    })
  }
  return [...held.values()]
}

/** Also says why there is no consent, which only people need to know. */
async function readInFull(one: Waiting): Promise<Reading> {
  const reading = await readConsentOf(one)
  return reading.consent === 'no' ? { ...reading, detail: await whyNoConsent(one.project) } : reading
}

/** Returns those whose project is lost: its directory is gone, or contains another project now. */
export async function lostOf<T extends Waiting>(waiting: readonly T[]): Promise<readonly T[]> {
  const readings = await Promise.all(waiting.map(readConsentOf))
  return waiting.filter((_, index) => LOST.has(readings[index]?.consent))
}

const LOST: ReadonlySet<string | undefined> = new Set<Consent>(['gone', 'other'])

/** Returns the events that belong to another project than the one that is in their directory now. */
export async function strandedOf(waiting: readonly WaitingProject[]): Promise<readonly Stranded[]> {
  const held = await heldOf(waiting)
  return held
    .filter(({ reason }) => reason === HELD.other)
    .flatMap(({ project, origins = [] }) => origins.map((origin) => ({ project, origin })))
}
