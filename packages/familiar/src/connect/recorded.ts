import { isAbsolute } from 'node:path'
import type { Replaced } from '../act/replace.js'
import { FamiliarError } from '../errors.js'
import { isOfElsewhere } from '../identity/elsewhere.js'
import type { DaemonRecord } from '../identity/record.js'
import type { SelfReport } from '../identity/self-report.js'
import { standingOf, type Standing } from '../identity/versions.js'
import { HANDSHAKE_MS } from '../observe/handshake.js'
import { isGone } from '../observe/peek.js'
import { isSameScope, readOwnRecord } from '../observe/records.js'
import { verify } from '../observe/verify.js'
import type { ScopeRequest } from './request.js'

/** How long the machine may take to tell what a process is. */
const MACHINE_MS = 1_000

/** The recorded daemon: it answers, and has proven to own the record's token. */
export interface Found {
  readonly record: DaemonRecord
  readonly report: SelfReport
  readonly standing: Standing
  /** Why it must make room for one of this installation; null when it can be used. */
  readonly replaceFor: Replaced['reason'] | null
}

/** Returns the recorded daemon where it answers in time and is proven. */
export async function findRecorded(
  request: ScopeRequest,
  timeoutMs: number = HANDSHAKE_MS,
): Promise<Found | null> {
  const record = readOwnRecord(request.family, request.scope)
  if (record === null || !record.running) return null
  // Where pids mean something else it is used, judged and ended only where it runs.
  if (isOfElsewhere(record, await request.platform.host())) return null
  const answer = await verify(request, record, timeoutMs)
  if (answer.outcome !== 'proven') return null
  return isOfScope(answer.report, request) ? assess(request, record, answer.report) : null
}

/** A record that was copied and made to fit proves a daemon, but not that it is this scope's. */
function isOfScope({ scope }: SelfReport, request: ScopeRequest): boolean {
  return scope === null || isSameScope(scope, request.scope)
}

/** Returns the recorded daemon only where it can be used as it is. */
export async function findUsable(request: ScopeRequest): Promise<Found | null> {
  const found = await findRecorded(request)
  return found === null ? null : usable(request, found)
}

/**
 * Returns the daemon where it can be used, null where it must be replaced. Throws for one that nobody here can talk to,
 * unless its own installation is gone: then nobody else can either.
 */
export function usable(request: ScopeRequest, found: Found): Found | null {
  if (found.replaceFor !== null) return null
  if (found.standing === 'newer_protocol') throw newerProtocol(request, found)
  return found
}

async function assess(request: ScopeRequest, record: DaemonRecord, report: SelfReport): Promise<Found> {
  const { packageVersion, protocolVersion } = report
  const build = { lineage: 'own', packageVersion, protocolVersion, buildTime: record.buildTime } as const
  const standing = standingOf(build, request.self)
  if (standing === 'older') return { record, report, standing, replaceFor: 'version_mismatch' }
  const isLeft = await isInstallationGone(request, record, report)
  return { record, report, standing, replaceFor: isLeft ? 'installation_gone' : null }
}

/** The path is the daemon's: one that is not whole, or its absence from another mount namespace, proves nothing. */
async function isInstallationGone(
  { platform }: ScopeRequest,
  { pid }: DaemonRecord,
  { details }: SelfReport,
): Promise<boolean> {
  const installation = details.sourceCheckoutPath
  if (installation === null || !isAbsolute(installation) || isGone(installation) !== true) return false
  if (pid === null) return false
  const view = (await platform.inspect([pid], AbortSignal.timeout(MACHINE_MS))).get(pid)
  return view?.namespaces != null && view.namespaces === (await platform.host()).namespaces
}

function newerProtocol(
  { family, self, stopCommand }: ScopeRequest,
  { record, report }: Found,
): FamiliarError {
  return new FamiliarError(
    'E_VERSION_MISMATCH',
    `the ${family.name} daemon (process ${record.pid}, port ${record.port}) is version ${report.packageVersion ?? 'unknown'}, protocol ${report.protocolVersion ?? 'unknown'}; this is version ${self.packageVersion}, protocol ${self.protocolVersion ?? 'unknown'}, and cannot talk to it`,
    {
      hint: `use the newer installation (${report.details.sourceCheckoutPath ?? 'unknown'}), or: ${stopCommand}`,
    },
  )
}
