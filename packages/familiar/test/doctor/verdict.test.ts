import { describe, expect, it } from 'vitest'
import type { Finding } from '../../src/doctor/finding.js'
import { remediationOf } from '../../src/doctor/remedy.js'
import { verdictOf } from '../../src/doctor/verdict.js'

const REMEDY = remediationOf({ commands: ['tool explain F-011', 'b'], description: 'why', safe: true })

function finding(severity: Finding['severity'], remediation: Finding['remediation'] = null): Finding {
  return { id: `${severity} ${remediation === null ? 'quiet' : 'loud'}`, severity, summary: '', remediation }
}

describe('the verdict', () => {
  it('counts warnings and what is critical as problems, whether anything can be done or not', () => {
    const findings = [finding('warn'), finding('info'), finding('critical', REMEDY)]
    expect(verdictOf(findings)).toEqual({ problems: [findings[0], findings[2]], things: [] })
  })

  it('counts what is worth knowing apart, and leaves out what is the normal state', () => {
    const findings = [finding('info'), finding('info', REMEDY)]
    expect(verdictOf(findings)).toEqual({ problems: [], things: [findings[1]] })
    expect(verdictOf([])).toEqual({ problems: [], things: [] })
  })

  it('the first command of a remedy is told apart, for readers of earlier versions', () => {
    expect(REMEDY).toEqual({
      command: 'tool explain F-011',
      commands: ['tool explain F-011', 'b'],
      description: 'why',
      safe: true,
    })
  })
})
