import type { Problem, WorkPackage } from '../api.js'
import type { LogFile } from './event-log.js'
import type { LogGap } from './log-gaps.js'
import { sameId } from './package-ids.js'
import { isPromptName } from './document-names.js'
import { META } from './project-paths.js'
import { isFuture } from './timestamps.js'
import { NOWHERE } from './lane-of-package.js'
import { idOfName } from './package-file.js'

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
  readonly future: readonly FutureMove[]
  /** Problems of `meta.json`, which is only needed to know whether the mission is merged. */
  readonly meta: readonly Problem[]
}

/** A lane change whose time is in the future. */
export interface FutureMove {
  readonly wp: string
  readonly problem: Problem
}

/** The problems because of which it is unknown in which lanes packages are, and what is therefore unknown about each package. */
export interface Doubts {
  readonly problems: readonly Problem[]
  readonly of: (one: WorkPackage) => Doubt | null
}

/** The maximum number of packages that a problem names. */
const MAX_NAMED = 50

/**
 * Determines, in one place, what is unknown about a mission that could not be read completely. A log may have thousands of
 * broken lines about thousands of packages, so each package looks up its own.
 */
export function doubtsOf(packages: readonly WorkPackage[], unread: Unread): Doubts {
  const { logs, meta } = unread
  const gaps = unread.gaps.map((gap) => openIn(gap, packages)).filter((gap) => gap !== null)
  const gapsAbout = byPackage(gaps)
  const gapsAnywhere = gaps.filter(({ wp }) => wp === null)
  const aheadIds = new Set(packages.filter((one) => isAhead(one)).map(({ id }) => sameId(id)))
  const ahead = unread.future.filter(({ wp }) => aheadIds.has(sameId(wp)))
  const aheadAbout = byPackage(ahead)
  const byId = new Map(packages.map((one) => [sameId(one.id), one]))
  const hidden = unread.prompts.filter((gap) => isHidden(gap, byId))
  const hiddenAbout = byPackage(hidden)
  const hiddenAnywhere = hidden.find(({ wp }) => wp === null)

  const laneProblems = (one: WorkPackage): readonly Problem[] => {
    const id = sameId(one.id)
    // If the log has lane changes, front matter does not count: the lane changes of these packages may be in the unread
    // part.
    const isOfFile = one.lane !== null && one.lane_source !== 'events'
    const own = isOfFile
      ? gaps
      : [...gapsAnywhere.filter(({ settled }) => !settled.has(id)), ...(gapsAbout.get(id) ?? [])]
    return [...logs, ...problemsOf(own), ...(isAhead(one) ? problemsOf(aheadAbout.get(id) ?? []) : [])]
  }
  const hiding = ({ id, document }: WorkPackage): Problem | undefined =>
    (hiddenAbout.get(sameId(id))?.[0] ?? (document === null ? hiddenAnywhere : undefined))?.problem
  const doubtful = new Map<Problem, string[]>()
  const doubts = new Map<string, Doubt>()
  for (const one of packages) {
    const ofLane = laneProblems(one)
    for (const problem of ofLane) {
      const ids = doubtful.get(problem)
      if (ids === undefined) doubtful.set(problem, [one.id])
      else if (ids.length < MAX_NAMED) ids.push(one.id)
    }
    const [first] = ofLane
    const why = first === undefined ? (isAhead(one) ? AHEAD : null) : sentenceOf(first)
    const prompt = why === null ? hiding(one) : undefined
    if (why !== null) doubts.set(one.id, { about: 'lane', why })
    else if (prompt !== undefined) doubts.set(one.id, { about: 'needs', why: sentenceOf(prompt) })
  }
  const withNames = (problem: Problem): Problem => {
    const in_doubt = doubtful.get(problem)
    return in_doubt === undefined ? problem : { ...problem, in_doubt }
  }
  return {
    problems: [
      ...logs,
      ...meta,
      ...problemsOf(gaps),
      ...problemsOf(ahead).slice(0, MAX_NAMED),
      ...problemsOf(hidden),
    ].map((problem) => withNames(problem)),
    of: ({ id }) => doubts.get(id) ?? null,
  }
}

/** Something that was not read, and the package that it is about; null if it may be about any. */
interface About {
  readonly wp: string | null
  readonly problem: Problem
}

