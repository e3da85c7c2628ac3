import { join } from 'node:path'
import { diskOf } from './disk.js'
import { giveWay } from './give-way.js'
import { EVENTS } from './project-paths.js'
import { isMadeFor, type Worktree } from './worktrees.js'

/**
 * Returns the state of each mission's logs in the worktrees that were made for other missions; only for missions that may
 * have some. Each worktree has copies of all missions, so these logs are too many to be watched: for 412 missions and ten
 * worktrees, the watches took 28 MB and doubled the time until everything was watched. Looking at them takes 27 ms.
 */
export async function statesOfOthers(
  missions: Iterable<string>,
  worktrees: readonly Worktree[],
): Promise<ReadonlyMap<string, string>> {
  const states = new Map<string, string>()
  for (const id of missions) {
    const logs: string[] = []
    for (const { name, specs } of worktrees) {
      if (specs !== null && !isMadeFor(name, id))
        logs.push(await stateOf(specs.root, join(specs.path, id, EVENTS)))
    }
    if (logs.length > 0) states.set(id, logs.join('\n'))
    await giveWay()
  }
  return states
}

async function stateOf(root: string, path: string): Promise<string> {
  try {
    const { ino, size, mtimeNs, ctimeNs } = await diskOf(root).lstat(path)
    return [ino, size, mtimeNs, ctimeNs].join(' ')
  } catch {
    return ''
  }
}
