import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { fillIn, renderTables } from '../../../../scripts/print-tables.mjs'

const document = readFileSync(new URL('../../../../docs/lifecycle.md', import.meta.url), 'utf8')
const tables = renderTables()

/** Returns what stands between a pair of markers. */
function sectionOf(name: string): string {
  const [, section = ''] = document.split(`<!-- table:${name} -->`)
  return section.split(`<!-- /table:${name} -->`)[0] ?? ''
}

describe('docs/lifecycle.md', () => {
  it.each(Object.keys(tables))('shows the table %s as the code has it (else: npm run docs)', (name) => {
    expect(sectionOf(name).trim()).toBe(tables[name]?.trim())
  })

  it('is what `npm run docs` would write', () => {
    expect(fillIn(document, tables)).toBe(document)
  })

  it('has every pair of markers once', () => {
    for (const name of Object.keys(tables)) {
      expect(document.split(`<!-- table:${name} -->`)).toHaveLength(2)
      expect(document.split(`<!-- /table:${name} -->`)).toHaveLength(2)
    }
  })
})

describe('the printed tables', () => {
  it('have a line for every row, in words', () => {
    expect(tables['sync']).toContain(
      '| S3a | spawn_shape is no or unknown; self_report is no; answered_http is yes | never_touch | third_party |',
    )
    expect(tables['sync']).toContain(
      '| S3b | spawn_shape is no or unknown; self_report is no | never_touch | not_spec_kitty |',
    )
    expect(tables['sync']).toContain('| S10b | reachable is no | operator_required | unreachable |')
    expect(tables['sync']).toContain('| S14b | elsewhere is yes | operator_required | elsewhere |')
    expect(tables['sync']).toContain('| S2 | other_family is yes | never_touch | dashboard_family |')
    expect(tables['sync']).toContain('| S17 | anything else | operator_required | ambiguous |')
    expect(tables['dashboard']).toContain('| D2 | other_family is yes | never_touch | sync_family |')
    expect(tables['dashboard']).toContain(
      '| D10a | scope_agrees is no | operator_required | scope_mismatch |',
    )
    expect(tables['dashboard']).toContain(
      '| D10 | report_agrees is no | operator_required | pid_port_mismatch |',
    )
    expect(tables['dashboard']).toContain(
      '| D5b | part_of_singleton is yes | never_touch | part_of_singleton |',
    )
    expect(tables['plan']).toContain('| operator_required | show | leave | skip | retire_if_proven |')
  })

  it('cannot be put where their markers are missing', () => {
    expect(() => fillIn('# nothing', tables)).toThrow('the markers of the table sync are missing')
  })
})
