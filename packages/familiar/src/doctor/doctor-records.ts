import type { CleanUpReport } from '../act/clean-up.js'
import type { FailureReason } from '../act/terminate-process.js'
import type { Candidate, Scan } from '../observe/scan.js'
import { identityRecord, type Tool } from './identity-record.js'
import { withRemedy, type DoctorRecord } from './choose-remedy.js'

/**
 * Returns the doctor's record of each candidate of a scan. `report`: the clean-up before the scan, if any. A command that
 * this clean-up has just tried without success is not suggested again.
 */
export function rowsOf(
  seen: Scan,
  tool: Tool,
  report: CleanUpReport | null,
): ReadonlyMap<Candidate, DoctorRecord> {
  const failures = failuresOf(report)
  return new Map(
    seen.candidates.map((candidate) => {
      const record = identityRecord(candidate, seen, tool)
      return [candidate, withRemedy(record, candidate, seen, tool, failures.get(keyOf(candidate)))]
    }),
  )
}

function failuresOf(report: CleanUpReport | null): ReadonlyMap<string, FailureReason> {
  const entries = report?.entries ?? []
  return new Map(
    entries.flatMap(({ candidate, result }) =>
      result.outcome === 'failed' ? [[keyOf(candidate), result.reason] as const] : [],
    ),
  )
}

function keyOf({ observation: { pid, port, process } }: Candidate): string {
  return [pid, port, process?.startTime].join(' ')
}
