import { basename } from 'node:path'
import { startTimesOf } from 'familiar/cli'
import type {
  CharterReply,
  DocumentReply,
  MissionReply,
  MissionsReply,
  MissionSummary,
  NowReply,
  Problem,
  SearchReply,
} from '../api.js'
import { oneByOne } from '../limit-work.js'
import { charterPath, readCharter } from './charter.js'
import { readDocument } from './documents.js'
import { findMission, findMissions, findSpecs, missionsIn, type MissionDirectory } from './find-missions.js'
import { giveWay } from './give-way.js'
import { rememberFiles, type FileMemory } from './remember-files.js'
import { pidsOf, standingOf } from './mission-standing.js'
import { failedMission, readMission, type MissionRead } from './mission.js'
import { pathOf } from './project-paths.js'
import { nowOf } from './now.js'
import type { LookAtProcesses, ProcessStarts } from './judge-agents.js'
import { forgetLogs } from './read-log-files.js'
import { searchMissions } from './search.js'
import { NEVER_VOUCHED, vouchedMemory, type Vouching } from './vouching.js'
import { copiesOf, findWorktrees, missingIn, type Worktrees } from './worktrees.js'

/** How many missions are read at the same time. Node's thread pool has the same number of threads. */
const AT_ONCE = 4

/** What a page may request about a project. No function throws because of the project's contents, and none writes. */
export interface Project {
  missions(): Promise<MissionsReply>
  now(): Promise<NowReply>
  /** Returns the mission; null if there is no such mission. */
  mission(id: string): Promise<MissionReply | null>
  /** Returns the document; null if there is no such mission or document. */
  document(mission: string, name: string): Promise<DocumentReply | null>
  /** Returns the charter; null if the project has none. */
  charter(): Promise<CharterReply | null>
  search(query: string, signal: AbortSignal): Promise<SearchReply>
  /** Compresses the cached data, so that it takes less memory until it is requested again. */
  rest(): Promise<void>
  /** Drops the cached data, to free its memory. */
  forget(): void
}

export interface ProjectOptions {
  /** Asks this machine for the start times of processes. */
  readonly look?: LookAtProcesses
  /** Knows which missions are unchanged since they were read, so that their files need not be checked. */
  readonly vouching?: Vouching
  /** Called with every mission that was sent, with the states of its processes. */
  readonly onJudged?: (mission: MissionReply) => void
  /** Called with every mission that was read, and when it changes although no file does; null if it does not. */
  readonly onRead?: (mission: string, changesAt: number | null) => void
}

/** The directories of the missions, and the problems with these directories. */
interface Places {
  readonly missions: readonly MissionDirectory[]
  readonly worktrees: Worktrees
  readonly problems: readonly Problem[]
  /** Those problems that may hide missions. */
  readonly hidden: readonly Problem[]
}

