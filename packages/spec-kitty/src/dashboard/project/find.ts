import { realpath } from 'node:fs/promises'
import type { Problem } from '../api.js'
import { codeOf, list, locate, type Found } from './files.js'
import { pathOf, SPECS } from './mission.js'

const MAX_MISSIONS = 1000

export interface Specs {
  /** The real path of the project; empty where there is none. */
  readonly root: string
  readonly specs: Found | null
  readonly problems: Problem[]
}

/** Returns where the missions of a project are. A project without missions yet has none, which is no problem. */
export async function findSpecs(directory: string): Promise<Specs> {
  const problems: Problem[] = []
  const complain = (path: string, what: string): void => void problems.push({ path, what })
  try {
    const root = await realpath(directory)
    const specs = await locate(root, root, SPECS)
    if (specs.kind === 'directory') return { root, specs, problems }
    if (specs.kind === 'file') complain(SPECS, 'is a file where a directory should be')
    if (specs.kind === 'unusable') complain(SPECS, specs.what)
  } catch (error) {
    complain('.', `cannot be read (${codeOf(error)})`)
  }
  return { root: '', specs: null, problems }
}

export interface MissionDirectory {
  readonly id: string
  readonly directory: Found
}

/** Returns the missions. Files beside them are somebody's notes; hidden directories are tools'. */
export async function findMissions(
  root: string,
  specs: Found,
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
    const found = await locate(root, specs.path, id)
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

/** Returns where one mission is, null when there is none. */
export async function findMission(directory: string, id: string) {
  const { root, specs } = isMissionId(id) ? await findSpecs(directory) : { root: '', specs: null }
  const found = specs === null ? null : await locate(root, specs.path, id)
  return found?.kind === 'directory' ? { root, directory: found } : null
}

/** One name of a directory, and no way out of it. */
function isMissionId(id: string): boolean {
  return id !== '' && !id.startsWith('.') && !id.includes('/') && !id.includes('\0')
}
