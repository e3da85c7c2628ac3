import type { Flow, WorkPackage } from '../api.js'
import { isPromptName } from './document-names.js'
import type { AskedDecision } from './decisions.js'
import type { FoundDocument } from './documents.js'
import { sameId } from './package-ids.js'
import { NO_LOG, type Log, type LogFile } from './event-log.js'
import { giveWay } from './give-way.js'
import { flowOf } from './mission-flow.js'
import type { LocatedEntry } from './locate.js'
import { kept, type Reading } from './remember-files.js'
import { NO_META, readMeta, type Meta } from './read-meta.js'
import { readPrompt } from './read-prompt.js'
import { readLogs, type LogCopy } from './read-log-files.js'
import type { PackageFile } from './package-file.js'
import { toWorkPackages, type PackageProblem } from './work-packages.js'

/** The files of a mission that are read to show it in the list. */
export interface MissionFiles {
  readonly meta: LocatedEntry | null
  /** The log of the mission, and its copies in the worktrees, which may contain newer events. */
  readonly copies: readonly LogCopy[]
  /** All documents. Of these, only the prompts are read. */
  readonly documents: readonly FoundDocument[]
}

/** The contents of these files, as plain data. They depend only on the files. */
export interface MissionContents {
  readonly meta: Meta
  readonly packages: readonly WorkPackage[]
  readonly flow: Flow
  /** The decisions that the log asks for, in the part that could be read. */
  readonly decisions: readonly AskedDecision[]
  /** The time of the newest event, as `instantOf` returns it. */
  readonly newest: string | null
  readonly log_files: readonly LogFile[]
  /** The problems, each with the document that it is about; null for the log. */
  readonly problems: readonly PackageProblem[]
}

export const NO_CONTENTS: MissionContents = {
  meta: NO_META,
  packages: [],
  decisions: [],
  flow: { days: [], packages: [] },
  newest: null,
  log_files: [],
  problems: [],
}

/** Returns the files whose contents `readContents` reads. */
export function filesToRead({ meta, copies, documents }: MissionFiles): readonly LocatedEntry[] {
  const prompts = documents.flatMap(({ name, found }) =>
    found !== null && isPromptName(name) ? [found] : [],
  )
  return [...(meta === null ? [] : [meta]), ...copies.map(({ found }) => found), ...prompts]
}

/** Reads the files of a mission. */
export async function readContents(mission: string, files: MissionFiles): Promise<Reading<MissionContents>> {
  const meta = files.meta === null ? kept(NO_META) : await readMeta(files.meta)
  const log = files.copies.length === 0 ? kept(NO_LOG) : await readLogs(files.copies)
  const prompts = await readPrompts(files.documents)
  const { packages, problems } = toWorkPackages(mission, prompts.value, log.value)
  const own = prompts.value.flatMap(({ document, fields }) =>
    fields.problems.map((what) => ({ document, what })),
  )
  const contents = {
    meta: meta.value,
    packages,
    flow: flowIn(log.value, packages),
    decisions: log.value.decisions,
    newest: log.value.newest,
    log_files: log.value.files,
    problems: [...own, ...problems],
  }
  return { value: compact(contents), is_kept: meta.is_kept && log.is_kept && prompts.is_kept }
}

async function readPrompts(documents: readonly FoundDocument[]): Promise<Reading<readonly PackageFile[]>> {
  const files: PackageFile[] = []
  let isKept = true
  for (const { name, found } of documents) {
    if (found === null || !isPromptName(name)) continue
    const { value: fields, is_kept } = await readPrompt(found)
    isKept &&= is_kept
    files.push({ document: name, fields })
    await giveWay()
  }
  return { value: files, is_kept: isKept }
}

function flowIn({ days, lanes }: Log, packages: readonly WorkPackage[]): Flow {
  const states = new Map([...lanes].map(([id, state]) => [sameId(id), state]))
  const moved = packages.flatMap(({ id }) => {
    const state = states.get(sameId(id))
    return state === undefined ? [] : [flowOf(id, state.history)]
  })
  return { days, packages: moved }
}

/**
 * Returns the same data in a fifth of the memory. Strings that were cut from others keep the originals in memory, and
 * joined strings keep their parts. (For 412 missions: 51 MB before, 11 MB after.)
 */
function compact(contents: MissionContents): MissionContents {
  return JSON.parse(JSON.stringify(contents)) as MissionContents
}
