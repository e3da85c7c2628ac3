import { join } from 'node:path'

/** Returns the path of the root's queue. */
export function queuePath(root: string): string {
  return join(root, 'daemons', 'sync', 'queue.db')
}
