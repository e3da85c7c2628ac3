import { fileURLToPath } from 'node:url'
import type { TestContext } from 'vitest'
import { needCommand } from './skip.js'

/** The program that `refusingCalls` puts in front of a command. */
export const LAUNCHER = fileURLToPath(new URL('refuse-calls.py', import.meta.url))

let isTried = false

/**
 * Returns what comes before a command so that the kernel refuses it, and all that it starts, these system calls:
 * `connect=EPERM`, `fork=EAGAIN` (a new process, not a thread),
 * `lock=ENOLCK` (a file lock, as on a file system without them). Skips the test, aloud, where that cannot be made.
 */
export function refusingCalls(context: TestContext, rules: string): readonly string[] {
  const prefix = ['python3', LAUNCHER, rules]
  if (!isTried) needCommand(context, 'python3', [LAUNCHER, 'connect=EPERM'])
  isTried = true
  return prefix
}
