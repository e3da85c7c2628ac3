import { join } from 'node:path'

/** Returns the path of the root's queue. */
export function queuePath(root: string): string {
  return join(root, 'daemons', 'sync', 'queue.db')
}

/** The files that SQLite keeps beside a database. */
export const SIDE_FILES = ['-wal', '-shm', '-journal'] as const
