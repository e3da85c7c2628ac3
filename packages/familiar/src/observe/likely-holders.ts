import type { Family } from '../family.js'
import { matchShapes, type ShapeMatch } from '../identity/spawn-shape.js'
import { realPath } from './peek.js'
import type { Platform } from './platform/platform.js'

/** What the command lines of all processes suggest about the holders of the listeners, before a listener has answered. */
export interface LikelyHolders {
  /** The processes that have the command line of a daemon of the family. A search for the holder of a socket begins with them. */
  readonly pids: Iterable<number>
  /** Whether these processes name a scope other than this one. Only a child process may read such a scope. */
  readonly nameOtherScopes: boolean
}

export const NO_OTHERS: LikelyHolders = { pids: [], nameOtherScopes: false }

/**
 * Returns what is known before any listener answers. It only saves time and proves nothing; whatever is missing here is
 * found later, more slowly. It helps in two ways. Predecessors up to 3.2.3 do not report their pid, so otherwise the
 * descriptors of every process on the machine would be searched for their sockets. And the child process that reads other
 * scopes takes as long to start as Node, so it is started early if it is needed, and not at all otherwise.
 */
export async function likelyHolders(
  family: Family,
  scope: string,
  platform: Platform,
): Promise<LikelyHolders> {
  // Let the probes be sent in this turn of the event loop, so that the listeners work while the command lines are read.
  await new Promise((resolve) => setImmediate(resolve))
  const found = await platform.matching((command) => matchShapes(family.shapes, command))
  if (found === null) return { pids: [], nameOtherScopes: true }
  const here = new Set([scope, realPath(scope)])
  for (const [pid, shape] of found) {
    const named = await scopesOf(family, pid, shape, platform)
    if (named === null || named.some((path) => !here.has(path)))
      return { pids: found.keys(), nameOtherScopes: true }
  }
  return { pids: found.keys(), nameOtherScopes: false }
}

async function scopesOf(
  family: Family,
  pid: number,
  { marker, implementation }: ShapeMatch,
  platform: Platform,
): Promise<readonly string[] | null> {
  const isAsked = family.scopesInEnvironment !== null && implementation === 'predecessor'
  const environment = isAsked ? await platform.environment(pid) : null
  const more = environment === null ? [] : (family.scopesInEnvironment?.(environment) ?? null)
  return more === null ? null : [...(marker === null ? [] : [marker]), ...more]
}
