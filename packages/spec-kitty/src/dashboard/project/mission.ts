import type { MissionReply, Problem } from '../api.js'
import { collectDocuments, TASKS, type FoundDocument } from './documents.js'
import type { LaneHistory } from './events.js'
import { list } from './files.js'
import { isoOf } from './instants.js'
import { countColumns, progressOf } from './lanes.js'
import { locate, type LocatedEntry } from './locate.js'
import type { FileMemory } from './memory.js'
import { readEvents, readMeta, readPackage, type Meta } from './read-files.js'
import { toWorkPackages, type PackageFile } from './work-packages.js'

export const SPECS = 'kitty-specs'
export const META = 'meta.json'
export const EVENTS = 'status.events.jsonl'

/** If the file has not changed for this long, an unfinished last line is no longer being written. */
const UNFINISHED_MS = 10_000

const MAX_PROBLEMS = 500

/** One mission, its directory, and the memory of what was read from it. */
export interface MissionPlace {
  readonly id: string
  readonly directory: LocatedEntry
  readonly memory: FileMemory
}

/** Returns everything that the page shows of a mission, except the text of its documents. */
export async function readMission(place: MissionPlace): Promise<MissionReply> {
  const problems: Problem[] = []
  const complain = (name: string, what: string): void => {
    if (problems.length < MAX_PROBLEMS) problems.push({ path: pathOf(place.id, name), what })
  }
  const listed = await list(place.directory)
  if ('kind' in listed) complain('', listed.what)
  else for (const what of listed.problems) complain('', what)
  const names = 'kind' in listed ? [] : listed.names

  const documents: FoundDocument[] = []
  await collectDocuments(place.directory, names, { documents, directories: [], complain })
  const meta = await metaOf(place, names, complain)
  const history = await historyOf(place, names, complain)
  const { packages, problems: wrong } = toWorkPackages(
    await packageFiles(place, documents, complain),
    history,
  )
  for (const { document, what } of wrong) complain(document ?? EVENTS, what)

  place.memory.forgetUnused()
  const lanes = packages.map(({ lane }) => lane)
  return {
    id: place.id,
    title: meta.title ?? place.id,
    progress: progressOf(lanes),
    counts: countColumns(lanes),
    updated_at: lastChange([meta.changed_ms, history.changed_ms, ...documents.map(changedMs)]),
    problem_count: problems.length,
    work_packages: packages,
    documents: documents.map(({ name, found }) => ({ name, bytes: Number(found.stats.size) })),
    problems,
  }
}

type Complain = (name: string, what: string) => void

async function fileOf(place: MissionPlace, names: readonly string[], name: string, complain: Complain) {
  const found = names.includes(name) ? await locate(place.directory, name) : null
  if (found?.kind === 'file') return found
  if (found?.kind === 'directory') complain(name, 'is a directory where a file should be')
  if (found?.kind === 'unusable') complain(name, found.what)
  return null
}

interface Dated {
  /** Null: there is no such file. */
  readonly changed_ms: number | null
}

async function metaOf(
  place: MissionPlace,
  names: readonly string[],
  complain: Complain,
): Promise<Meta & Dated> {
  const found = await fileOf(place, names, META, complain)
  if (found === null) return { title: null, problems: [], changed_ms: null }
  const meta = await place.memory.recall(META, found, () => readMeta(found))
  for (const what of meta.problems) complain(META, what)
  return { ...meta, changed_ms: changedMs({ found }) }
}

async function historyOf(
  place: MissionPlace,
  names: readonly string[],
  complain: Complain,
): Promise<LaneHistory & Dated> {
  const found = await fileOf(place, names, EVENTS, complain)
  if (found === null) return { lanes: new Map(), problems: [], is_unfinished: false, changed_ms: null }
  const history = await place.memory.recall(EVENTS, found, () => readEvents(found))
  for (const what of history.problems) complain(EVENTS, what)
  const changed = changedMs({ found })
  if (history.is_unfinished && Date.now() - changed > UNFINISHED_MS)
    complain(EVENTS, 'its last line is cut off')
  return { ...history, changed_ms: changed }
}

async function packageFiles(
  place: MissionPlace,
  documents: readonly FoundDocument[],
  complain: Complain,
): Promise<readonly PackageFile[]> {
  const files: PackageFile[] = []
  for (const { name, found } of documents) {
    if (!name.startsWith(`${TASKS}/`)) continue
    const fields = await place.memory.recall(name, found, () => readPackage(found))
    for (const what of fields.problems) complain(name, what)
    files.push({ document: name, fields })
  }
  return files
}

function changedMs({ found }: { readonly found: LocatedEntry }): number {
  return Number(found.stats.mtimeMs)
}

function lastChange(times: readonly (number | null)[]): string | null {
  const known = times.filter((time) => time !== null)
  return known.length === 0 ? null : isoOf(known.reduce((last, time) => Math.max(last, time)))
}

/** Returns the path of something in a mission, relative to the project. */
export function pathOf(id: string, name: string): string {
  return name === '' ? `${SPECS}/${id}` : `${SPECS}/${id}/${name}`
}
