import type { MissionReply, Problem, WorkPackage } from '../api.js'
import type { AskedDecision } from './decisions.js'
import { isOfPrompts, packageOfDocument, TASKS } from './document-names.js'
import { collectDocuments, type FoundDocument } from './documents.js'
import { list, NO_NAMES, type Names } from './read-safely.js'
import { futureOf } from './timestamps.js'
import { lastChange, newestCome, newestOf } from './last-change.js'
import { changesAt, isBeingWritten } from './passing.js'
import { isLane } from './lane-columns.js'
import { countColumns, countLanes, progressOf } from './mission-progress.js'
import { locate, type LocatedEntry } from './locate.js'
import type { FileMemory } from './remember-files.js'
import {
  filesToRead,
  NO_CONTENTS,
  readContents,
  type MissionContents,
  type MissionFiles,
} from './mission-contents.js'
import { isCoordinationOf, missingCopy } from './coordination.js'
import { EVENTS, META, pathInCopy, pathOf } from './project-paths.js'
import { asFarAsRead, doubtsOf, gapsOf, promptGap, type PromptGap, type Unread } from './doubts.js'
import { CUT_OFF, type LogFile } from './event-log.js'
import type { LogCopy } from './read-log-files.js'
import { withoutFuture } from './mission-flow.js'
import { isMadeFor, type MissionCopy, type UnreadWorktree } from './worktrees.js'

const MAX_PROBLEMS = 500

/** How many lines of a log are named because they are in the future. */
const MAX_FUTURE_LINES = 10

const DIRECTORY = 'is a directory where a file should be'

/** One mission, its directories, and the cache of what was read from it. */
export interface MissionPlace {
  readonly id: string
  readonly directory: LocatedEntry
  /** The mission's directories in the worktrees. Only the logs in them are read. */
  readonly copies: readonly MissionCopy[]
  /** The worktrees that could not be read. Only those that were made for the mission may contain newer events. */
  readonly unread: readonly UnreadWorktree[]
  readonly memory: FileMemory
  /** Whether the sizes of the documents are not needed. If so, they are not read, and each document has 0 bytes. */
  readonly is_brief: boolean
}

type Complain = (path: string, what: string) => void

/** All problems of a mission, and those because of which the lanes of its packages are unknown. */
interface Complaints {
  readonly problems: readonly Problem[]
  readonly unread: readonly Problem[]
  readonly prompts: readonly PromptGap[]
}

/** The members that depend on which processes are running. They can change although the files do not. */
type Living = 'section' | 'state' | 'state_words' | 'waiting_count' | 'stalled_count' | 'next_command'

/** A mission as its files describe it, before the processes on this machine were checked. */
export type MissionRead = Omit<MissionReply, Living>

export interface ReadMission {
  readonly mission: MissionRead
  /** False if reading the mission again may give another result although no file has changed. */
  readonly is_settled: boolean
  /** When the mission changes although no file does, in milliseconds since 1970; null if it does not. */
  readonly changes_at: number | null
}

/** Returns everything that the page shows of a mission, except the text of its documents. */
export async function readMission(place: MissionPlace): Promise<ReadMission> {
  const problems: Problem[] = []
  const unread: Problem[] = []
  const complainOf: Complain = (path, what) => {
    if (problems.length < MAX_PROBLEMS) problems.push({ path, what })
  }
  const listed = await list(place.directory)
  const unreadOf: Complain = (path, what) => {
    complainOf(path, what)
    unread.push({ path, what })
  }
  const prompts: PromptGap[] = []
  const complain: Complain = (name, what) => {
    complainOf(pathOf(place.id, name), what)
    if (isOfPrompts(name))
      prompts.push({ ...promptGap(name), problem: { path: pathOf(place.id, name), what } })
  }
  if ('kind' in listed) unreadOf(pathOf(place.id, ''), listed.what)
  else for (const what of listed.problems) complain('', what)
  const { files: plain } = 'kind' in listed ? NO_NAMES : listed
  const names = 'kind' in listed ? [] : withKnownNames(listed)

  const documents: FoundDocument[] = []
  const into = { documents, directories: [], complain, is_brief: place.is_brief }
  await collectDocuments(place.directory, { names, files: plain }, into)
  const meta = await fileOf(place, names, META, unreadOf)
  const copies = await logCopies(place, names, unreadOf)
  const files = { meta, copies, documents }
  const contents = await place.memory.recall('', filesToRead(files), () => readContents(place.id, files))
  // The only sign of when such a mission changed are the times of its files.
  if (place.is_brief && contents.newest === null && newestCome(contents.meta.dates) === null)
    return readMission({ ...place, is_brief: false })
  const unreadCopies = place.unread.filter(({ name }) => isOwn(name, place.id, contents))
  for (const { path, what } of unreadCopies) unreadOf(path, what)
  const absent = unreadCopies.length > 0 ? null : missingCopy(place.id, contents, copies)
  if (absent !== null) unreadOf(absent.path, absent.what)
  complainOfContents(place.id, contents, copies, complainOf, unreadOf)
  // Results that depend on the time of day may change although no file does.
  const isPassing = contents.log_files.some(({ is_unfinished, future }) => is_unfinished || future.length > 0)
  return {
    mission: missionOf(place.id, contents, files, { problems, unread, prompts }),
    changes_at: changesAt(contents.log_files, copies, contents.meta.dates),
    is_settled: place.memory.forgetUnused() && !isPassing && !('kind' in listed) && unreadCopies.length === 0,
  }
}

