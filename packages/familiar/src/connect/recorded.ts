import { isAbsolute } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { isLockHeld, readLockHolder } from '../act/lock.js'
import type { Replaced } from '../act/replace.js'
import { FamiliarError } from '../errors.js'
import type { DaemonRecord } from '../identity/record.js'
import type { SelfReport } from '../identity/self-report.js'
import { standingOf, type Standing } from '../identity/versions.js'
import { handshake } from '../observe/handshake.js'
import { isGone } from '../observe/peek.js'
import { readOwnRecord } from '../observe/scopes.js'
import type { ConnectRequest, ScopeRequest } from './request.js'

/** The recorded daemon: it answers, and has proven to own the record's token. */
export interface Found {
  readonly record: DaemonRecord
  readonly report: SelfReport
  readonly standing: Standing
  /** Why it must make room for one of this installation; null when it can be used. */
  readonly replaceFor: Replaced['reason'] | null
}

/** There is no daemon to be had this way. `silent` names the recorded one that did not answer. */
export interface NotFound {
  readonly silent: string | null
}

const HOLDER_POLL_MS = 20

/**
 * Returns the recorded daemon where it answers and is proven. One that was silent a moment ago is not asked again: the
 * whole call must end within two seconds.
 */
export async function findRecorded(
  request: ScopeRequest,
  silent: string | null = null,
): Promise<Found | NotFound> {
  const record = readOwnRecord(request.family, request.scope)
  if (record === null || !record.running) return { silent: null }
  if (record.instanceId === silent) return { silent }
  const answer = await handshake(request.family, record)
  if (answer.outcome === 'proven') return assess(request, record, answer.report)
  return { silent: answer.outcome === 'mute' ? record.instanceId : null }
}

/** Returns the recorded daemon only where it can be used as it is. */
export async function findUsable(
  request: ScopeRequest,
  silent: string | null = null,
): Promise<Found | NotFound> {
  const found = await findRecorded(request, silent)
  return 'report' in found && usable(request, found) === null ? { silent: null } : found
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
  { namespaces }: DaemonRecord,
  { details }: SelfReport,
): Promise<boolean> {
  const installation = details.sourceCheckoutPath
  if (installation === null || !isAbsolute(installation) || isGone(installation) !== true) return false
  return (await platform.host()).namespaces === namespaces
}

/**
 * Somebody holds the daemon lock: its record may be on its way, or it may be on its way out. Returns the daemon, or null
 * once nobody holds the lock any more. One that stays silent is named, not ended: `E_DAEMON_UNRESPONSIVE`.
 */
export async function awaitHolder(
  request: ConnectRequest,
  silent: string | null,
  until: number,
): Promise<Found | null> {
  const { daemonLock } = request.family.files(request.scope)
  do {
    const found = await findRecorded(request, silent)
    if ('report' in found) return found
    if (!(await isLockHeld(daemonLock))) return null
    await sleep(HOLDER_POLL_MS)
  } while (performance.now() < until)
  throw unresponsive(request)
}

function unresponsive({ family, scope, launch, doctorCommand }: ConnectRequest): FamiliarError {
  const record = readOwnRecord(family, scope)
  const pid = readLockHolder(family.files(scope).daemonLock)?.pid ?? record?.pid ?? null
  const port = record?.pid === pid ? (record?.port ?? null) : null
  const at = port === null ? '' : `, port ${port}`
  return new FamiliarError(
    'E_DAEMON_UNRESPONSIVE',
    `the ${family.name} daemon (process ${pid ?? 'unknown'}${at}) does not answer; its log: ${launch.logFile}`,
    { hint: doctorCommand(port) },
  )
}

function newerProtocol({ family, self }: ScopeRequest, { record, report }: Found): FamiliarError {
  return new FamiliarError(
    'E_VERSION_MISMATCH',
    `the ${family.name} daemon (process ${record.pid}, port ${record.port}) is version ${report.packageVersion ?? 'unknown'}, protocol ${report.protocolVersion ?? 'unknown'}; this is version ${self.packageVersion}, protocol ${self.protocolVersion ?? 'unknown'}, and cannot talk to it`,
    {
      hint: `use the newer installation (${report.details.sourceCheckoutPath ?? 'unknown'}), or stop its daemon`,
    },
  )
}
