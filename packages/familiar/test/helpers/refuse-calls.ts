import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { TestContext } from 'vitest'
import { needCommand } from './skip.js'

const LAUNCHER = fileURLToPath(new URL('refuse-calls.py', import.meta.url))

let python: string | null = null

/**
 * The Python that runs the launcher. `python3` on the PATH may be a script of a version manager, which takes ten times as long
 * as Python itself.
 */
function findPython(): string {
  python ??= spawnSync('python3', ['-c', 'import sys; print(sys.executable)'], { encoding: 'utf8' }).stdout
  return python?.trim() || 'python3'
}

/** The same as `refusingCalls` without the trial. */
export function refusalsOf(rules: string): readonly [string, ...string[]] {
  return [findPython(), '-I', '-S', LAUNCHER, rules]
}

let isTried = false

/**
 * Returns what comes before a command so that the kernel refuses it, and all that it starts, these system calls:
 * `connect=EPERM`, `fork=EAGAIN` (a new process, not a thread),
 * `lock=ENOLCK` (a file lock, as on a file system without them). Skips the test, aloud, where that cannot be made.
 */
export function refusingCalls(context: TestContext, rules: string): readonly string[] {
  const [command, ...args] = refusalsOf(rules)
  if (!isTried) needCommand(context, command, args)
  isTried = true
  return [command, ...args]
}
