import type { Family } from '../family.js'
import { matchShapes, type ShapeMatch } from '../identity/spawn-shape.js'
import { realPath } from './peek.js'
import type { Platform } from './platform/platform.js'

/** What the command lines of all processes tell of the holders of the listeners, before a listener has answered. */
export interface LikelyHolders {
  /** The processes that have the command line of a daemon of the family: a search for the holder of a socket begins there. */
  readonly pids: Iterable<number>
  /** Whether they name a scope besides this one, which only a child process may read. */
  readonly nameOtherScopes: boolean
}

export const NO_OTHERS: LikelyHolders = { pids: [], nameOtherScopes: false }

/**
 * Returns what can be told without an answer. It only saves time: predecessors up to 3.2.3 do not report their pid, and
 * without this the descriptors of every process on the machine would be searched for their sockets; and the child that
 * reads other scopes takes as long to start as Node, so it is started early if it is needed, and not at all if it is not.
 * Nothing is proven by it, and whatever is missing here is found later, more slowly.
 */
export async function likelyHolders(
  family: Family,
  scope: string,
  platform: Platform,
): Promise<LikelyHolders> {
  // In this turn of the event loop the probes are sent, so that the listeners work while the command lines are read.
  await new Promise((resolve) => setImmediate(resolve))
  const found = await platform.matching((command) => matchShapes(family.shapes, command))
  if (found === null) return { pids: [], nameOtherScopes: true }
  const here = new Set([scope, realPath(scope)])
  for (const [pid, shape] of found) {
    const named = await scopesOf(family, pid, shape, platform)
    if (named.some((path) => !here.has(path))) return { pids: found.keys(), nameOtherScopes: true }
  }
  return { pids: found.keys(), nameOtherScopes: false }
}

async function scopesOf(
  family: Family,
  pid: number,
  { marker, implementation }: ShapeMatch,
  platform: Platform,
): Promise<readonly string[]> {
  const isAsked = family.scopesInEnvironment !== null && implementation === 'predecessor'
  const environment = isAsked ? await platform.environment(pid) : null
  const more = environment === null ? [] : (family.scopesInEnvironment?.(environment) ?? [])
  return [...(marker === null ? [] : [marker]), ...more]
}
