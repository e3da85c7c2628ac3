import type { WorkPackage } from '../api.js'
import type { LaneHistory } from './events.js'
import type { PackageFields } from './front-matter.js'
import { toMilliseconds } from './instants.js'
import { columnOf, FIRST_LANE, isLane } from './lanes.js'

/** The file of a work package, and the fields of its front matter. */
export interface PackageFile {
  /** Its name among the mission's documents. */
  readonly document: string
  readonly fields: PackageFields
}

export interface WorkPackages {
  /** Sorted by id. */
  readonly packages: readonly WorkPackage[]
  /** Each with the document that it is about; null: the events file. */
  readonly problems: readonly { readonly document: string | null; readonly what: string }[]
}

/** WP2 before WP10. */
const { compare } = new Intl.Collator('en', { numeric: true })

/** Returns the packages that the files or events of a mission name. If two files have the same id, the first counts. */
export function toWorkPackages(files: readonly PackageFile[], history: LaneHistory): WorkPackages {
  const packages = new Map<string, WorkPackage>()
  const problems: { document: string | null; what: string }[] = []
  for (const { document, fields } of files) {
    const id = fields.id ?? idOfName(document)
    const first = packages.get(id)
    if (first === undefined) packages.set(id, { ...ofFile(id, document, fields), ...standing(id, history) })
    else problems.push({ document, what: `has the id of ${first.document ?? ''}, which is shown instead` })
  }
  for (const id of history.lanes.keys()) {
    if (!packages.has(id)) packages.set(id, { ...ofEvents(id), ...standing(id, history) })
  }
  for (const { id, lane, document } of packages.values()) {
    if (!isLane(lane))
      problems.push({ document, what: `${id} is in a lane that this version does not know: ${lane}` })
  }
  const sorted = [...packages.values()].toSorted((one, other) => compare(one.id, other.id))
  return { packages: sorted, problems }
}

function standing(id: string, history: LaneHistory): Pick<WorkPackage, 'lane' | 'column' | 'updated_at'> {
  const change = history.lanes.get(id)
  const lane = change?.lane ?? FIRST_LANE
  return { lane, column: columnOf(lane), updated_at: change === undefined ? null : toMilliseconds(change.at) }
}

type Described = Omit<WorkPackage, 'lane' | 'column' | 'updated_at'>

function ofFile(id: string, document: string, fields: PackageFields): Described {
  const { dependencies, subtasks, agent, assignee, phase } = fields
  const title = fields.title ?? stemOf(document)
  return { id, title, dependencies, subtasks, agent, assignee, phase, document }
}

function ofEvents(id: string): Described {
  const nothing = { agent: null, assignee: null, phase: null, document: null }
  return { id, title: id, dependencies: [], subtasks: [], ...nothing }
}

/** Returns the `WP01` of `tasks/WP01-start.md`, or the whole stem if it has no number. */
function idOfName(document: string): string {
  const stem = stemOf(document)
  return /^WP\d+/i.exec(stem)?.[0].toUpperCase() ?? stem
}

function stemOf(document: string): string {
  return document.slice(document.lastIndexOf('/') + 1).replace(/\.md$/i, '')
}
