import {
  isSpared,
  missingProofs,
  recordOf,
  scopeDaemon,
  versionRelation,
  type Candidate,
  type DaemonStatus,
  type Scan,
  type Self,
  type VersionRelation,
} from 'familiar'
import { isTruthy, type Io } from '../cli/io.js'
import type { ConfigRead } from '../sync/config.js'
import { OTHER_ROOT, WORDS } from '../daemons/words.js'
import type { SessionView } from './session.js'

/** One finding of the doctor. Ids are permanent. */
export interface Finding {
  readonly id: string
  readonly severity: 'info' | 'warn' | 'critical'
  readonly summary: string
  readonly remediation: { readonly command: string; readonly description: string } | null
}

interface Seen {
  readonly seen: Scan
  readonly session: SessionView | null
  readonly status: DaemonStatus
  readonly config: ConfigRead
  readonly env: Io['env']
  readonly self: Self
}

/** The range is nearly full if at least this share of its ports is in use. */
const NEARLY_FULL = 0.8

/** Returns every finding that applies. Pure. */
export function findingsOf(seen: Seen): readonly Finding[] {
  const rules = [
    noSession,
    orphaned,
    otherVersion,
    noDaemon,
    nearlyFull,
    predecessorToo,
    configUnreadable,
    outOfReach,
  ]
  return rules.flatMap((rule) => rule(seen) ?? [])
}

function noSession({ session, env }: Seen): Finding | null {
  if (session !== null) return null
  const isNeeded = isTruthy(env['SPEC_KITTY_ENABLE_SAAS_SYNC'])
  return {
    id: 'F-001',
    severity: isNeeded ? 'critical' : 'info',
    summary: isNeeded ? 'no session, but hosted sync is enabled' : 'no session',
    remediation: null,
  }
}

/** Counts the orphans that a command can end: neither this root's daemon nor a candidate that even `--force` spares. */
function orphaned({ seen }: Seen): Finding | null {
  const own = scopeDaemon(seen)
  const orphans = seen.candidates.filter(
    (candidate) => candidate !== own && (isSafe(candidate) || isOpen(candidate, seen)),
  )
  if (orphans.length === 0) return null
  const safe = orphans.filter(isSafe).length
  const open = orphans.length - safe
  const parts = [
    ...(safe > 0 ? [`${safe} can be cleaned`] : []),
    ...(open > 0 ? [`${open} ${open === 1 ? 'needs' : 'need'} a decision`] : []),
  ]
  return {
    id: 'F-002',
    severity: 'warn',
    summary: `orphaned sync daemons: ${parts.join(', ')}`,
    remediation:
      safe > 0
        ? { command: 'spec-kitty auth doctor --reset', description: 'ends what is proven stale' }
        : {
            command: 'spec-kitty auth doctor --reset --force',
            description: 'ends those that are proven to be sync daemons, and leaves those that are in use',
          },
  }
}

function isSafe({ verdict }: Candidate): boolean {
  return verdict.class === 'safe_auto'
}

function isOpen(candidate: Candidate, seen: Scan): boolean {
  const { verdict, proof } = candidate
  return verdict.class === 'operator_required' && proof !== null && !isSpared(candidate, seen)
}

/**
 * Reports that this root's daemon and this command have different versions. Commands replace an older daemon, use any
 * other that speaks the same protocol, and fail if the protocol is newer.
 */
function otherVersion({ seen, self }: Seen): Finding | null {
  const found = scopeDaemon(seen)
  const { report, shape } = found?.observation ?? {}
  if (found === null || report == null || shape == null) return null
  if (shape.lineage === 'predecessor' && !isReplaced(found, seen)) return null
  const { packageVersion, protocolVersion } = report
  const buildTime = recordOf(found, seen)?.buildTime ?? null
  const standing = versionRelation(
    { lineage: shape.lineage, packageVersion, protocolVersion, buildTime },
    self,
  )
  if (standing === 'same') return null
  const python = shape.lineage === 'predecessor' ? ' of the Python spec-kitty' : ''
  return {
    id: 'F-004',
    severity: 'warn',
    summary: `the sync daemon${python} is version ${packageVersion}, protocol ${protocolVersion}; this command is version ${self.packageVersion}, protocol ${self.protocolVersion}`,
    remediation: remedyFor(standing),
  }
}

