import { forceCommand } from '../define/hints.js'
import type { Candidate, Scan } from '../observe/scan.js'
import { isEndedByStop, scopeDaemon } from '../observe/scope-daemon.js'
import { isSpared } from '../observe/spared.js'
import type { IdentityRecord, Tool } from './identity-record.js'

/** An identity record with its remedy: a command, or a short instruction if no command helps. */
export type DoctorRecord = IdentityRecord & { readonly remedy: string | null }

/** Returns the record with its remedy; never null for operator_required, always null for never_touch. */
export function withRemedy(
  record: IdentityRecord,
  candidate: Candidate,
  seen: Scan,
  tool: Pick<Tool, 'words' | 'isProject'>,
): DoctorRecord {
  return { ...record, remedy: remedyFor(record, candidate, seen, tool) }
}

function remedyFor(
  record: IdentityRecord,
  candidate: Candidate,
  seen: Scan,
  { words, isProject }: Pick<Tool, 'words' | 'isProject'>,
): string | null {
  const { proof, observation } = candidate
  if (record.cleanup_class === 'never_touch') return null
  const { clean, stop, showElsewhere, inScope } = words
  if (record.cleanup_class === 'safe_auto') return clean
  const force = forceCommand(words.clean, record.port)
  if (record.skip_reason === 'other_user')
    return `as ${ownerOf(observation)}: ${inScope(record.daemon_root)}${clean}`
  if (!isProject && isWedgedHere(candidate, seen)) return stop
  if (record.in_use_by !== null) return showElsewhere(record.in_use_by)
  if (isSpared(candidate, seen)) return 'nothing can be done from here: use it where it runs'
  if (proof === null) return 'its process is not seen whole from here: look at it as root, or where it runs'
  return record.skip_reason === 'starting' ? `wait 30 s, then: ${clean}` : force
}

/**
 * Returns whether it is this user's own daemon, does not answer, and is ended by `stop`, which F-005 and `status` suggest too:
 * then it needs no `--force`. (That of a project is stopped only in its directory, which is not where its doctor must run.)
 */
function isWedgedHere(candidate: Candidate, seen: Scan): boolean {
  const { verdict, facts } = candidate
  const isWedged =
    verdict.reason === 'unresponsive' || (verdict.reason === 'pre_marker' && facts.self_report === 'no')
  return isWedged && candidate === scopeDaemon(seen) && isEndedByStop(candidate, seen)
}

function ownerOf(observation: Candidate['observation']): string {
  const user = observation.process?.user ?? observation.listeners[0]?.user
  return user == null ? 'its user' : `its user (${user})`
}
