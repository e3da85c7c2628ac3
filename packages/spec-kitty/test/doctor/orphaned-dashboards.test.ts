import { describe, expect, it } from 'vitest'
import { dashboardFinding, searchDashboards } from '../../src/doctor/orphaned-dashboards.js'

describe('the finding about orphaned dashboards', () => {
  it('is one thing to know, with the command that asks; a script gets the one that does not', () => {
    expect(dashboardFinding({ stale: [9237, 9240], open: [] }, 'people')).toEqual({
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
    expect(dashboardFinding({ stale: [9237], open: [] }, 'script')).toMatchObject({
      summary: '1 orphaned dashboard on port 9237',
      remediation: { commands: ['spec-kitty dashboard clean-up --yes'], description: 'ends it' },
    })
  })

  it('counts those that need a decision, with the command that shows them', () => {
    expect(dashboardFinding({ stale: [9237], open: [9239] }, 'people')).toMatchObject({
      severity: 'info',
      summary: '2 orphaned dashboards on ports 9237, 9239: 1 can be ended, 1 needs a decision',
      remediation: {
        commands: ['spec-kitty dashboard clean-up'],
        description: 'ends what is proven stale; asks first; shows the command for the rest',
        safe: true,
      },
    })
    for (const form of ['people', 'script'] as const)
      expect(dashboardFinding({ stale: [], open: [9239] }, form)).toMatchObject({
        summary: '1 orphaned dashboard on port 9239: 1 needs a decision',
        remediation: {
          commands: ['spec-kitty dashboard clean-up --dry-run'],
          description: 'shows it, and the command for it',
        },
      })
  })

  it('has no command that must fail where no clean-up can work', () => {
    const obstacle = { id: 'F-021', problem: '/h is on a read-only file system' }
    expect(dashboardFinding({ stale: [9237], open: [] }, 'people', obstacle)?.remediation).toMatchObject({
      commands: ['spec-kitty explain F-021'],
      description: 'nothing can be done about it now: /h is on a read-only file system',
    })
  })

  it('names a few of many ports, and is absent where there is none', () => {
    const all = Array.from({ length: 100 }, (_, index) => 9237 + index)
    expect(dashboardFinding({ stale: all, open: [] }, 'people')?.summary).toBe(
      '100 orphaned dashboards on ports 9237, 9238, 9239, 9240, 9241, 9242, 9243, 9244 and 92 more',
    )
    expect(dashboardFinding({ stale: [], open: [] }, 'people')).toBe(null)
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
    expect(await search.found()).toEqual({ stale: [], open: [] })
    search.beside.onListener()
    expect(await search.found()).toEqual({ stale: [], open: [] })
    expect(search.beside.ports).toEqual({ from: 9237, to: 9337 })
  })
})