function remedyFor(standing: VersionRelation): NonNullable<Finding['remediation']> {
  if (standing === 'older') {
    return { command: 'spec-kitty sync start', description: 'replaces it by one of this version' }
  }
  const description =
    standing === 'unordered'
      ? 'replaces it by one of this version; which of the two is newer cannot be told'
      : 'goes back to this version; better, use the newer one'
  return { command: 'spec-kitty sync restart', description }
}

/**
 * Returns whether commands would replace this predecessor's daemon: only if no proof about it is missing, and each
 * record of the root is absent or the predecessor's.
 */
function isReplaced(daemon: Candidate, seen: Scan): boolean {
  const isAlone = seen.context.here.records.every(
    (read) => read.state === 'absent' || (read.state === 'readable' && read.record.lineage === 'predecessor'),
  )
  return isAlone && missingProofs(daemon, seen.context, recordOf(daemon, seen)).length === 0
}

function noDaemon({ status }: Seen): Finding | null {
  const { state, pid, port } = status
  const at = `process ${pid ?? 'unknown'}, port ${port ?? 'none'}`
  if (state === 'none' || state === 'stopped') {
    return { id: 'F-005', severity: 'info', summary: 'no sync daemon', remediation: null }
  }
  if (state === 'crashed') {
    const summary = `the recorded sync daemon is not running (${at})`
    return { id: 'F-005', severity: 'info', summary, remediation: null }
  }
  if (state !== 'wedged') return null
  return {
    id: 'F-005',
    severity: 'critical',
    summary: `the sync daemon (${at}) does not answer`,
    remediation: { command: WORDS.sync.stop, description: 'ends it' },
  }
}

/**
 * Reports a daemon that commands cannot reach from here, or one that crashed. The next command replaces a crashed one.
 */
function outOfReach({ status }: Seen): Finding | null {
  const { state, why, since, pid, port } = status
  const at = `the sync daemon (process ${pid ?? 'unknown'}, port ${port ?? 'unknown'})`
  if (state === 'unreachable' || state === 'elsewhere') {
    return {
      id: state === 'unreachable' ? 'F-013' : 'F-014',
      severity: 'warn',
      summary: `${at} is ${state}: ${why}; use it where it runs, or ${OTHER_ROOT}`,
      remediation: null,
    }
  }
  if (state !== 'crashed') return null
  const when = since === null ? '' : `, last alive ${since}`
  return {
    id: 'F-015',
    severity: 'info',
    summary: `${at} crashed${when}: ${why}`,
    remediation: { command: 'spec-kitty sync start', description: 'starts a new one' },
  }
}

function configUnreadable({ config }: Seen): Finding | null {
  if (config.state !== 'unreadable') return null
  return {
    id: 'F-012',
    severity: 'warn',
    summary: `${config.path} cannot be read (${config.why}): commands start no daemon by themselves`,
    remediation: null,
  }
}

function nearlyFull({ seen }: Seen): Finding | null {
  const { from, to } = seen.family.ports
  const used = new Set(seen.candidates.flatMap(({ observation }) => observation.port ?? [])).size
  if (used < (to - from) * NEARLY_FULL) return null
  return {
    id: 'F-010',
    severity: 'warn',
    summary: `${used} of the ${to - from} ports ${from}-${to - 1} are in use`,
    remediation: null,
  }
}

/**
 * Reports that a predecessor's daemon serves this root too and is left alone. (If commands would replace it, F-004
 * does.)
 */
function predecessorToo({ seen }: Seen): Finding | null {
  const theirs = seen.candidates.find(
    (candidate) =>
      candidate.facts.singleton_here === 'yes' &&
      (candidate.facts.marker !== 'yes' || candidate.facts.marker_here === 'yes') &&
      candidate.observation.report !== null &&
      candidate.observation.shape?.lineage === 'predecessor',
  )
  if (theirs === undefined || isReplaced(theirs, seen)) return null
  const { report, port } = theirs.observation
  return {
    id: 'F-011',
    severity: 'info',
    summary: `the Python spec-kitty ${report?.packageVersion} keeps a daemon on this root too (port ${port})`,
    remediation: null,
  }
}
