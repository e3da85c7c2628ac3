import type { Replaced } from './replace.js'
import { FamiliarError } from '../errors.js'
import { isOfElsewhere, type DaemonRecord } from '../protocol/record.js'
import type { SelfReport } from '../protocol/self-report.js'
import { versionRelation, type VersionRelation } from '../identity/versions.js'
import { HANDSHAKE_MS } from '../observe/probe-health.js'
import { isInstallationGone } from '../observe/installation-gone.js'
import { isSameScope, readOwnRecord } from '../observe/read-records.js'
import { verify } from '../observe/verify-record.js'
import type { StartReason } from './launch.js'
import type { Found, ScopeRequest } from './connect-request.js'

/** How long inspecting a process may take. */
const MACHINE_MS = 1_000

/**
 * The recorded daemon, which answers and has proven its identity: by the record's token, or by facts from the kernel
 * (`verify`).
 */
export interface RecordedDaemon {
  readonly record: DaemonRecord
  readonly report: SelfReport
  readonly standing: VersionRelation
  /** Why a daemon of this installation must replace it; null if none must. */
  readonly replaceFor: Replaced['reason'] | null
}

/** Returns the recorded daemon if it answers in time and is proven. */
export async function findRecorded(
  request: ScopeRequest,
  timeoutMs: number = HANDSHAKE_MS,
): Promise<RecordedDaemon | null> {
  const record = readOwnRecord(request.family, request.scope)
  if (record === null || !record.running) return null
  // The pids of another machine or pid namespace are meaningless here, so such a daemon can be used, judged and ended
  // only there.
  if (isOfElsewhere(record, await request.platform.host())) return null
  const answer = await verify(request, record, timeoutMs)
  if (answer.outcome !== 'proven') return null
  return isOfScope(answer.report, request) ? assess(request, record, answer.report) : null
}

/**
 * Returns whether the daemon belongs to this scope. A record that was copied and edited may name a proven daemon of
 * another scope.
 */
function isOfScope({ scope }: SelfReport, request: ScopeRequest): boolean {
  return scope === null || isSameScope(scope, request.scope)
}

/** Returns the recorded daemon if it can be used as it is. */
export async function findUsable(request: ScopeRequest): Promise<RecordedDaemon | null> {
  const found = await findRecorded(request)
  return found === null ? null : usable(request, found)
}

/**
 * Returns the daemon if it can be used; null if it must be replaced. If replacing is not allowed, a daemon that speaks
 * the same protocol is used. Throws `E_VERSION_MISMATCH` if its protocol is newer than ours. But if its own installation
 * is gone, no other installation can talk to it either, so it is replaced.
 */
export function usable(request: ScopeRequest, found: RecordedDaemon): RecordedDaemon | null {
  if (found.replaceFor !== null && request.mayReplace !== false) return null
  if (found.replaceFor !== null && found.report.protocolVersion !== request.self.protocolVersion)
    throw otherProtocol(request, found)
  if (found.standing === 'newer_protocol') throw otherProtocol(request, found)
  return found
}

async function assess(
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

/** In another mount namespace, a missing path proves nothing. */
async function isLeftBehind(
  { platform }: ScopeRequest,
  { pid, startedAt }: DaemonRecord,
  report: SelfReport,
): Promise<boolean> {
  if (pid === null || !isInstallationGone(report, startedAt)) return false
  const view = (await platform.inspect([pid], AbortSignal.timeout(MACHINE_MS))).get(pid)
  return view?.namespaces != null && view.namespaces === (await platform.host()).namespaces
}

function otherProtocol(
  { family, self, stopCommand }: ScopeRequest,
  { record, report, replaceFor }: RecordedDaemon,
): FamiliarError {
  const theirs = `use the installation that it belongs to (${report.installation ?? 'unknown'}), or: `
  return new FamiliarError(
    'E_VERSION_MISMATCH',
    `the ${family.name} daemon (process ${record.pid}, port ${record.port}) is version ${report.packageVersion ?? 'unknown'}, protocol ${report.protocolVersion ?? 'unknown'}; this is version ${self.packageVersion}, protocol ${self.protocolVersion ?? 'unknown'}, and cannot talk to it`,
    { hint: `${replaceFor === 'installation_gone' ? '' : theirs}${stopCommand}` },
  )
}

/** Returns the connection to a daemon that was found, or just started. */
export function connected(
  { record, report, standing }: RecordedDaemon,
  started: StartReason | null = null,
  replaced: Replaced | null = null,
): Found {
  return { outcome: 'connected', record, report, started, replaced, relation: standing }
}
