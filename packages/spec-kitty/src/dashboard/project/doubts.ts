import type { Problem, WorkPackage } from '../api.js'
import type { LogFile } from './event-log.js'
import type { LogGap } from './log-gaps.js'
import { sameId } from './package-ids.js'
import { isPromptName } from './document-names.js'
import { idOfName, type Doubt } from './work-packages.js'

/** A part of a log that was not read, with the path of its file. */
export interface FileGap extends LogGap {
  readonly path: string
}

/** A prompt that could not be read, or a directory of prompts. */
export interface PromptGap {
  /** The package, as the name of the prompt says it; null: prompts of any. */
  readonly wp: string | null
  readonly problem: Problem
}

/** What of a mission could not be read. */
export interface Unread {
  /** Copies of the log of which nothing is known. */
  readonly logs: readonly Problem[]
  readonly gaps: readonly FileGap[]
  readonly prompts: readonly PromptGap[]
  /** `meta.json`, which only says whether the mission is merged. */
  readonly meta: readonly Problem[]
}

/** The problems because of which it is not known where packages stand, and what they leave open of each package. */
export interface Doubts {
  readonly problems: readonly Problem[]
  readonly of: (one: WorkPackage) => Doubt
}

/** Decides, in one place, what is not known of a mission that could not be read whole. */
export function doubtsOf(packages: readonly WorkPackage[], { logs, gaps, prompts, meta }: Unread): Doubts {
  const open = gaps.filter((gap) => isOpen(gap, packages))
  const isLaneOpen = (one: WorkPackage): boolean =>
    logs.length > 0 ||
    // Where events move packages, front matter does not count: these may be in what was not read.
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
 * Returns whether what was not read may be a package that is not shown, or say what one needs that has not begun. A package that
 * the log has moved on needs its prompt for neither.
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
  return wp === null ? !settled.includes(id) : sameId(wp) === sameId(id)
}

/** Returns the gaps of a copy that count: the end of a file that was written a moment ago is still being written. */
export function gapsOf({ gaps }: LogFile, path: string, isBeingWritten: boolean): readonly FileGap[] {
  return gaps.filter(({ is_end }) => !(is_end && isBeingWritten)).map((gap) => ({ ...gap, path }))
}
