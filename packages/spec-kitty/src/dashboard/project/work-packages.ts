import type { AgentProcess, WorkPackage } from '../api.js'
import type { LaneState, Log } from './event-log.js'
import type { PackageFields } from './front-matter.js'
import { contradictionIn, laneOf, laneOfFile, type PackageLane } from './lane-of-package.js'
import { idOfName, stemOf, type PackageFile } from './package-file.js'
import { toMilliseconds } from './timestamps.js'
import { agentOf } from './agent-of-package.js'
import { isAtWork, isLane } from './lane-columns.js'
import { oneNameEach, sameId } from './package-ids.js'
import { withReadiness } from './readiness.js'
import { reasonOf } from './package-standing.js'
import { circlesIn, circleText, needsOf } from './needs.js'
import { processInLog } from './judge-agents.js'
import { subtasksOf } from './subtasks.js'
import { NO_FACTS, type RuntimeFacts } from './runtime-facts.js'

export interface WorkPackages {
  /** The packages, sorted by id. */
  readonly packages: readonly WorkPackage[]
  /** Problems, each with the document that it is about; null for the log. */
  readonly problems: readonly PackageProblem[]
}

/** A problem with a package. */
export interface PackageProblem {
  /** The document that it is about; null for the log. */
  readonly document: string | null
  /** The worktree whose copy of the log it is about; left out for the main checkout. */
  readonly worktree?: string
  readonly what: string
}

/** Compares ids so that WP2 comes before WP10. */
const { compare } = new Intl.Collator('en', { numeric: true })

/**
 * Returns the packages that the files or events of a mission name. If several files have the same id, one whose front
 * matter contains the id takes precedence, and among these the one that is named exactly like the id, because a note
 * beside a prompt usually has a similar name.
 */
export function toWorkPackages(mission: string, files: readonly PackageFile[], log: Log): WorkPackages {
  const packages = new Map<string, WorkPackage>()
  const problems: PackageProblem[] = []
  const logged = new Map(
    [...log.lanes.keys(), ...log.created.keys(), ...log.facts.keys()].map((id) => [sameId(id), id]),
  )
  const nameOf = oneNameEach()
  /** Packages whose prompts are in the folders of several lanes. */
  const unsure = new Set<string>()
  const ranked = files.map((file) => ({ file, rank: rankOf(file) }))
  for (const { file } of ranked.toSorted((one, other) => one.rank - other.rank)) {
    const { document } = file
    const id = nameOf(idOf(file, log, logged))
    const first = packages.get(id)
    if (first === undefined) packages.set(id, packageOf(id, file, log))
    else problems.push({ document, what: `has the id of ${first.document ?? ''}, which is shown instead` })
    if (first?.lane_source === 'folder' && laneOfFile(file)?.lane !== first.lane) unsure.add(id)
    const contradiction = contradictionIn(file, log)
    if (contradiction !== null) problems.push({ document, what: contradiction })
  }
  for (const id of [...log.lanes.keys(), ...notFinalised(log)]) {
    if (!packages.has(id)) packages.set(id, packageOf(id, null, log))
  }
  for (const [name, { id, lane, lane_source, document }] of packages) {
    if (lane === null || isLane(lane)) continue
    if (lane_source === 'events') problems.push(unknownLane(id, lane, log.lanes.get(name)))
    else problems.push({ document, what: `${id} is in a lane that this version does not know: ${lane}` })
  }
  const sorted = [...packages.values()].toSorted((one, other) => compare(one.id, other.id))
  const lanes = new Map(sorted.map(({ id, lane }) => [id, lane]))
  const stems = sorted.flatMap(({ id, document }) =>
    document === null ? [] : [[sameId(stemOf(document)), id] as const],
  )
  const known = new Map([...stems, ...sorted.map(({ id }) => [sameId(id), id] as const)])
  const fieldsOf = new Map(files.map(({ document, fields }) => [document, fields]))
  /** If neither a prompt nor the log says what a package depends on, it may depend on any other. */
  const whyUnknown = ({ id, document }: WorkPackage): string | null => {
    if (unsure.has(id)) return 'it has prompts in the folders of two lanes'
    if (document === null)
      return log.created.get(id)?.are_dependencies_known === true
        ? null
        : 'it has no prompt, so what it needs is not known'
    const unknown = fieldsOf.get(document)?.unknown_needs ?? null
    return unknown === null ? null : notKnown(unknown)
  }
  const packagesThen = sorted.map((one) => {
    const needs = needsOf(one.id, one.dependencies, known)
    for (const what of needs.problems)
      problems.push({ document: one.document, what: one.document === null ? `${one.id} ${what}` : what })
    const why = whyUnknown(one) ?? (needs.unknown === null ? null : notKnown(needs.unknown))
    return withReadiness(mission, one, needs.dependencies, lanes, why)
  })
  for (const { id, document, waiting_for } of packagesThen) {
    for (const need of waiting_for.filter((name) => lanes.get(name) === 'canceled'))
      problems.push({
        document,
        what: `${id} waits for ${need}, which is canceled, so ${id} does not get ready`,
      })
  }
  for (const circle of circlesIn(packagesThen))
    problems.push({ document: circle[0]?.document ?? null, what: circleText(circle.map(({ id }) => id)) })
  return { packages: packagesThen, problems }
}

