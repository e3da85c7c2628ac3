import { isAbsolute } from 'node:path'
import { throwLack } from '../errors.js'
import type { Self } from '../identity/versions.js'
import { removedSince } from './read-scopes-in-child.js'
import type { Candidate, Scan } from './scan.js'
import { recordOf } from './scope-daemon.js'

/** How long reading the installations may take. On a local file system it takes less than a millisecond. */
const READ_MS = 500

/**
 * Returns the daemons of the scanned scope whose installation is proven to have been removed. A daemon of ours that has the
 * version of this command is not looked at, because nothing depends on it. A path that a process of another user names is not opened, and the others are read in
 * a child process, because they may lead to a file system that hangs: one that is not read in time is not proven removed.
 * Throws only `E_RESOURCES`.
 */
export async function uninstalledIn(seen: Scan, self: Version): Promise<ReadonlySet<Candidate>> {
  const named = seen.candidates.flatMap((candidate) => {
    const path = readableInstallation(candidate, self)
    return path === null ? [] : [{ candidate, path, sinceMs: startMs(candidate, seen) }]
  })
  if (named.length === 0) return new Set()
  try {
    const gone = await removedSince(
      named.map(({ path, sinceMs }) => ({ path, sinceMs })),
      READ_MS,
    )
    return new Set(named.filter(({ path }) => gone.has(path)).map(({ candidate }) => candidate))
  } catch (error) {
    throwLack(error)
    return new Set()
  }
}

type Version = Pick<Self, 'packageVersion' | 'protocolVersion'>

/** Returns the path of the installation if it may be read from here, by whom it is named and from where. */
function readableInstallation({ facts, observation }: Candidate, self: Version): string | null {
  const { report, shape } = observation
  const path = report?.installation ?? null
  if (report === null || path === null || !isAbsolute(path)) return null
  const isSame =
    report.packageVersion === self.packageVersion && report.protocolVersion === self.protocolVersion
  if (shape?.implementation === 'own' && isSame) return null
  const { singleton_here, same_user, same_namespaces } = facts
  return [singleton_here, same_user, same_namespaces].every((fact) => fact === 'yes') ? path : null
}

/** Returns when the daemon was started, in milliseconds since 1970; null if unknown. */
function startMs(candidate: Candidate, seen: Scan): number | null {
  const startedAt = recordOf(candidate, seen)?.startedAt ?? candidate.observation.process?.startedAt ?? null
  return startedAt === null ? null : Date.parse(startedAt)
}
