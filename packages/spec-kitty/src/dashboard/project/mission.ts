import type { Flow, MissionReply, Problem, WorkPackage } from '../api.js'
import { collectDocuments, type FoundDocument } from './documents.js'
import { isPromptName, packageOfDocument } from './document-names.js'
import { NO_LOG, type Log } from './events.js'
import { list } from './files.js'
import { isoOf, toMilliseconds } from './instants.js'
import { flowOf } from './lane-history.js'
import { countColumns, countLanes, isLane, progressOf } from './lanes.js'
import { locate, type LocatedEntry } from './locate.js'
import type { FileMemory } from './memory.js'
import { EVENTS, META, pathInCopy, pathOf } from './names.js'
import { NO_META, readMeta, readPackage, type Meta } from './read-files.js'
import { readLogs, type LogCopy } from './read-log.js'
import { toWorkPackages, type PackageFile } from './work-packages.js'
import type { MissionCopy } from './worktrees.js'

/** If the file has not changed for this long, an unfinished last line is no longer being written. */
const UNFINISHED_MS = 10_000

const MAX_PROBLEMS = 500

/** One mission, its directories, and the memory of what was read from it. */
export interface MissionPlace {
  readonly id: string
  readonly directory: LocatedEntry
  /** Its directories in the worktrees, of which only the logs are read. */
  readonly copies: readonly MissionCopy[]
  readonly memory: FileMemory
}

type Complain = (path: string, what: string) => void

/** What depends on which processes live, and changes while the files do not. */
type Living = 'section' | 'state' | 'state_words' | 'waiting_count' | 'stalled_count' | 'next_command'

/** A mission as its files tell it: this machine was not asked about the processes. */
export type MissionRead = Omit<MissionReply, Living>

export interface ReadMission {
  readonly mission: MissionRead
  /** False: reading it again may give something else although no file has changed. */
  readonly is_settled: boolean
}

/** Returns everything that the page shows of a mission, except the text of its documents. */
export async function readMission(place: MissionPlace): Promise<ReadMission> {
  const problems: Problem[] = []
  const complainOf: Complain = (path, what) => {
    if (problems.length < MAX_PROBLEMS) problems.push({ path, what })
  }
  const complain: Complain = (name, what) => complainOf(pathOf(place.id, name), what)
  const listed = await list(place.directory)
  if ('kind' in listed) complain('', listed.what)
  else for (const what of listed.problems) complain('', what)
  const names = 'kind' in listed ? [] : listed.names

  const documents: FoundDocument[] = []
  await collectDocuments(place.directory, names, { documents, directories: [], complain })
  const meta = await metaOf(place, names, complain)
  const { log, copies } = await logOf(place, names, complainOf)
  const files = await packageFiles(place, documents, complain)
  const { packages, problems: wrong } = toWorkPackages(place.id, files, log)
  for (const { document, what } of wrong) complain(document ?? EVENTS, what)

  const areKept = place.memory.forgetUnused()
  const isUnfinished = log.files.some(({ is_unfinished }) => is_unfinished)
  return {
    mission: missionOf({ id: place.id, meta, log, copies, documents, packages, problems }),
    is_settled: areKept && !isUnfinished && !('kind' in listed),
  }
}

/** What was found of a mission. */
interface Gathered {
  readonly id: string
  readonly meta: Meta & { readonly found: LocatedEntry | null }
  readonly log: Log
  readonly copies: readonly LogCopy[]
  readonly documents: readonly FoundDocument[]
  readonly packages: readonly WorkPackage[]
  readonly problems: readonly Problem[]
}

function missionOf({ id, meta, log, copies, documents, packages, problems }: Gathered): MissionRead {
  const lanes = packages.map(({ lane }) => lane)
  const found = [...documents, ...copies, ...(meta.found === null ? [] : [{ found: meta.found }])]
  return {
    id,
    title: meta.title ?? id,
    progress: progressOf(lanes),
    counts: countColumns(lanes),
    not_finalised: lanes.filter((lane) => lane === null).length,
    unknown_lanes: lanes.filter((lane) => lane !== null && !isLane(lane)).length,
    ...lastChange(log, meta, found),
    problem_count: problems.length,
    purpose: meta.purpose,
    merge_commit: meta.merge_commit,
    lanes: countLanes(lanes),
    agents: [...new Set(packages.flatMap(({ agent }) => agent ?? []))].toSorted(),
    work_packages: packages,
    documents: documents.map((document) => documentSummary(document, packages)),
    flow: flowIn(log, packages),
    worktrees: log.files.flatMap(({ worktree, added }) =>
      worktree === null || added === 0 ? [] : [{ name: worktree, events: added }],
    ),
    problems,
  }
}

