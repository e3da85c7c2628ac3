import { basename } from 'node:path'
import type { DocumentReply, MissionReply, MissionsReply, MissionSummary } from '../api.js'
import { readDocument } from './documents.js'
import { findMission, findMissions, findSpecs } from './find.js'
import { rememberFiles, type FileMemory } from './memory.js'
import { readMission } from './mission.js'
import { pathOf } from './names.js'
import { copiesOf, findWorktrees, missingIn } from './worktrees.js'

/** How many missions are read at the same time: as many as Node's thread pool has threads. */
const AT_ONCE = 4

/** What a page may request of a project. Nothing throws because of the project's contents, and nothing writes. */
export interface Project {
  missions(): Promise<MissionsReply>
  /** Null: there is no such mission. */
  mission(id: string): Promise<MissionReply | null>
  /** Null: there is no such mission or document. */
  document(mission: string, name: string): Promise<DocumentReply | null>
}

/** Returns a reader for the project in a directory, which need not exist yet. It does not read unchanged files again. */
export function openProject(directory: string): Project {
  const memories = new Map<string, FileMemory>()
  const memoryOf = (id: string): FileMemory => {
    const memory = memories.get(id) ?? rememberFiles()
    memories.set(id, memory)
    return memory
  }

  return {
    async missions() {
      const { root, specs, problems } = await findSpecs(directory)
      const found = specs === null ? null : await findMissions(specs, problems)
      const { worktrees, problems: unread } = await findWorktrees(root)
      const ids = found?.map(({ id }) => id) ?? []
      problems.push(...unread, ...(await missingIn(ids, worktrees)))
      const missions: MissionSummary[] = []
      await eachOf(found ?? [], async ({ id, directory }) => {
        const copies = await copiesOf(worktrees, id)
        missions.push(summaryOf(await readMission({ id, directory, copies, memory: memoryOf(id) })))
      })
      forgetOthers(memories, missions)
      return {
        project: { name: basename(directory), path: directory },
        missions: missions.toSorted(lastChangedFirst),
        problems,
      }
    },
    async mission(id) {
      const found = await findMission(directory, id)
      if (found === null) return null
      const { worktrees } = await findWorktrees(found.root)
      const copies = await copiesOf(worktrees, id)
      return readMission({ id, directory: found, copies, memory: memoryOf(id) })
    },
    async document(mission, name) {
      const found = await findMission(directory, mission)
      return found === null ? null : readDocument(found, name, pathOf(mission, name))
    },
  }
}

function summaryOf(mission: MissionReply): MissionSummary {
  const { id, title, progress, counts, not_finalised, unknown_lanes } = mission
  const { updated_at, updated_from, problem_count } = mission
  return {
    id,
    title,
    progress,
    counts,
    not_finalised,
    unknown_lanes,
    updated_at,
    updated_from,
    problem_count,
  }
}

function lastChangedFirst(one: MissionSummary, other: MissionSummary): number {
  const [first, second] = [one.updated_at ?? '', other.updated_at ?? '']
  if (first !== second) return first < second ? 1 : -1
  return one.id < other.id ? -1 : 1
}

function forgetOthers(memories: Map<string, FileMemory>, missions: readonly MissionSummary[]): void {
  const ids = new Set(missions.map(({ id }) => id))
  for (const id of memories.keys()) if (!ids.has(id)) memories.delete(id)
}

async function eachOf<T>(items: readonly T[], use: (item: T) => Promise<void>): Promise<void> {
  const rest = items.values()
  const worker = async (): Promise<void> => {
    for (const item of rest) await use(item)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
}
