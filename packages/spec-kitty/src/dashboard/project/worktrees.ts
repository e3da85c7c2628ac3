import { lstat, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import type { Problem } from '../api.js'
import type { OnLookup } from './confine.js'
import { chooseDisk } from './disk.js'
import { list } from './read-safely.js'
import { isAbsence, locate, refused, unusable, type Located, type LocatedEntry } from './locate.js'
import { SPECS, WORKTREES } from './project-paths.js'

/** The maximum number of worktrees that are read. Real projects have a handful, and each is as large as the project. */
const MAX_WORKTREES = 100

/** A worktree of the project, with its own checkout of the missions. */
export interface Worktree {
  readonly name: string
  readonly directory: LocatedEntry
  /** The directory of its missions; null if its branch has none. */
  readonly specs: LocatedEntry | null
}

export interface Worktrees {
  /** The directory `.worktrees`; null if the project has none. */
  readonly directory: LocatedEntry | null
  readonly worktrees: readonly Worktree[]
  readonly problems: readonly Problem[]
  /** The worktrees that were not read, and may contain newer logs. */
  readonly unread: readonly UnreadWorktree[]
}

/** A worktree that could not be read, or all of them. */
export interface UnreadWorktree extends Problem {
  /** The name of the worktree; null for all worktrees, or for one that is known to contain the mission. */
  readonly name: string | null
}

/** The copies of one mission in the worktrees. */
export interface MissionCopies {
  readonly copies: readonly MissionCopy[]
  /** The worktrees, or their copies of the mission, that could not be read. */
  readonly unread: readonly UnreadWorktree[]
}

/** The directory of a mission in a worktree. */
export interface MissionCopy {
  readonly worktree: string
  readonly directory: LocatedEntry
}

/**
 * Returns the worktrees below `.worktrees`. This is the only hidden directory that is entered, and only to find the logs
 * of missions. Each worktree is its own root, so no symlink in it leads out of it, and its files are never shown as
 * documents. If `.worktrees` or a worktree is a symlink, it is not followed. If there are too many, those that were made
 * for one of the missions are read first.
 */
export async function findWorktrees(
  root: string,
  missions: readonly string[],
  onLookup?: OnLookup,
): Promise<Worktrees> {
  const problems: Problem[] = []
  const unread: UnreadWorktree[] = []
  const miss = (name: string | null, what: string): void =>
    void unread.push({ name, path: name === null ? WORKTREES : `${WORKTREES}/${name}`, what })
  const missAll = (what: string): void => {
    problems.push({ path: WORKTREES, what })
    miss(null, what)
  }
  const directory = root === '' ? null : await ownDirectory(join(root, WORKTREES))
  if (directory === null || directory.kind !== 'directory') {
    if (directory?.kind === 'unusable') missAll(directory.what)
    return { directory: null, worktrees: [], problems, unread }
  }
  const listed = await list(directory)
  if ('kind' in listed) missAll(listed.what)
  else if (listed.is_cut) missAll('has more entries than are read')
  const [names, beyond] = chosen('kind' in listed ? [] : listed.names, missions)
  if (beyond.length > 0)
    problems.push({ path: WORKTREES, what: `has more than ${MAX_WORKTREES} entries, and ${BEYOND}` })
  for (const name of beyond) miss(name, `is behind the first ${MAX_WORKTREES}, and its logs are not read`)
  const worktrees: Worktree[] = []
  for (const name of names) {
    const found = await ownDirectory(join(directory.path, name))
    const specs = found.kind === 'directory' ? await specsOf({ ...found, onLookup }) : found
    if (found.kind === 'directory')
      worktrees.push({ name, directory: found, specs: specs.kind === 'directory' ? specs : null })
    if (found.kind === 'unusable') problems.push({ path: `${WORKTREES}/${name}`, what: found.what })
    if (specs.kind === 'unusable') miss(name, specs.what)
  }
  return { directory, worktrees, problems, unread }
}

/** Returns the names of the worktrees that are read, and of the others. */
function chosen(
  names: readonly string[],
  missions: readonly string[],
): readonly [readonly string[], readonly string[]] {
  if (names.length <= MAX_WORKTREES) return [names, []]
  const own = names.filter((name) => missions.some((mission) => isMadeFor(name, mission)))
  const read = new Set([...new Set([...own, ...names])].slice(0, MAX_WORKTREES))
  return [names.filter((name) => read.has(name)), names.filter((name) => !read.has(name))]
}

const BEYOND = 'the logs of the rest are not read'

/**
 * Returns whether a worktree was made for a mission. Its name is that of the mission, with or without the leading number,
 * and usually with the suffix `-lane-a` or `-coord`.
 */
export function isMadeFor(worktree: string, mission: string): boolean {
  const names = [mission, mission.replace(/^\d+-/, '')]
  return names.some((name) => worktree === name || worktree.startsWith(`${name}-`))
}

/**
 * Returns a problem for every mission that exists only in the worktree that was made for it. It cannot be shown: a log
 * alone is not a mission, and nothing else in a worktree is read.
 */
export async function missingIn(
  missions: readonly string[],
  worktrees: readonly Worktree[],
): Promise<readonly Problem[]> {
  const known = new Set(missions)
  const problems: Problem[] = []
  for (const { name, specs } of worktrees) {
    const listed = specs === null ? null : await list(specs)
    const ids = listed === null || 'kind' in listed ? [] : listed.names
    for (const id of ids.filter((id) => !known.has(id) && isMadeFor(name, id))) {
      const what = 'is a mission that the main checkout does not have, so it is not shown'
      problems.push({ path: `${WORKTREES}/${name}/${SPECS}/${id}`, what })
    }
  }
  return problems
}

/**
 * Returns the copies of a mission in the worktrees, sorted by the names of the worktrees, and the worktrees that could not
 * be read.
 */
export async function copiesOf(
  { worktrees, unread }: Pick<Worktrees, 'worktrees' | 'unread'>,
  mission: string,
): Promise<MissionCopies> {
  const copies: MissionCopy[] = []
  const missed: UnreadWorktree[] = [...unread]
  for (const { name, specs } of worktrees) {
    const found = specs === null ? null : await locate({ ...specs, within: specs.path }, mission)
    if (found?.kind === 'unusable')
      missed.push({ name: null, path: `${WORKTREES}/${name}/${SPECS}/${mission}`, what: found.what })
    if (found?.kind !== 'directory' || found.path === specs?.path) continue
    copies.push({ worktree: name, directory: { ...found, within: found.path } })
  }
  return { copies, unread: missed }
}

async function specsOf(worktree: LocatedEntry): Promise<Located> {
  const found = await locate(worktree, SPECS)
  return found.kind === 'directory' && found.path === worktree.path ? { kind: 'absent' } : found
}

/** Returns a directory as its own root. A file counts as absent. */
async function ownDirectory(path: string): Promise<Located> {
  try {
    const stats = await lstat(path, { bigint: true })
    if (stats.isSymbolicLink()) return refused('is a link, and the logs behind it are not read')
    // A part of the path was replaced meanwhile.
    if (!stats.isDirectory() || (await realpath(path)) !== path) return { kind: 'absent' }
    await chooseDisk(path)
    return { kind: 'directory', path, root: path, within: path, stats }
  } catch (error) {
    return isAbsence(error) ? { kind: 'absent' } : unusable(error)
  }
}
