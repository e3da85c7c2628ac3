import type { AgentProcess, WorkPackage } from '../api.js'
import { commandFor } from './commands.js'
import type { Log } from './events.js'
import type { PackageFields } from './front-matter.js'
import { toMilliseconds } from './timestamps.js'
import { columnOf, isAtWork, isLane, isSatisfied, laneNamed } from './lanes.js'
import { processInLog } from './processes.js'
import { NO_FACTS, type RuntimeFacts, type TextFact } from './runtime-facts.js'

/** The file of a work package, and the fields of its front matter. */
export interface PackageFile {
  /** The name of the file among the mission's documents. */
  readonly document: string
  readonly fields: PackageFields
}

export interface WorkPackages {
  /** The packages, sorted by id. */
  readonly packages: readonly WorkPackage[]
  /** Each with the document that it is about; null: the log. */
  readonly problems: readonly { readonly document: string | null; readonly what: string }[]
}

/** Compares ids so that WP2 comes before WP10. */
const { compare } = new Intl.Collator('en', { numeric: true })

/** Returns the packages that the files or events of a mission name. If two files have the same id, the first counts. */
export function toWorkPackages(mission: string, files: readonly PackageFile[], log: Log): WorkPackages {
  const packages = new Map<string, WorkPackage>()
  const problems: { document: string | null; what: string }[] = []
  for (const file of files) {
    const { document, fields } = file
    const id = fields.id ?? idOfName(document)
    const first = packages.get(id)
    if (first === undefined) packages.set(id, packageOf(id, file, log))
    else problems.push({ document, what: `has the id of ${first.document ?? ''}, which is shown instead` })
  }
  for (const id of log.lanes.keys()) {
    if (!packages.has(id)) packages.set(id, packageOf(id, null, log))
  }
  for (const { id, lane, document } of packages.values()) {
    if (lane !== null && !isLane(lane))
      problems.push({ document, what: `${id} is in a lane that this version does not know: ${lane}` })
  }
  const sorted = [...packages.values()].toSorted((one, other) => compare(one.id, other.id))
  const lanes = new Map(sorted.map(({ id, lane }) => [id, lane]))
  return { packages: sorted.map((one) => withReadiness(mission, one, lanes)), problems }
}

/** Adds what depends on the lanes of other packages. */
function withReadiness(
  mission: string,
  one: WorkPackage,
  lanes: ReadonlyMap<string, string | null>,
): WorkPackage {
  const isBefore = one.column === 'planned' || one.lane === null
  const open = one.dependencies.filter((id) => !isSatisfied(lanes.get(id) ?? null))
  const waiting_for = isBefore ? open : []
  const is_ready = one.lane === 'planned' && waiting_for.length === 0
  return { ...one, waiting_for, is_ready, next_command: commandFor(mission, { ...one, is_ready }) }
}

function packageOf(id: string, file: PackageFile | null, log: Log): WorkPackage {
  const { document = null, fields = null } = file ?? {}
  const facts = log.facts.get(id) ?? NO_FACTS
  // The log counts before the front matter, because the log is written during the work and the front matter when the work
  // is planned.
  const text = (fact: TextFact): string | null => {
    const said = facts.texts.get(fact)
    return said === undefined ? (fields?.[fact] ?? null) : said
  }
  return {
    id,
    title: fields?.title ?? (document === null ? id : stemOf(document)),
    ...standing(id, file, log),
    dependencies: fields?.dependencies ?? [],
    subtasks: fields?.subtasks ?? [],
    subtask_states: [...facts.subtasks].map(([subtask, state]) => ({ id: subtask, state })),
    agent: facts.texts.has('agent') ? text('agent') : (facts.claimed_by ?? text('agent')),
    assignee: text('assignee'),
    phase: fields?.phase ?? null,
    model: text('model'),
    role: text('role'),
    profile: text('agent_profile'),
    notes: facts.notes,
    review: facts.review,
    review_result: facts.review_result,
    document,
    ...subtaskCounts(fields, facts),
    process: processOf(standing(id, file, log).lane, log.lanes.get(id)?.history.since ?? '', facts),
    is_ready: false,
    waiting_for: [],
    next_command: null,
  }
}

function subtaskCounts(
  fields: PackageFields | null,
  { subtasks }: RuntimeFacts,
): Pick<WorkPackage, 'subtasks_done' | 'subtasks_total'> {
  const ids = new Set([...(fields?.subtasks ?? []), ...subtasks.keys()])
  const done = [...ids].filter((id) => subtasks.get(id) === 'done')
  return { subtasks_done: done.length, subtasks_total: ids.size }
}

/** Who reviews a package mostly is not who worked on it: then only a process that was named since counts. */
function processOf(lane: string | null, since: string, { process }: RuntimeFacts): AgentProcess | null {
  if (!isAtWork(lane)) return null
  const isOfWork = lane === 'in_review' && process !== null && process.claimed_at < since
  return processInLog(isOfWork ? null : process)
}

type Standing = Pick<
  WorkPackage,
  | 'lane'
  | 'lane_source'
  | 'column'
  | 'updated_at'
  | 'worktree'
  | 'lane_since'
  | 'history'
  | 'history_omitted'
  | 'sent_back'
>

const NOWHERE: Standing = {
  lane: null,
  lane_source: null,
  column: null,
  updated_at: null,
  worktree: null,
  lane_since: null,
  history: [],
  history_omitted: 0,
  sent_back: 0,
}

/** Where the log moves packages, it alone counts: a package that it does not move is not finalised, whatever its file says. */
function standing(id: string, file: PackageFile | null, { lanes }: Log): Standing {
  const change = lanes.get(id)
  if (change !== undefined) {
    const { lane, at, worktree, history } = change
    return {
      lane,
      lane_source: 'events',
      column: columnOf(lane),
      updated_at: toMilliseconds(at),
      worktree,
      lane_since: toMilliseconds(history.since),
      history: history.changes,
      history_omitted: history.omitted,
      sent_back: history.sent_back,
    }
  }
  const said = lanes.size > 0 || file === null ? null : laneOfFile(file)
  return said === null ? NOWHERE : { ...NOWHERE, ...said, column: columnOf(said.lane) }
}

/** Projects before the log kept the lane in the front matter, and before that the prompt in a folder of the lane's name. */
function laneOfFile({
  document,
  fields,
}: PackageFile): (Pick<Standing, 'lane' | 'lane_source'> & { lane: string }) | null {
  if (fields.lane !== null) return { lane: laneNamed(fields.lane), lane_source: 'front_matter' }
  const [, folder, name] = document.split('/')
  return name === undefined || folder === undefined
    ? null
    : { lane: laneNamed(folder), lane_source: 'folder' }
}

/** Returns the `WP01` of `tasks/WP01-start.md`, or the whole stem if it has no number. */
function idOfName(document: string): string {
  const stem = stemOf(document)
  return /^WP\d+/i.exec(stem)?.[0].toUpperCase() ?? stem
}

function stemOf(document: string): string {
  return document.slice(document.lastIndexOf('/') + 1).replace(/\.md$/i, '')
}
