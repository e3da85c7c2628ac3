import { missingProofs } from '../classify/replacement-proofs.js'
import type { Words } from '../define/options.js'
import { versionRelation, type VersionRelation } from '../identity/versions.js'
import type { Candidate, Scan } from '../observe/scan.js'
import { isEndedByStop, isPredecessorAlone, recordOf, scopeDaemon } from '../observe/scope-daemon.js'
import type { Finding, Seen } from './finding.js'
import { remediationOf, type Remedy } from './remedy.js'

/**
 * Reports that this scope's daemon and this command have different versions. Commands replace an older daemon, use any
 * other that speaks the same protocol, and fail if the protocol is newer.
 */
export function otherVersion({ seen, self, words, uninstalled }: Seen): Finding | null {
  const found = scopeDaemon(seen)
  const { report, shape } = found?.observation ?? {}
  if (found === null || report == null || shape == null) return null
  if (shape.implementation === 'predecessor' && !isReplaced(found, seen)) return null
  const { packageVersion, protocolVersion } = report
  const buildTime = recordOf(found, seen)?.buildTime ?? null
  const standing = versionRelation(
    { implementation: shape.implementation, packageVersion, protocolVersion, buildTime },
    self,
  )
  if (standing === 'same') return null
  const isLeft = uninstalled?.has(found) === true
  const theirs = shape.implementation === 'predecessor' ? ` of ${words.predecessor}` : ''
  return {
    id: 'F-004',
    severity: 'warn',
    summary: `the ${words.title}${theirs} is version ${packageVersion}, protocol ${protocolVersion}; this command is version ${self.packageVersion}, protocol ${self.protocolVersion}`,
    remediation: remediationOf(
      replacing(
        isLeft ? 'gone' : standing,
        isReplaceable(found, seen),
        found.proof !== null && isEndedByStop(found, seen),
        words,
      ),
    ),
  }
}

/**
 * `start` replaces a daemon that is older, or whose own installation is gone, only if every proof is present. `restart`
 * stops the daemon first, as `stop` does. The description names `stop` for a user who wants no daemon at all.
 */
function replacing(
  standing: VersionRelation | 'gone',
  isProven: boolean,
  isStopped: boolean,
  { start, restart, stop }: Words,
): Remedy {
  const or = isStopped ? `; to end it only: ${stop}` : ''
  if (standing === 'older' || standing === 'gone') {
    const command = isProven ? start : restart
    const why = standing === 'gone' ? ': its own installation is gone' : ''
    return { commands: [command], description: `replaces it by one of this version${why}${or}`, safe: false }
  }
  const description =
    standing === 'unordered'
      ? `replaces it by one of this version; which of the two is newer cannot be told${or}`
      : 'goes back to this version; better, use the newer one'
  return { commands: [restart], description, safe: false }
}

/**
 * Returns whether commands would replace this predecessor's daemon. This requires every proof about the daemon, and that
 * each record of the scope is absent or is the predecessor's.
 */
export function isReplaced(daemon: Candidate, seen: Scan): boolean {
  return isPredecessorAlone(seen) && isReplaceable(daemon, seen)
}

function isReplaceable(daemon: Candidate, seen: Scan): boolean {
  return missingProofs(daemon, seen.context, recordOf(daemon, seen)).length === 0
}