/** Returns what is about each package, by its `sameId`. */
function byPackage<T extends About>(all: readonly T[]): ReadonlyMap<string, readonly T[]> {
  const found = new Map<string, T[]>()
  for (const one of all) {
    if (one.wp === null) continue
    const id = sameId(one.wp)
    const others = found.get(id)
    if (others === undefined) found.set(id, [one])
    else others.push(one)
  }
  return found
}

function problemsOf(all: readonly About[]): readonly Problem[] {
  return all.map(({ problem }) => problem)
}

/** The doubt about a package whose line in the future is not among those that were kept. */
const AHEAD = 'its last event is in the future'

function sentenceOf({ path, what }: Problem): string {
  return `${path}: ${what}`
}

/** Returns whether the lane of a package is that of an event in the future. */
function isAhead({ lane_source, updated_at }: WorkPackage): boolean {
  return lane_source === 'events' && updated_at !== null && isFuture(updated_at)
}

/**
 * Returns whether the unread prompts may belong to a package that is not shown, or contain the dependencies of one that
 * has not begun. If the log has moved a package on, its prompt is needed for neither.
 */
function isHidden({ wp }: PromptGap, byId: ReadonlyMap<string, WorkPackage>): boolean {
  const own = wp === null ? undefined : byId.get(sameId(wp))
  return own === undefined || own.lane === null || own.column === 'planned'
}

export function promptGap(name: string): Pick<PromptGap, 'wp'> {
  return { wp: isPromptName(name) ? idOfName(name) : null }
}

interface OpenGap extends About {
  readonly settled: ReadonlySet<string>
}

/** Returns a gap, or null if a later line moves every package that it may be about. */
function openIn({ wp, path, what, settled }: FileGap, packages: readonly WorkPackage[]): OpenGap | null {
  const gap = { wp, problem: { path, what }, settled: new Set(settled) }
  const isOpen =
    wp !== null || packages.length === 0 || packages.some(({ id }) => !gap.settled.has(sameId(id)))
  return isOpen ? gap : null
}

/**
 * Returns the gaps of a copy that count. The end of a file that was written a moment ago does not, because it is still
 * being written.
 */
export function gapsOf({ gaps }: LogFile, path: string, isBeingWritten: boolean): readonly FileGap[] {
  return gaps.filter(({ is_end }) => !(is_end && isBeingWritten)).map((gap) => ({ ...gap, path }))
}

/** What is unknown about a package, its lane or only its dependencies, and why. */
export interface Doubt {
  readonly about: 'lane' | 'needs'
  readonly why: string
}

/**
 * Returns packages without the data that is uncertain because not everything could be read. If no event sets the lane, it
 * is unknown. If an event does, it may not be the last one, so nothing is suggested because of it.
 */
export function asFarAsRead(
  packages: readonly WorkPackage[],
  { of, problems }: Doubts,
): readonly WorkPackage[] {
  const meta = problems.find(({ path }) => path.endsWith(META))
  const doubtful = new Set(packages.filter((one) => of(one)?.about === 'lane').map(({ id }) => id))
  return packages.map((one) => {
    const doubt = of(one)
    const need = one.dependencies.find((id) => doubtful.has(id) && !one.waiting_for.includes(id))
    if (doubt === null && meta === undefined && need !== undefined && one.column === 'planned')
      return heldBack(one, `it needs ${need}, whose lane is in doubt`)
    if (doubt === null)
      return meta === undefined ? one : heldBack(one, `the mission may be over: meta.json ${meta.what}`)
    if (doubt.about === 'needs') return heldBack(one, `what it needs is not known: ${doubt.why}`)
    const known = heldBack(one, 'its lane is in doubt')
    if (one.lane_source === 'events') return { ...known, lane_doubt: doubt.why }
    return {
      ...known,
      ...NOWHERE,
      process: null,
      is_lane_unread: true,
      waiting_for: [],
      not_ready_because: null,
      reason: null,
    }
  })
}

/** Returns a package that nothing is suggested for, with the reason if it could otherwise be started. */
function heldBack(one: WorkPackage, why: string): WorkPackage {
  const not_ready_because = one.column === 'planned' ? (one.not_ready_because ?? why) : null
  return { ...one, is_ready: false, next_command: null, not_ready_because }
}