/** Returns a mission about which nothing is known, because reading it failed through a bug in the dashboard. */
export function failedMission(id: string, error: unknown): MissionRead {
  const said = error instanceof Error ? error.message : String(error)
  const problem = { path: pathOf(id, ''), what: `cannot be shown, by a mistake of the dashboard: ${said}` }
  const files = { meta: null, copies: [], documents: [] }
  return missionOf(id, NO_CONTENTS, files, { problems: [problem], unread: [problem], prompts: [] })
}

function missionOf(
  id: string,
  contents: MissionContents,
  { meta, copies, documents }: MissionFiles,
  { problems, unread, prompts }: Complaints,
): MissionRead {
  const { flow, log_files, newest } = contents
  const doubts = doubtsOf(contents.packages, {
    ...unreadIn(id, contents, copies, unread),
    prompts,
  })
  const packages = asFarAsRead(contents.packages, doubts)
  const unread_lanes = packages.filter(({ is_lane_unread }) => is_lane_unread).length
  const lanes = packages.map(({ lane }) => lane)
  const found = [...documents, ...copies].flatMap((one) => one.found ?? [])
  const all = withDoubts(problems, doubts.problems)
  // The unread part may say that a decision was taken.
  const open = doubts.problems.length === 0 ? contents.decisions : []
  return {
    id,
    title: contents.meta.title ?? id,
    progress: progressOf(lanes),
    counts: countColumns(lanes),
    not_finalised: lanes.filter((lane) => lane === null).length - unread_lanes,
    unread_lanes,
    lanes_in_doubt: packages.filter(({ lane_doubt }) => lane_doubt !== null).length,
    unreadable: doubts.problems,
    unknown_lanes: lanes.filter((lane) => lane !== null && !isLane(lane)).length,
    ...lastChange(
      newestOf(newest, log_files),
      newestCome(contents.meta.dates),
      meta === null ? found : [...found, meta],
    ),
    problem_count: all.length,
    purpose: contents.meta.purpose,
    merge_commit: contents.meta.merge_commit,
    merged_at: contents.meta.merged_at,
    discarded_at: contents.meta.discarded_at,
    lanes: countLanes(lanes),
    agents: [...new Set(packages.flatMap(({ agent }) => agent ?? []))].toSorted(),
    work_packages: packages,
    decision_count: open.length,
    open_decisions: open.map((one) => ({ ...one, document: documentOf(one, documents) })),
    documents: documents.map((document) => documentSummary(document, packages)),
    flow: log_files.some(({ future }) => future.length > 0) ? withoutFuture(flow) : flow,
    worktrees: log_files.flatMap(({ worktree, added }) =>
      worktree === null || added === 0 ? [] : [{ name: worktree, events: added }],
    ),
    problems: all,
  }
}

/**
 * Returns all problems, those that leave lanes in doubt with their packages. Of a log, only the first broken lines are
 * named otherwise, but a package that is in doubt must have its problem among them.
 */
function withDoubts(problems: readonly Problem[], doubtful: readonly Problem[]): readonly Problem[] {
  const named = new Map(doubtful.map((one) => [keyOf(one), one]))
  const known = new Set(problems.map((one) => keyOf(one)))
  return [
    ...problems.map((one) => named.get(keyOf(one)) ?? one),
    ...doubtful.filter((one) => !known.has(keyOf(one))),
  ].slice(0, MAX_PROBLEMS)
}

