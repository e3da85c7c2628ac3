import { join } from 'node:path'
import { shellQuote } from 'familiar/cli'
import type { HeldReason } from './upload/upload-types.js'
import { NO_PROJECT, OPTED_OUT, type HeldProject, type Why } from './why-types.js'
import { inHome } from '../cli/in-home.js'

/** The sentence for each reason why the events of a project stay. */
const HELD: Readonly<Record<HeldReason, (project: string) => string>> = {
  no_consent: (project) => `${project} has not opted in`,
  consent_unreadable: (project) => `the consent of ${project} cannot be read`,
  project_missing: (project) => `${project} is not there any more`,
  other_project: (project) => `another project is in ${project} now`,
}

/** How many projects that are held for other reasons than the first one are listed. Each has its own command. */
const MAX_OTHERS = 3
/** How many projects that are held for the same reason are listed, as by `sync now`. */
const MAX_ALIKE = 3

/** Returns the projects that are listed after the first one. */
function furtherHeld(held: readonly HeldProject[]): readonly HeldProject[] {
  const [first, ...rest] = held
  const alike = rest.filter(({ reason }) => reason === first?.reason).slice(0, MAX_ALIKE - 1)
  return [...alike, ...rest.filter(({ reason }) => reason !== first?.reason).slice(0, MAX_OTHERS)]
}

/** Returns a reason for each project that is listed. */
export function heldReasons(held: readonly HeldProject[]): readonly Why[] {
  const [first] = held
  if (first === undefined) return []
  return [firstHeld(first, held), ...furtherHeld(held).map((one) => whyHeld(one))]
}

/** Returns why the events of the first project stay. Only `sync status` lists the others, so its words count only the rest. */
export function firstHeld(first: HeldProject, held: readonly HeldProject[]): Why {
  const others = held.length - 1
  if (others === 0) return whyHeld(first)
  return { ...whyHeld(first, others), brief: whyHeld(first, others - furtherHeld(held).length).sentence }
}

/** Returns whether the reason is that of one project. */
export function isHeld(reason: string): boolean {
  return Object.hasOwn(HELD, reason)
}

/** Returns why the events of a project stay. `others` is the number of further projects with the same problem. */
export function whyHeld(held: HeldProject, others = 0): Why {
  const { reason, cure = null } = held
  const more =
    others === 0 ? '' : `, and ${others} more ${others === 1 ? 'project' : 'projects'} may not send`
  return {
    reason,
    sentence: `${heldText(held)}${more}`,
    command: consentCommand(held),
    ...(cure === null ? {} : { shown: cure }),
    isAll: true,
  }
}

function heldText({ project, reason, detail }: HeldProject): string {
  const isWhole = detail === OPTED_OUT || detail === NO_PROJECT
  return isWhole ? `${project} ${detail}` : withDetail(HELD[reason](project), detail)
}

/**
 * A broken file must be repaired by hand first, and a directory that is gone cannot opt in. One that has lost its `.kittify`
 * can, once it has one again: `spec-kitty init` would start a dashboard, too.
 */
function consentCommand({ project, reason, isMendable }: HeldProject): string {
  if (reason === 'project_missing' && isMendable === true)
    return inHome`mkdir ${shellQuote(join(project, '.kittify'))} && spec-kitty sync opt-in ${shellQuote(project)}`
  const canOptIn = reason === 'no_consent' || (reason === 'consent_unreadable' && isMendable === true)
  return canOptIn ? inHome`spec-kitty sync opt-in ${shellQuote(project)}` : `spec-kitty explain ${reason}`
}

/** Returns a text with more about it. */
export function withDetail(text: string, detail: string | null): string {
  return detail === null ? text : `${text}: ${detail}`
}
