import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { dashboardsOf, lives } from '../helpers/dashboards.js'
import { listenersOn } from '../helpers/machine.js'
import { makeAlias, treatment, WAYS, type Alias } from './aliases.js'
import { FROM, makeDashboardTestEnv, TO, type Dashboard, type DashboardTestEnv } from './dashboards.js'

/**
 * One project with two paths. Its locks are the same files at both, so there is one dashboard; every command at the other
 * path finds it, or says clearly at which path it is to be used. (Roots: alias-root.test.ts.)
 */
let place: DashboardTestEnv
let project: string
let alias: Alias | null

beforeEach(() => {
  place = makeDashboardTestEnv()
  project = place.project('above/project')
  alias = null
})

afterEach(async () => {
  alias?.remove()
  await place.end()
})

function expectOnly(dashboard: Dashboard): void {
  expect([lives(dashboard), dashboardsOf(place.base).length]).toEqual([true, 1])
  expect(listenersOn(FROM, TO)).toEqual([{ port: dashboard.port }])
}

/** What the commands at the other path make of the dashboard. */
async function treatments(at: string, { pid }: Dashboard) {
  const start = await place.json(at, ['dashboard'])
  const status = await place.json(at, ['dashboard', '--status'])
  const isRunning = status.document.state === 'running' && status.document.pid === pid
  return {
    start: treatment(start, start.document.pid === pid, pid, project),
    status: treatment(status, isRunning, pid, project),
  }
}

describe.each(WAYS)('a project with %s as its second path', (way) => {
  it('has one dashboard, whatever runs at the other path', async (context) => {
    const dashboard = await place.start(project)
    alias = makeAlias(context, way, project, place.base)
    for (const args of [
      ['dashboard'],
      ['dashboard', '--cleanup-all', '--yes'],
      ['dashboard', '--cleanup-all', '--yes', '--force'],
      ['dashboard'],
    ]) {
      await place.run(alias.path, args)
      expectOnly(dashboard)
    }
    const { document } = await place.json(project, ['dashboard'])
    expect(document).toMatchObject({ outcome: 'found', pid: dashboard.pid })
  })

  it('start, status and stop at the other path agree about it', async (context) => {
    const dashboard = await place.start(project)
    alias = makeAlias(context, way, project, place.base)
    const { start: how, status } = await treatments(alias.path, dashboard)
    expect(['found', 'told']).toContain(how)
    expect(status).toBe(how)
    expectOnly(dashboard)
    const stop = await place.json(alias.path, ['dashboard', '--stop'])
    const isStopped = stop.document.outcome === 'stopped'
    expect(treatment(stop, isStopped, dashboard.pid, project)).toBe(how)
    expect(lives(dashboard)).toBe(how === 'told')
    expect((await place.run(project, ['dashboard', '--stop'])).status).toBe(0)
    expect([lives(dashboard), dashboardsOf(place.base)]).toEqual([false, []])
  })
})