/** Returns the problem with a lane change into a lane that this version does not know. */
function unknownLane(id: string, lane: string, state: LaneState | undefined): PackageProblem {
  const what = `moves ${id} into a lane that this version does not know: ${lane}`
  const problem = { document: null, what: state?.line == null ? what : `line ${state.line} ${what}` }
  return state?.worktree == null ? problem : { ...problem, worktree: state.worktree }
}

function notKnown(why: string): string {
  return `what it needs is not known: ${why}`
}

/**
 * Returns the packages that the log creates or annotates but does not move, while it moves others. Before it moves any,
 * there is no board. Once all others are finished, these count as given up.
 */
function notFinalised({ lanes, created, facts }: Log): readonly string[] {
  const isOpen = [...lanes.values()].some(({ lane }) => lane !== 'done' && lane !== 'canceled')
  return isOpen ? [...created.keys(), ...facts.keys()] : []
}

function packageOf(id: string, file: PackageFile | null, log: Log): WorkPackage {
  const { document = null, fields = null } = file ?? {}
  const facts = log.facts.get(id) ?? NO_FACTS
  const created = log.created.get(id)
  const state = log.lanes.get(id)
  const agent = agentOf(facts.agents, state, fields ?? undefined)
  const stands = laneOf(id, file, log)
  return {
    id: shownId(id, file),
    title: fields?.title ?? (document === null ? (created?.title ?? id) : stemOf(document)),
    ...stands,
    dependencies: fields?.dependencies ?? created?.dependencies ?? [],
    ...subtasksOf(fields, facts),
    agent: agent.agent,
    assignee: facts.assignee === undefined ? (fields?.assignee ?? null) : facts.assignee,
    phase: fields?.phase ?? null,
    model: agent.model,
    role: agent.role,
    profile: agent.agent_profile,
    notes: facts.notes,
    review: facts.review,
    review_result: facts.review_result,
    front_matter_review: reviewOfFile(fields, facts, state),
    document,
    process: processOf(state, stands.lane, facts),
    is_lane_unread: false,
    lane_doubt: null,
    is_ready: false,
    waiting_for: [],
    not_ready_because: null,
    reason: isHeld(stands) ? reasonOf({ ...stands, review: facts.review }) : null,
    last_event_at: lastOf(state?.at ?? null, facts.newest),
    next_command: null,
  }
}

/** Returns whether a package is blocked, or where a review that sent it back put it. */
function isHeld({ lane, history }: PackageLane): boolean {
  return lane === 'blocked' || history.at(-1)?.is_sent_back === true
}

function lastOf(one: string | null, other: string | null): string | null {
  const last = one === null || (other !== null && other > one) ? other : one
  return last === null ? null : toMilliseconds(last)
}

/** Returns the id in the spelling of the prompt, because people and file names use it. */
function shownId(id: string, file: PackageFile | null): string {
  const own = file === null ? id : (file.fields.id ?? idOfName(file.document))
  return sameId(own) === sameId(id) ? own : id
}

/** Returns the review in the front matter. If the log contains anything about a review, only the log counts. */
function reviewOfFile(
  fields: PackageFields | null,
  { review, review_result }: RuntimeFacts,
  state: LaneState | undefined,
): WorkPackage['front_matter_review'] {
  const { review_status: status = null, reviewed_by: by = null } = fields ?? {}
  const isInLog = review !== null || review_result !== null || (state?.history.turns.length ?? 0) > 0
  return isInLog || (status === null && by === null) ? null : { status, by }
}

/**
 * Returns the process that works on the package. The reviewer usually is not the agent who worked on it, and neither of
 * them works on a package that was sent back, reopened or planned again, so only a process that was named after that
 * counts. A change that sends the package back names the process of the reviewer.
 */
function processOf(
  state: LaneState | undefined,
  lane: string | null,
  { process, process_gap }: RuntimeFacts,
): AgentProcess | null {
  if (!isAtWork(lane)) return null
  const { at, is_sent_back } = state?.history.begun ?? { at: '', is_sent_back: false }
  const isOfNow = (time: string): boolean => (is_sent_back ? time > at : time >= at)
  if (process !== null) return processInLog(isOfNow(process.claimed_at) ? process : 'earlier')
  if (process_gap === null) return processInLog('never')
  return processInLog(isOfNow(process_gap.at) ? process_gap.why : 'earlier')
}

/**
 * Returns the rank of a file among those of one package. A file without an id in its front matter comes after those with
 * one. A file with another name than the id comes after those with that name.
 */
function rankOf({ document, fields }: PackageFile): number {
  const isExact = sameId(stemOf(document)) === sameId(fields.id ?? idOfName(document))
  return (fields.id === null ? 2 : 0) + (isExact ? 0 : 1)
}

/** Returns the id that the log uses for the package, which is the id in the file or the file's name. */
function idOf(
  { document, fields }: PackageFile,
  { lanes, facts }: Log,
  logged: ReadonlyMap<string, string>,
): string {
  const named = idOfName(document)
  const ids = [...(fields.id === null ? [] : [fields.id]), stemOf(document), named]
  const exact = ids.find((id) => lanes.has(id) || facts.has(id))
  return exact ?? ids.flatMap((id) => logged.get(sameId(id)) ?? [])[0] ?? fields.id ?? named
}
