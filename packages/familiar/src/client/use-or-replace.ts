import type { Replaced } from './replace.js'
import { FamiliarError } from '../errors.js'
import { titleOf } from '../family.js'
import type { DaemonRecord } from '../protocol/record.js'
import type { SelfReport } from '../protocol/self-report.js'
import { versionRelation, type VersionRelation } from '../identity/versions.js'
import { isInstallationGone } from '../observe/installation-gone.js'
import type { ScopeRequest } from './connect-request.js'

/** How long inspecting a process may take. */
const MACHINE_MS = 1_000

/** The recorded daemon, which answers and has proven itself: by the record's token, or by the kernel's facts (`verify`). */
export interface RecordedDaemon {
  readonly record: DaemonRecord
  readonly report: SelfReport
  readonly standing: VersionRelation
  /** Why a daemon of this installation must replace it; null if none must. */
  readonly replaceFor: Replaced['reason'] | null
}

/** Compares the daemon with this installation, and determines whether that must replace it. */
export async function assess(
  request: ScopeRequest,
  record: DaemonRecord,
  report: SelfReport,
): Promise<RecordedDaemon> {
  const { packageVersion, protocolVersion } = report
  const build = {
    implementation: 'own',
    packageVersion,
    protocolVersion,
    buildTime: record.buildTime,
  } as const
  const standing = versionRelation(build, request.self)
  if (standing === 'older') return { record, report, standing, replaceFor: 'version_mismatch' }
  const isLeft = await isLeftBehind(request, record, report)
  return { record, report, standing, replaceFor: isLeft ? 'installation_gone' : null }
}

/** A path that is missing in another mount namespace proves nothing. */
async function isLeftBehind(
  { platform }: ScopeRequest,
  { pid, startedAt }: DaemonRecord,
  report: SelfReport,
): Promise<boolean> {
  if (pid === null || !isInstallationGone(report, startedAt)) return false
  const view = (await platform.inspect([pid], AbortSignal.timeout(MACHINE_MS))).get(pid)
  return view?.namespaces != null && view.namespaces === (await platform.host()).namespaces
}

/**
 * Returns the daemon if it can be used, null if it must be replaced. If none may be replaced, one that speaks the same
 * protocol is used. Throws `E_VERSION_MISMATCH` if its protocol is newer than ours, unless its own installation is gone:
 * then no other installation can talk to it either, and it is replaced.
 */
export function usable(request: ScopeRequest, found: RecordedDaemon): RecordedDaemon | null {
  if (found.replaceFor !== null && request.mayReplace !== false) return null
  if (found.replaceFor !== null && found.report.protocolVersion !== request.self.protocolVersion)
    throw otherProtocol(request, found)
  if (found.standing === 'newer_protocol') throw otherProtocol(request, found)
  return found
}

function otherProtocol(
  { family, self, stopCommand }: ScopeRequest,
  { record, report, replaceFor }: RecordedDaemon,
): FamiliarError {
  const theirs = `use the installation that it belongs to (${report.installation ?? 'unknown'}), or: `
  return new FamiliarError(
    'E_VERSION_MISMATCH',
    `the ${titleOf(family)} (process ${record.pid}, port ${record.port}) is version ${report.packageVersion ?? 'unknown'}, protocol ${report.protocolVersion ?? 'unknown'}; this is version ${self.packageVersion}, protocol ${self.protocolVersion ?? 'unknown'}, and cannot talk to it`,
    { hint: `${replaceFor === 'installation_gone' ? '' : theirs}${stopCommand}` },
  )
}