/** Returns a reader for the project in a directory, which need not exist yet. It does not read unchanged files again. */
export function openProject(directory: string, options: ProjectOptions = {}): Project {
  const { look = startTimesOf, vouching = NEVER_VOUCHED, onJudged, onRead } = options
  const memories = new Map<string, FileMemory>()
  const vouchedPlaces = vouchedMemory<Places>(() => vouching.ofList())
  /**
   * The cached missions: those in the list (`brief`, without the sizes of their documents), and those whose board was
   * requested (`full`).
   */
  const brief = vouchedMemory<MissionRead>((id) => vouching.ofMission(id))
  const full = vouchedMemory<MissionRead>((id) => vouching.ofMission(id))
  const keepOnly = (ids: ReadonlySet<string>): void => {
    brief.keepOnly(ids)
    full.keepOnly(ids)
  }
  /** A page requests the list and its board together: the second one finds what the first one has read of the mission. */
  const inTurn = oneByOne()
  const memoryOf = (id: string): FileMemory => {
    const memory = memories.get(id) ?? rememberFiles()
    memories.set(id, memory)
    return memory
  }
  const read = (mission: MissionDirectory, worktrees: Worktrees, is_brief: boolean): Promise<MissionRead> =>
    (is_brief ? brief : full)
      .recall(mission.id, () =>
        inTurn(mission.id, async () => {
          const { id, directory } = mission
          const { copies, unread } = await copiesOf(worktrees, id)
          const {
            mission: value,
            is_settled,
            changes_at,
          } = await readMission({
            id,
            directory,
            copies,
            unread,
            memory: memoryOf(id),
            is_brief,
          })
          onRead?.(id, changes_at)
          return { value, is_kept: is_settled }
        }),
      )
      // An error in one mission must not prevent the others from being shown.
      .catch((error: unknown) => failedMission(mission.id, error))
  const readAll = async (): Promise<Places & { readonly read: readonly MissionRead[] }> => {
    await vouching.settle()
    const places = await vouchedPlaces.recall('', async () => ({
      value: await findPlaces(directory),
      is_kept: true,
    }))
    const missions: MissionRead[] = []
    await eachOf(
      places.missions,
      async (mission) => void missions.push(await read(mission, places.worktrees, true)),
    )
    const ids = new Set(places.missions.map(({ id }) => id))
    for (const id of memories.keys()) if (!ids.has(id)) memories.delete(id)
    keepOnly(ids)
    const { folders, problems } = await findFolders(places.missions, missions)
    return {
      ...places,
      problems: [...places.problems, ...problems],
      read: missions.filter(({ id }) => !folders.has(id)).toSorted(lastChangedFirst),
    }
  }
  const judged = async (missions: readonly MissionRead[]): Promise<readonly MissionReply[]> => {
    const starts = await look(missions.flatMap((mission) => pidsOf(mission)))
    const replies = missions.map((mission) => standingOrFailed(mission, starts))
    for (const reply of replies) onJudged?.(reply)
    return replies
  }

  return {
    async missions() {
      const { read: missions, problems } = await readAll()
      return {
        project: { name: basename(directory), path: directory },
        charter: await charterPath(directory),
        missions: (await judged(missions)).map((mission) => summaryOf(mission)),
        problems,
      }
    },
    async now() {
      const { read: missions, hidden } = await readAll()
      return nowOf(await judged(missions), hidden, new Date())
    },
    async mission(id) {
      await vouching.settle()
      const found = await findMission(directory, id)
      if (found === null) return null
      const worktrees = await findWorktrees(found.root, [id])
      const [mission] = await judged([await read({ id, directory: found }, worktrees, false)])
      return mission ?? null
    },
    async document(mission, name) {
      const found = await findMission(directory, mission)
      return found === null ? null : readDocument(found, name, pathOf(mission, name))
    },
    charter: () => readCharter(directory),
    async search(query, signal) {
      const { read: missions, missions: places } = await readAll()
      const directories = new Map(places.map((place) => [place.id, place.directory]))
      return searchMissions(query, missions, directories, signal)
    },
    async rest() {
      forgetLogs()
      vouchedPlaces.keepOnly(new Set())
      keepOnly(new Set())
      await eachOf([...memories.values()], async (memory) => memory.freeze())
    },
    forget() {
      forgetLogs()
      memories.clear()
      vouchedPlaces.keepOnly(new Set())
      keepOnly(new Set())
    },
  }
}

async function findPlaces(directory: string): Promise<Places> {
  const { root, specs, problems } = await findSpecs(directory)
  const missions = specs === null ? [] : await findMissions(specs, problems)
  const hidden = [...problems]
  const ids = missions.map(({ id }) => id)
  const worktrees = await findWorktrees(root, ids)
  return {
    missions,
    worktrees,
    hidden,
    problems: [...problems, ...worktrees.problems, ...(await missingIn(ids, worktrees.worktrees))],
  }
}

/**
 * Returns the directories that are not missions but folders with finished missions, and a problem for each. Only a
 * directory in which nothing else was found can be one.
 */
async function findFolders(
  places: readonly MissionDirectory[],
  missions: readonly MissionRead[],
): Promise<{ readonly folders: ReadonlySet<string>; readonly problems: readonly Problem[] }> {
  const folders = new Set<string>()
  const problems: Problem[] = []
  const bare = new Set(missions.filter((one) => isBare(one)).map(({ id }) => id))
  for (const place of bare.size === 0 ? [] : places.filter(({ id }) => bare.has(id))) {
    const count = await missionsIn(place)
    if (count === 0) continue
    folders.add(place.id)
    const what = `is a folder with ${count === 1 ? 'a mission' : `${count} missions`} in it, which the page does not show`
    problems.push({ path: pathOf(place.id, ''), what })
  }
  return { folders, problems }
}

function isBare({ updated_at, documents, work_packages }: MissionRead): boolean {
  return updated_at === null && documents.length === 0 && work_packages.length === 0
}

function standingOrFailed(mission: MissionRead, starts: ProcessStarts): MissionReply {
  try {
    return standingOf(mission, starts)
  } catch (error) {
    return standingOf(failedMission(mission.id, error), starts)
  }
}

const summaries = new WeakMap<MissionReply, MissionSummary>()

function summaryOf(mission: MissionReply): MissionSummary {
  const known = summaries.get(mission)
  if (known !== undefined) return known
  const {
    work_packages: _,
    documents: _d,
    worktrees: _w,
    flow: _f,
    next_command: _n,
    open_decisions: _o,
    problems: _p,
    ...summary
  } = mission
  summaries.set(mission, summary)
  return summary
}

function lastChangedFirst(one: MissionRead, other: MissionRead): number {
  const [first, second] = [one.updated_at ?? '', other.updated_at ?? '']
  if (first !== second) return first < second ? 1 : -1
  return one.id < other.id ? -1 : 1
}

async function eachOf<T>(items: readonly T[], use: (item: T) => Promise<void>): Promise<void> {
  const rest = items.values()
  const worker = async (): Promise<void> => {
    for (const item of rest) {
      await use(item)
      await giveWay()
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
}
