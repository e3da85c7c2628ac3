import type { Problem, WorkPackage } from '../api.js'
import type { LogFile } from './event-log.js'
import type { LogGap } from './log-gaps.js'
import { sameId } from './package-ids.js'
import { isPromptName } from './document-names.js'
import { idOfName, NOWHERE } from './work-packages.js'

/** A part of a log that was not read, with the path of its file. */
export interface FileGap extends LogGap {
  readonly path: string
}

/** A prompt that could not be read, or a directory of prompts. */
export interface PromptGap {
  /** The package, according to the name of the prompt; null if the missing prompts may be those of any package. */
  readonly wp: string | null
  readonly problem: Problem
}

/** The parts of a mission that could not be read. */
export interface Unread {
  /** Copies of the log that could not be read at all. */
  readonly logs: readonly Problem[]
  readonly gaps: readonly FileGap[]
  readonly prompts: readonly PromptGap[]
  /** Problems of `meta.json`, which is only needed to know whether the mission is merged. */
  readonly meta: readonly Problem[]
}

/** The problems because of which it is unknown in which lanes packages are, and what is therefore unknown about each package. */
export interface Doubts {
  readonly problems: readonly Problem[]
  readonly of: (one: WorkPackage) => Doubt
}

/** Determines, in one place, what is unknown about a mission that could not be read completely. */
export function doubtsOf(packages: readonly WorkPackage[], { logs, gaps, prompts, meta }: Unread): Doubts {
  const open = gaps.filter((gap) => isOpen(gap, packages))
  const isLaneOpen = (one: WorkPackage): boolean =>
    logs.length > 0 ||
    // If the log has lane changes, front matter does not count: the lane changes of these packages may be in the unread
    // part.
    (open.length > 0 && one.lane !== null && one.lane_source !== 'events') ||
    open.some((gap) => isAbout(gap, one.id))
  const hidden = prompts.filter((gap) => isHidden(gap, packages))
  const isNeedsOpen = (one: WorkPackage): boolean =>
    hidden.some(({ wp }) => (wp === null ? one.document === null : sameId(wp) === sameId(one.id)))
  return {
    problems: [
      ...logs,
      ...meta,
      ...open.map(({ path, what }) => ({ path, what })),
      ...hidden.map(({ problem }) => problem),
    ],
    of: (one) => (isLaneOpen(one) ? 'lane' : isNeedsOpen(one) ? 'needs' : null),
  }
}

/**
 * Returns whether the unread prompts may belong to a package that is not shown, or contain the dependencies of one that
 * has not begun. If the log has moved a package on, its prompt is needed for neither.
 */
function isHidden({ wp }: PromptGap, packages: readonly WorkPackage[]): boolean {
  const own = wp === null ? undefined : packages.find(({ id }) => sameId(id) === sameId(wp))
  return own === undefined || own.lane === null || own.column === 'planned'
}

export function promptGap(name: string): Pick<PromptGap, 'wp'> {
  return { wp: isPromptName(name) ? idOfName(name) : null }
}

function isOpen(gap: LogGap, packages: readonly WorkPackage[]): boolean {
  return gap.wp !== null || packages.length === 0 || packages.some(({ id }) => isAbout(gap, id))
}

function isAbout({ wp, settled }: LogGap, id: string): boolean {
  return wp === null ? !settled.includes(sameId(id)) : sameId(wp) === sameId(id)
}

/**
 * Returns the gaps of a copy that count. The end of a file that was written a moment ago does not, because it is still
 * being written.
 */
export function gapsOf({ gaps }: LogFile, path: string, isBeingWritten: boolean): readonly FileGap[] {
  return gaps.filter(({ is_end }) => !(is_end && isBeingWritten)).map((gap) => ({ ...gap, path }))
}

/** What is unknown about a package: its lane, or only its dependencies. */
export type Doubt = 'lane' | 'needs' | null

/**
 * Returns packages without the data that is uncertain because not everything could be read. If no event sets the lane, it
 * is unknown. If an event does, it may not be the last one, so nothing is suggested because of it.
 */
export function asFarAsRead(
  packages: readonly WorkPackage[],
  doubtOf: (one: WorkPackage) => Doubt,
): readonly WorkPackage[] {
  return packages.map((one) => {
    const doubt = doubtOf(one)
    if (doubt === null) return one
    const known = { ...one, is_ready: false, next_command: null }
    if (doubt === 'needs' || one.lane_source === 'events') return known
    return { ...known, ...NOWHERE, process: null, is_lane_unread: true, waiting_for: [] }
  })
}
