import type { ProvenProcess } from '../../src/identity/proof.js'
import type { Candidate, Scan } from '../../src/observe/scan.js'

/** Returns the one candidate on a port. Throws when there is none, or more than one. */
export function candidateAt(seen: Scan, port: number): Candidate {
  const [candidate, ...others] = seen.candidates.filter(({ observation }) => observation.port === port)
  if (candidate === undefined || others.length > 0) {
    throw new Error(
      `expected one candidate on port ${port}, not ${candidate === undefined ? 0 : others.length + 1}`,
    )
  }
  return candidate
}

/** Returns class, reason and row of the one candidate on a port. */
export function verdictAt(seen: Scan, port: number): readonly [string, string | null, string] {
  const { verdict } = candidateAt(seen, port)
  return [verdict.class, verdict.reason, verdict.rule]
}

/** Returns the proof for the one candidate on a port. Throws when the scan proved nothing about it. */
export function proofAt(seen: Scan, port: number): ProvenProcess {
  const { proof } = candidateAt(seen, port)
  if (proof === null) throw new Error(`the scan proved nothing about the process on port ${port}`)
  return proof
}

/** The verdict on a daemon that may be cleaned without asking. */
export const SAFE = ['safe_auto', null, 'S16'] as const
