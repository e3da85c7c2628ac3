import { isSpared, scopeDaemon, type Candidate, type Scan } from 'familiar'
import { forceCommand, WORDS } from '../daemons/words.js'
import type { IdentityRecord } from './identity-record.js'

/** An identity record with its remedy: a command, or a short instruction if no command helps. */
export type DoctorRecord = IdentityRecord & { readonly remedy: string | null }

/** Returns the record with its remedy; never null for operator_required, always null for never_touch. */
export function withRemedy(record: IdentityRecord, candidate: Candidate, seen: Scan): DoctorRecord {
  return { ...record, remedy: remedyFor(record, candidate, seen) }
}

function remedyFor(record: IdentityRecord, candidate: Candidate, seen: Scan): string | null {
  const { proof, observation } = candidate
  if (record.cleanup_class === 'never_touch') return null
  const commands = WORDS[record.scanned_family === 'dashboard' ? 'dashboard' : 'sync']
  const { clean, stop, showElsewhere, inScope } = commands
  if (record.cleanup_class === 'safe_auto') return clean
  const force = forceCommand(commands, record.port)
  if (record.skip_reason === 'other_user')
    return `as ${ownerOf(observation)}: ${inScope(record.daemon_root)}${clean}`
  if (isWedgedHere(candidate, seen)) return stop
  if (record.in_use_by !== null) return showElsewhere(record.in_use_by)
  if (isSpared(candidate, seen)) return 'nothing can be done from here: use it where it runs'
  if (proof === null) return 'its process is not seen whole from here: look at it as root, or where it runs'
  return record.skip_reason === 'starting' ? `wait 30 s, then: ${clean}` : force
}

/** This root's own wedged daemon needs no `--force`: `sync stop` ends it, which F-005 and `sync status` suggest too. */
function isWedgedHere(candidate: Candidate, seen: Scan): boolean {
  const isSync = seen.family.name === 'sync'
  return isSync && candidate.verdict.reason === 'unresponsive' && candidate === scopeDaemon(seen)
}

function ownerOf(observation: Candidate['observation']): string {
  const user = observation.process?.user ?? observation.listeners[0]?.user
  return user == null ? 'its user' : `its user (${user})`
}
