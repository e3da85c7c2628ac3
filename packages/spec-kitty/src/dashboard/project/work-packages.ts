import type { WorkPackage } from '../api.js'
import type { Log } from './events.js'
import type { PackageFields } from './front-matter.js'
import { toMilliseconds } from './instants.js'
import { columnOf, isLane, laneNamed } from './lanes.js'
import { NO_FACTS, type TextFact } from './runtime-facts.js'

/** The file of a work package, and the fields of its front matter. */
export interface PackageFile {
  /** Its name among the mission's documents. */
  readonly document: string
  readonly fields: PackageFields
}

export interface WorkPackages {
  /** Sorted by id. */
  readonly packages: readonly WorkPackage[]
  /** Each with the document that it is about; null: the log. */
  readonly problems: readonly { readonly document: string | null; readonly what: string }[]
}

/** WP2 before WP10. */
const { compare } = new Intl.Collator('en', { numeric: true })

/** Returns the packages that the files or events of a mission name. If two files have the same id, the first counts. */
export function toWorkPackages(files: readonly PackageFile[], log: Log): WorkPackages {
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
  return { packages: sorted, problems }
}

function packageOf(id: string, file: PackageFile | null, log: Log): WorkPackage {
  const { document = null, fields = null } = file ?? {}
  const facts = log.facts.get(id) ?? NO_FACTS
  // The log is written at work, the front matter when the work is planned.
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
    agent: text('agent'),
    assignee: text('assignee'),
    phase: fields?.phase ?? null,
    model: text('model'),
    role: text('role'),
    profile: text('agent_profile'),
    notes: facts.notes,
    review: facts.review,
    review_result: facts.review_result,
    document,
  }
}

type Standing = Pick<WorkPackage, 'lane' | 'lane_source' | 'column' | 'updated_at' | 'worktree'>

const NOWHERE: Standing = { lane: null, lane_source: null, column: null, updated_at: null, worktree: null }

/** Where the log moves packages, it alone counts: a package that it does not move is not finalised, whatever its file says. */
function standing(id: string, file: PackageFile | null, { lanes }: Log): Standing {
  const change = lanes.get(id)
  if (change !== undefined) {
    const { lane, at, worktree } = change
    return { lane, lane_source: 'events', column: columnOf(lane), updated_at: toMilliseconds(at), worktree }
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
