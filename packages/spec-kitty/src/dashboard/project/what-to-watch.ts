import { lstat, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { CHARTERS } from './charter.js'
import type { OnLookup } from './confine.js'
import type { Wanted } from './directory-watches.js'
import { collectDocuments, type FoundDocument } from './documents.js'
import { list, NO_NAMES } from './read-safely.js'
import { directoriesIn, findMissions, findSpecs, PARTS } from './find-missions.js'
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
  const lookups = rememberLookups()
  const { root, specs } = await findSpecs(directory, lookups.onLookup)
  const path = root === '' ? directory : root
  const own = { path, stats, only: [SPECS, WORKTREES, basename(path)] }
  const missions = specs === null ? [] : await findMissions(specs, [])
  const ids = missions.map(({ id }) => id)
  const { directory: trees, worktrees } = await findWorktrees(root, ids, lookups.onLookup)
  const found = [specs, trees, ...worktrees.map(({ specs }) => specs)].filter((place) => place !== null)
  return {
    missions: new Map(missions.map(({ id, directory }) => [id, directory])),
    worktrees,
    wanted: onePerPath([
      own,
      ...found.map((place) => toWanted(place)),
      ...worktrees.map(({ directory }) => ({ ...toWanted(directory), only: [SPECS] })),
      ...(await placesOfCharter(path)),
      ...lookups.wanted(),
    ]),
  }
}

/** Returns the paths to watch to notice changes of the charter. A part of its path that is a symlink is not followed. */
async function placesOfCharter(root: string): Promise<readonly Wanted[]> {
  const wanted: Wanted[] = []
  for (const parts of CHARTERS) {
    let path = root
    for (const part of parts) {
      const stats = await lstat(path, { bigint: true }).catch(() => null)
      if (stats?.isDirectory() !== true) break
      wanted.push({ path, stats, only: [part] })
      path = join(path, part)
    }
  }
  return wanted
}

/**
 * Returns the paths to watch to notice changes of a mission. They are found by the same code as the files that are read.
 * Of the logs in worktrees, only those in worktrees that were made for this mission are watched (see `other-copies.ts`).
 */
export async function placesOfMission(
  id: string,
  place: LocatedEntry,
  worktrees: readonly Worktree[] = [],
): Promise<readonly Wanted[]> {
  const lookups = rememberLookups()
  const mission = { ...place, onLookup: lookups.onLookup }
  const listed = await list(mission)
  const { names, files: plain } = 'kind' in listed ? NO_NAMES : listed
  const documents: FoundDocument[] = []
  const directories: LocatedEntry[] = [mission]
  const into = { documents, directories, complain: () => undefined, is_brief: true }
  await collectDocuments(mission, { names, files: plain }, into)
  const inFolder = documents.length === 0 ? await directoriesIn(mission, names) : []
  const own = worktrees.filter(({ name }) => isMadeFor(name, id))
  const noting = own.map(({ specs, ...tree }) => ({
    ...tree,
    specs: specs === null ? null : { ...specs, onLookup: lookups.onLookup },
  }))
  const { copies } = await copiesOf({ worktrees: noting, unread: [] }, id)
  // Files are watched through their directories. Only the targets of symlinks may be elsewhere.
  for (const name of [META, EVENTS].filter((name) => names.includes(name))) await locate(mission, name)
  for (const { directory } of copies) await locate(directory, EVENTS)
  return onePerPath([
    ...directories.map((found) => toWanted(found)),
    ...inFolder.map((found) => ({ ...toWanted(found), only: [...PARTS] })),
    ...copies.map(({ directory }) => ({ ...toWanted(directory), only: [EVENTS] })),
    ...lookups.wanted(),
  ])
}

/**
 * Remembers the names that are looked up to resolve symlinks. A symlink leads elsewhere, or nowhere, or somewhere again,
 * when one of them changes.
 */
function rememberLookups() {
  const wanted: Wanted[] = []
  const onLookup: OnLookup = async (path, name) => {
    const stats = await lstat(path, { bigint: true }).catch(() => null)
    wanted.push({ path, stats, only: [name] })
  }
  return { onLookup, wanted: () => wanted }
}

/** Merges what is wanted of the same path. */
function onePerPath(wanted: readonly Wanted[]): readonly Wanted[] {
  const merged = new Map<string, Wanted>()
  for (const place of wanted) {
    const before = merged.get(place.path)
    const { path, stats } = before ?? place
    const only = before === undefined ? place.only : bothOf(before.only, place.only)
    merged.set(path, only === undefined ? { path, stats } : { path, stats, only })
  }
  return [...merged.values()]
}

/** Returns the names in both lists. Without a list, all names are wanted, except hidden ones. */
function bothOf(one: Wanted['only'], other: Wanted['only']): Wanted['only'] {
  return one === undefined || other === undefined ? undefined : [...new Set([...one, ...other])].toSorted()
}

function toWanted({ path, stats }: LocatedEntry): Wanted {
  return { path, stats }
}
