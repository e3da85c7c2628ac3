import { isAbsolute } from 'node:path'
import type { SelfReport } from '../protocol/self-report.js'
import { isGoneSince } from './peek.js'

/**
 * Returns whether the installation of a daemon in our own mount namespace is proven to have been removed since the daemon
 * was started, alone or together with the directories above it (for example the whole prefix of a Node version). The path
 * comes from the daemon, so a relative one proves nothing. Opens it in this process: only for a daemon that has proven that
 * the record of the scope is its own, because such a record belongs to this user or root (`readSmallFile`).
 */
export function isInstallationGone(
  { installation }: Pick<SelfReport, 'installation'>,
  startedAt: string | null,
): boolean {
  if (installation === null || !isAbsolute(installation)) return false
  // Without a start time, an empty directory that still exists never counts as changed.
  return isGoneSince(installation, startedAt === null ? Number.POSITIVE_INFINITY : Date.parse(startedAt))
}
