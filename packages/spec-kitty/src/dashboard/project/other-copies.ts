import { giveWay } from './give-way.js'
import { locate } from './locate.js'
import { EVENTS } from './project-paths.js'
import { copiesOf, isMadeFor, type MissionCopy, type Worktree } from './worktrees.js'

/**
 * Returns the state of each mission's logs in the worktrees that were made for other missions; only for missions that have
 * copies there. Each worktree has copies of all missions, so these logs are too many to be watched: for 412 missions and
 * ten worktrees, the watches took 28 MB and doubled the time until everything was watched. Looking at them takes 50 ms.
 */
export async function statesOfOthers(
  missions: Iterable<string>,
  worktrees: readonly Worktree[],
): Promise<ReadonlyMap<string, string>> {
  const states = new Map<string, string>()
  for (const id of missions) {
    const others = worktrees.filter(({ name }) => !isMadeFor(name, id))
    const { copies, unread } = await copiesOf({ worktrees: others, unread: [] }, id)
    const logs = unread.map(({ path, what }) => `${path} ${what}`)
    for (const copy of copies) logs.push(await stateOfLog(copy))
    if (logs.length > 0) states.set(id, logs.join('\n'))
    await giveWay()
  }
  return states
}

async function stateOfLog({ worktree, directory }: MissionCopy): Promise<string> {
  const found = await locate(directory, EVENTS)
  if (found.kind !== 'file')
    return [worktree, found.kind, found.kind === 'unusable' ? found.what : ''].join(' ')
  const { ino, size, mtimeNs, ctimeNs } = found.stats
  return [worktree, found.path, ino, size, mtimeNs, ctimeNs].join(' ')
}
