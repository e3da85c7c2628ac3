import { fileURLToPath } from 'node:url'
import type { TestContext } from 'vitest'
import { needCommand } from './skip.js'

const LAUNCHER = fileURLToPath(new URL('refuse-locks.py', import.meta.url))

/**
 * Returns what comes before a command so that the kernel refuses it, and all that it starts, every file lock with this
 * errno: as on a file system without locks. Skips the test, aloud, where that cannot be made.
 */
export function refusing(context: TestContext, errno: string): readonly string[] {
  const prefix = ['python3', LAUNCHER, errno]
  needCommand(context, 'python3', prefix.slice(1))
  return prefix
}
