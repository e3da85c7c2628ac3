import { stat } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import type { Wanted } from './directory-watches.js'
import { collectDocuments, type FoundDocument } from './documents.js'
import { list, NO_NAMES } from './read-safely.js'
import { findMissions, findSpecs } from './find-missions.js'
import { locate, type LocatedEntry } from './locate.js'
import { EVENTS, META, SPECS, WORKTREES } from './project-paths.js'
import { copiesOf, findWorktrees, isMadeFor, type Worktree } from './worktrees.js'

/** The directories of the missions, and the paths to watch to notice added and removed missions and worktrees. */
export interface ProjectPlaces {
  readonly missions: ReadonlyMap<string, LocatedEntry>
  readonly worktrees: readonly Worktree[]
  readonly wanted: readonly Wanted[]
}

/**
 * Returns the paths to watch for a project. In the project directory itself, only changes of its known parts and its
 * removal matter.
 */
export async function placesOfProject(directory: string): Promise<ProjectPlaces> {
  const stats = await stat(directory, { bigint: true }).catch(() => null)
  const { root, specs } = await findSpecs(directory)
  const path = root === '' ? directory : root
  const own = { path, stats, only: [SPECS, WORKTREES, basename(path)] }
  const missions = specs === null ? [] : await findMissions(specs, [])
  const ids = missions.map(({ id }) => id)
  const { directory: trees, worktrees } = await findWorktrees(root, ids)
  const found = [specs, trees, ...worktrees.map(({ specs }) => specs)].filter((place) => place !== null)
  return {
    missions: new Map(missions.map(({ id, directory }) => [id, directory])),
    worktrees,
    wanted: [
      own,
      ...found.map((place) => toWanted(place)),
      ...worktrees.map(({ directory }) => ({ ...toWanted(directory), only: [SPECS] })),
    ],
  }
}

/**
 * Returns the paths to watch to notice changes of a mission. They are found by the same code as the files that are read.
 * Every worktree has copies of all missions, but only the logs in worktrees that were made for this mission are watched.
 */
export async function placesOfMission(
  id: string,
  mission: LocatedEntry,
  worktrees: readonly Worktree[] = [],
): Promise<readonly Wanted[]> {
  const listed = await list(mission)
  const { names, files: plain } = 'kind' in listed ? NO_NAMES : listed
  const documents: FoundDocument[] = []
  const directories = [mission]
  const into = { documents, directories, complain: () => undefined, is_brief: true }
  await collectDocuments(mission, { names, files: plain }, into)
  // An entry that was not located is a regular file in a directory that is watched.
  const files = documents.flatMap(({ found }) => found ?? [])
  for (const name of [META, EVENTS].filter((name) => names.includes(name))) {
    const found = await locate(mission, name)
    if (found.kind === 'file') files.push(found)
  }
  // Watching a directory covers its files, but not the targets of its symlinks.
  const watched = new Set(directories.map(({ path }) => path))
  const linked = files.filter(({ path }) => !watched.has(dirname(path)))
  const own = worktrees.filter(({ name }) => isMadeFor(name, id))
  const { copies } = await copiesOf({ worktrees: own, unread: [] }, id)
  return [
    ...[...directories, ...linked].map((found) => toWanted(found)),
    ...copies.map(({ directory }) => ({ ...toWanted(directory), only: [EVENTS] })),
  ]
}

function toWanted({ path, stats }: LocatedEntry): Wanted {
  return { path, stats }
}
