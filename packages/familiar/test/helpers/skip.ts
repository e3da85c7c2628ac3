import { spawnSync } from 'node:child_process'
import type { TestContext } from 'vitest'

/** Another user: `nobody`, which every Linux has. */
export const NOBODY = 65_534

/** Skips the test and says why, also where the reporter keeps it to itself. */
export function skipAloud(context: TestContext, reason: string): never {
  console.warn(`skipped: "${context.task.name}": ${reason}`)
  return context.skip(reason)
}

/** Skips the test where this user is not root, and so cannot start processes of other users. */
export function needRoot(context: TestContext): void {
  if (process.geteuid?.() !== 0) skipAloud(context, 'only root can start processes of other users')
}

/** Skips the test where the command that comes before `true` does not run on this machine. */
export function needCommand(context: TestContext, command: string, args: readonly string[]): void {
  const { status, error, stderr } = spawnSync(command, [...args, 'true'], { encoding: 'utf8' })
  if (status !== 0) skipAloud(context, `${command} does not work here: ${error?.message ?? stderr.trim()}`)
}
