import type { Finding } from './findings.js'

/** What a person must know of the findings, in their order. */
export interface DoctorVerdict {
  /** Of severity warn or critical. */
  readonly problems: readonly Finding[]
  /**
   * Of severity info, with a remedy. An info finding without one is the normal state of a machine (no daemon runs, there is no
   * session and none is needed): it is in the document, and people are not bothered with it.
   */
  readonly things: readonly Finding[]
}

/** Returns which findings are problems, and which are only worth knowing. Pure. */
export function verdictOf(findings: readonly Finding[]): DoctorVerdict {
  return {
    problems: findings.filter(({ severity }) => severity !== 'info'),
    things: findings.filter(({ severity, remediation }) => severity === 'info' && remediation !== null),
  }
}