function documentSummary(
  { name, found }: FoundDocument,
  packages: readonly WorkPackage[],
): MissionRead['documents'][number] {
  return { name, bytes: Number(found.stats.size), work_package: packageOfDocument(name, packages) }
}

function flowIn({ days, lanes }: Log, packages: readonly WorkPackage[]): Flow {
  const moved = packages.flatMap(({ id }) => {
    const state = lanes.get(id)
    return state === undefined ? [] : [flowOf(id, state.history)]
  })
  return { days, packages: moved }
}

async function fileOf(place: MissionPlace, names: readonly string[], name: string, complain: Complain) {
  const found = names.includes(name) ? await locate(place.directory, name) : null
  if (found?.kind === 'file') return found
  if (found?.kind === 'directory') complain(name, 'is a directory where a file should be')
  if (found?.kind === 'unusable') complain(name, found.what)
  return null
}

async function metaOf(
  place: MissionPlace,
  names: readonly string[],
  complain: Complain,
): Promise<Meta & { readonly found: LocatedEntry | null }> {
  const found = await fileOf(place, names, META, complain)
  if (found === null) return { ...NO_META, found }
  const meta = await place.memory.recall(META, [found], () => readMeta(found))
  for (const what of meta.problems) complain(META, what)
  return { ...meta, found }
}

/** Reads the log of the mission together with its copies in the worktrees, which may be ahead of it. */
async function logOf(
  place: MissionPlace,
  names: readonly string[],
  complainOf: Complain,
): Promise<{ readonly log: Log; readonly copies: readonly LogCopy[] }> {
  const pathIn = (worktree: string | null): string =>
    worktree === null ? pathOf(place.id, EVENTS) : pathInCopy(worktree, place.id, EVENTS)
  const main = await fileOf(place, names, EVENTS, (_, what) => complainOf(pathIn(null), what))
  const copies: LogCopy[] = main === null ? [] : [{ worktree: null, found: main }]
  for (const { worktree, directory } of place.copies) {
    const found = await locate(directory, EVENTS)
    if (found.kind === 'file') copies.push({ worktree, found })
    if (found.kind === 'unusable') complainOf(pathIn(worktree), found.what)
  }
  if (copies.length === 0) return { log: NO_LOG, copies }
  const files = copies.map(({ found }) => found)
  const log = await place.memory.recall(EVENTS, files, () => readLogs(copies))
  for (const [at, { worktree, problems, is_unfinished: isUnfinished }] of log.files.entries()) {
    for (const what of problems) complainOf(pathIn(worktree), what)
    const changed = copies[at] === undefined ? 0 : changedMs(copies[at])
    if (isUnfinished && Date.now() - changed > UNFINISHED_MS)
      complainOf(pathIn(worktree), 'its last line is cut off')
  }
  return { log, copies }
}

async function packageFiles(
  place: MissionPlace,
  documents: readonly FoundDocument[],
  complain: Complain,
): Promise<readonly PackageFile[]> {
  const files: PackageFile[] = []
  for (const { name, found } of documents) {
    if (!isPromptName(name)) continue
    const fields = await place.memory.recall(name, [found], () => readPackage(found))
    for (const what of fields.problems) complain(name, what)
    files.push({ document: name, fields })
  }
  return files
}

function changedMs({ found }: { readonly found: LocatedEntry }): number {
  return Number(found.stats.mtimeMs)
}

/** The times of files are the last resort: git sets them when it checks out a branch. */
function lastChange(
  { newest: event }: Log,
  { newest: date }: Meta,
  files: readonly { readonly found: LocatedEntry }[],
): Pick<MissionReply, 'updated_at' | 'updated_from'> {
  if (event !== null) return { updated_at: toMilliseconds(event), updated_from: 'event' }
  if (date !== null) return { updated_at: toMilliseconds(date), updated_from: 'meta' }
  if (files.length === 0) return { updated_at: null, updated_from: null }
  const times = files.map((file) => changedMs(file))
  return { updated_at: isoOf(times.reduce((last, time) => Math.max(last, time))), updated_from: 'files' }
}
