import type { Finding } from './finding.js'

/** The findings that are shown to people. Each list has the order in which the doctor found them. */
export interface DoctorVerdict {
  /** The findings of severity warn or critical. */
  readonly problems: readonly Finding[]
  /**
   * The findings of severity info that have a remedy. An info finding without a remedy describes a normal state (no
   * daemon runs, or there is no session and none is needed). Such a finding is in the JSON document but is not shown to
   * people.
   */
  readonly things: readonly Finding[]
}

/** Sorts the findings into problems and things that are only worth knowing. Pure. */
export function verdictOf(findings: readonly Finding[]): DoctorVerdict {
  return {
    problems: findings.filter(({ severity }) => severity !== 'info'),
    things: findings.filter(({ severity, remediation }) => severity === 'info' && remediation !== null),
  }
}