function keyOf({ path, what }: Problem): string {
  return `${path}\n${what}`
}

/** If a directory has too many names, the files that determine the lanes of packages are looked up anyway. */
function withKnownNames({ names, is_cut }: Names): readonly string[] {
  return is_cut ? [...new Set([...names, META, EVENTS, TASKS])] : names
}

function documentSummary(
  { name, found }: FoundDocument,
  packages: readonly WorkPackage[],
): MissionRead['documents'][number] {
  return { name, bytes: Number(found?.stats.size ?? 0), work_package: packageOfDocument(name, packages) }
}

/** Returns the document about a decision, which the tool names after the id of the decision. */
function documentOf({ id }: AskedDecision, documents: readonly FoundDocument[]): string | null {
  return documents.find(({ name }) => name === `decisions/DM-${id}.md`)?.name ?? null
}

async function fileOf(place: MissionPlace, names: readonly string[], name: string, complain: Complain) {
  const found = names.includes(name) ? await locate(place.directory, name) : null
  if (found?.kind === 'file') return found
  if (found?.kind === 'directory') complain(pathOf(place.id, name), DIRECTORY)
  if (found?.kind === 'unusable') complain(pathOf(place.id, name), found.what)
  return null
}

/** Returns the log of the mission and its copies in the worktrees. */
async function logCopies(
  place: MissionPlace,
  names: readonly string[],
  complainOf: Complain,
): Promise<readonly LogCopy[]> {
  const main = await fileOf(place, names, EVENTS, complainOf)
  const copies: LogCopy[] = main === null ? [] : [{ worktree: null, found: main }]
  for (const { worktree, directory } of place.copies) {
    const found = await locate(directory, EVENTS)
    if (found.kind === 'file') copies.push({ worktree, found })
    const path = pathInCopy(worktree, place.id, EVENTS)
    if (found.kind === 'directory') complainOf(path, DIRECTORY)
    if (found.kind === 'unusable') complainOf(path, found.what)
  }
  return copies
}

function complainOfContents(
  id: string,
  { meta, log_files, problems }: MissionContents,
  copies: readonly LogCopy[],
  complainOf: Complain,
  unreadOf: Complain,
): void {
  for (const what of meta.problems) complainOf(pathOf(id, META), what)
  for (const what of meta.unread) unreadOf(pathOf(id, META), what)
  for (const [at, file] of log_files.entries()) {
    const path = pathOfLog(id, file)
    for (const { line, at: time } of file.future.slice(0, MAX_FUTURE_LINES)) {
      const what = futureText(line, time)
      if (what !== null) complainOf(path, what)
    }
    for (const what of file.problems) (file.is_unread ? unreadOf : complainOf)(path, what)
    if (file.is_unfinished && !isBeingWritten(copies[at])) complainOf(path, CUT_OFF)
  }
  for (const { document, worktree, what } of problems)
    complainOf(
      worktree === undefined ? pathOf(id, document ?? EVENTS) : pathInCopy(worktree, id, EVENTS),
      what,
    )
}

function futureText(line: number, at: string): string | null {
  const ahead = futureOf(at)
  return ahead === null ? null : `line ${line} is ${ahead} in the future`
}

function unreadIn(
  id: string,
  { log_files }: MissionContents,
  copies: readonly LogCopy[],
  unread: readonly Problem[],
): Omit<Unread, 'prompts'> {
  return {
    logs: unread.filter(({ path }) => !path.endsWith(META)),
    meta: unread.filter(({ path }) => path.endsWith(META)),
    gaps: log_files.flatMap((file, at) => gapsOf(file, pathOfLog(id, file), isBeingWritten(copies[at]))),
    future: log_files.flatMap((file) =>
      file.future.flatMap(({ line, at, wp }) => {
        const what = futureText(line, at)
        return wp === null || what === null ? [] : [{ wp, problem: { path: pathOfLog(id, file), what } }]
      }),
    ),
  }
}

/** Returns whether what could not be read concerns the mission: a worktree that was made for it, or all worktrees (null). */
function isOwn(worktree: string | null, id: string, { meta }: MissionContents): boolean {
  return worktree === null || isMadeFor(worktree, id) || isCoordinationOf(worktree, id, meta)
}

function pathOfLog(id: string, { worktree }: LogFile): string {
  return worktree === null ? pathOf(id, EVENTS) : pathInCopy(worktree, id, EVENTS)
}
