import { realpath } from 'node:fs/promises'
import type { Problem } from '../api.js'
import { isHidden, type Confined, type OnLookup } from './confine.js'
import { chooseDisk } from './disk.js'
import { FIXED, TASKS } from './document-names.js'
import { list } from './read-safely.js'
import { codeOf, locate, refused, type LocatedEntry, type Located } from './locate.js'
import { EVENTS, META, pathOf, SPECS } from './project-paths.js'

const MAX_MISSIONS = 1000

export interface Specs {
  /** The real path of the project; empty if the project does not exist. */
  readonly root: string
  readonly specs: LocatedEntry | null
  readonly problems: Problem[]
}

/** Returns the directory of a project's missions. It is not a problem if the project does not have one yet. */
export async function findSpecs(directory: string, onLookup?: OnLookup): Promise<Specs> {
  const problems: Problem[] = []
  const complain = (path: string, what: string): void => void problems.push({ path, what })
  let root = ''
  try {
    root = await realpath(directory)
    await chooseDisk(root)
    const specs = await enterable({ path: root, root, within: root, onLookup }, SPECS)
    if (specs.kind === 'directory') return { root, specs, problems }
    if (specs.kind === 'file') complain(SPECS, 'is a file where a directory should be')
    if (specs.kind === 'unusable') complain(SPECS, specs.what)
  } catch (error) {
    complain('.', `cannot be read (${codeOf(error)})`)
  }
  return { root, specs: null, problems }
}

export interface MissionDirectory {
  readonly id: string
  readonly directory: LocatedEntry
}

/** Returns the missions. Ignores files beside them, which are notes, and hidden directories, which belong to tools. */
export async function findMissions(
  specs: LocatedEntry,
  problems: Problem[],
): Promise<readonly MissionDirectory[]> {
  const listed = await list(specs)
  if ('kind' in listed) {
    problems.push({ path: SPECS, what: listed.what })
    return []
  }
  const missions: MissionDirectory[] = []
  problems.push(...listed.problems.map((what) => ({ path: SPECS, what })))
  for (const id of listed.names.filter((name) => isMissionId(name))) {
    const found = await locateMission(specs, id)
    if (found.kind === 'unusable') problems.push({ path: pathOf(id, ''), what: found.what })
    if (found.kind !== 'directory') continue
    if (missions.length === MAX_MISSIONS) {
      problems.push({
        path: SPECS,
        what: `has more than ${MAX_MISSIONS} missions, and only so many are shown`,
      })
      break
    }
    missions.push({ id, directory: found })
  }
  return missions
}

/** Returns the directory of one mission; null if there is none. */
export async function findMission(directory: string, id: string): Promise<LocatedEntry | null> {
  const { specs } = isMissionId(id) ? await findSpecs(directory) : { specs: null }
  const found = specs === null ? null : await locateMission(specs, id)
  return found?.kind === 'directory' ? found : null
}

/** The typical entries of a mission. A directory that contains any of them is a mission, and not a folder of missions. */
export const PARTS: ReadonlySet<string> = new Set([META, EVENTS, TASKS, ...FIXED])

const MAX_LOOKED_INTO = 100

/**
 * Returns how many missions are in a directory that is not a mission itself, because users put finished missions into
 * folders. Call it only for a directory that has no typical entry of a mission.
 */
export async function missionsIn({ directory }: MissionDirectory): Promise<number> {
  const listed = await list(directory)
  let count = 0
  for (const found of 'kind' in listed ? [] : await directoriesIn(directory, listed.names)) {
    const inside = await list(found)
    if ('names' in inside && inside.names.some((one) => PARTS.has(one))) count += 1
  }
  return count
}

/** Returns the directories that may be missions in a directory with these names. A mission has none. */
export async function directoriesIn(
  directory: LocatedEntry,
  names: readonly string[],
): Promise<readonly LocatedEntry[]> {
  if (names.some((name) => PARTS.has(name))) return []
  const directories: LocatedEntry[] = []
  for (const name of names.slice(0, MAX_LOOKED_INTO)) {
    const found = await locate(directory, name)
    if (found.kind === 'directory') directories.push(found)
  }
  return directories
}

/** A mission may be a symlink to another one, but symlinks inside a mission must not lead out of it. */
async function locateMission(specs: LocatedEntry, id: string): Promise<Located> {
  const found = await enterable({ ...specs, within: specs.path }, id)
  return found.kind === 'directory' ? { ...found, within: found.path } : found
}

/** Rejects a symlink to the directory that contains it, because it would show files that do not belong to the mission. */
async function enterable(parent: Confined, name: string): Promise<Located> {
  const found = await locate(parent, name)
  if (found.kind !== 'directory' || found.path !== parent.path) return found
  return refused('is a link to the directory that it stands in')
}

/** Returns whether this is a single visible name, which cannot lead out of a directory. */
function isMissionId(id: string): boolean {
  return id !== '' && !isHidden(id) && !id.includes('/') && !id.includes('\0')
}
