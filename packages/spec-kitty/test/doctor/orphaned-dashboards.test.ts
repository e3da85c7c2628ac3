import { describe, expect, it } from 'vitest'
import { dashboardFinding, searchDashboards } from '../../src/doctor/orphaned-dashboards.js'

describe('the finding about orphaned dashboards', () => {
  it('is one thing to know, with the command that asks; a script gets the one that does not', () => {
    expect(dashboardFinding([9237, 9240], 'people')).toEqual({
      id: 'F-024',
      severity: 'info',
      summary: '2 orphaned dashboards on ports 9237, 9240',
      remediation: {
        command: 'spec-kitty dashboard clean-up',
        commands: ['spec-kitty dashboard clean-up'],
        description: 'ends them; asks first',
        safe: true,
      },
    })
    expect(dashboardFinding([9237], 'script')).toMatchObject({
      summary: '1 orphaned dashboard on port 9237',
      remediation: { commands: ['spec-kitty dashboard clean-up --yes'], description: 'ends it' },
    })
  })

  it('names a few of many ports, and is absent where there is none', () => {
    const all = Array.from({ length: 100 }, (_, index) => 9237 + index)
    expect(dashboardFinding(all, 'people')?.summary).toBe(
      '100 orphaned dashboards on ports 9237, 9238, 9239, 9240, 9241, 9242, 9243, 9244 and 92 more',
    )
    expect(dashboardFinding([], 'people')).toBe(null)
  })
})

describe('the search', () => {
  it('finds nothing if it was never begun, and if it fails', async () => {
    const failing = {
      cwd: () => {
        throw new Error('the directory is gone')
      },
    }
    const search = searchDashboards(failing)
    expect(await search.ports()).toEqual([])
    search.beside.onListener()
    expect(await search.ports()).toEqual([])
    expect(search.beside.ports).toEqual({ from: 9237, to: 9337 })
  })
})
