import { definitionOf, type Daemon } from '../define/define-daemon.js'
import { identityRecord, type Tool } from '../doctor/identity-record.js'
import { withRemedy, type DoctorRecord } from '../doctor/choose-remedy.js'
import type { Candidate, Scan } from '../observe/scan.js'
import { userName } from '../observe/user-name.js'

/** Returns the facts about the daemon's tool that the doctor needs. */
export function toolOf(daemon: Daemon, record?: Tool['record']): Tool {
  const { words, self } = definitionOf(daemon)
  return { words, self, userName, ...(record === undefined ? {} : { record }) }
}

/**
 * Returns a candidate of the daemon's scan as `doctor --json` prints it: its identity, its class with the reason, and the
 * remedy.
 */
export function describeCandidate(daemon: Daemon, candidate: Candidate, seen: Scan): DoctorRecord {
  const tool = toolOf(daemon)
  return withRemedy(identityRecord(candidate, seen, tool), candidate, seen, tool)
}
