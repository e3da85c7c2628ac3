import { isAbsolute } from 'node:path'
import type { SelfReport } from '../protocol/self-report.js'
import { isGoneSince } from './peek.js'

/**
 * Returns whether the installation of a daemon in our own mount namespace is proven to have gone since the daemon was started, alone or with the
 * directories above it, as when the whole prefix of a Node version is removed. The path comes from the daemon: a relative one
 * proves nothing.
 */
export function isInstallationGone(
  { installation }: Pick<SelfReport, 'installation'>,
  startedAt: string | null,
): boolean {
  if (installation === null || !isAbsolute(installation)) return false
  // Without a start time, an empty directory that is still there never counts as changed.
  return isGoneSince(installation, startedAt === null ? Number.POSITIVE_INFINITY : Date.parse(startedAt))
}
