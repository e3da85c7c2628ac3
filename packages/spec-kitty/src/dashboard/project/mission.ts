import type { MissionReply, Problem } from '../api.js'
import { collectDocuments, TASKS, type FoundDocument } from './documents.js'
import { NO_LOG, type Log } from './events.js'
import { list } from './files.js'
import { isoOf, toMilliseconds } from './instants.js'
import { countColumns, isLane, progressOf } from './lanes.js'
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

/** Returns everything that the page shows of a mission, except the text of its documents. */
export async function readMission(place: MissionPlace): Promise<MissionReply> {
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
  const { packages, problems: wrong } = toWorkPackages(files, log)
  for (const { document, what } of wrong) complain(document ?? EVENTS, what)

  place.memory.forgetUnused()
  const lanes = packages.map(({ lane }) => lane)
  const found = [...documents, ...copies, ...(meta.found === null ? [] : [{ found: meta.found }])]
  return {
    id: place.id,
    title: meta.title ?? place.id,
    progress: progressOf(lanes),
    counts: countColumns(lanes),
    not_finalised: lanes.filter((lane) => lane === null).length,
    unknown_lanes: lanes.filter((lane) => lane !== null && !isLane(lane)).length,
    ...lastChange(log, meta, found),
    problem_count: problems.length,
    work_packages: packages,
    documents: documents.map(({ name, found }) => ({ name, bytes: Number(found.stats.size) })),
    worktrees: log.files.flatMap(({ worktree, added }) =>
      worktree === null || added === 0 ? [] : [{ name: worktree, events: added }],
    ),
    problems,
  }
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
    if (!name.startsWith(`${TASKS}/`)) continue
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
