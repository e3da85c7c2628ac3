import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { times } from '../../../familiar/test/helpers/counts.js'
import { dashboardsOf, healthOn, lineOf } from '../helpers/dashboards.js'
import { listenersOn } from '../helpers/machine.js'
import { FROM, makeDashboardTestEnv, recorded, TO, type DashboardTestEnv } from './dashboards.js'

/** Many commands at once. */
let place: DashboardTestEnv

beforeAll(() => {
  place = makeDashboardTestEnv()
})

afterAll(() => place.end())

const HERD = times(10, 16)
const BUSY = { timeout: 180_000 }
const NUMBERS = Array.from({ length: HERD }, (_, index) => index)

describe(`${HERD} commands at once`, BUSY, () => {
  it('in one project start one dashboard, and all print its URL', async () => {
    const project = place.project('one')
    const ran = await Promise.all(NUMBERS.map(() => place.json(project, ['dashboard'])))
    const { pid, port, url } = recorded(project)
    expect(ran.map(({ status }) => status)).toEqual(NUMBERS.map(() => 0))
    for (const { document, stderr } of ran) {
      expect(document).toMatchObject({ pid, port, url: `${url}/`, project })
      expect(lineOf(stderr)).toEqual([])
    }
    expect(ran.filter(({ document }) => document.outcome === 'started')).toHaveLength(1)
    expect(dashboardsOf(project).map((one) => one.pid)).toEqual([pid])
    expect(listenersOn(FROM, TO)).toEqual([{ port }])
  })

  it('in as many projects start as many, each with its own port and its own project', async () => {
    const projects = NUMBERS.map((index) => place.project(`project ${index}`))
    const ran = await Promise.all(projects.map((project) => place.run(project, ['dashboard'])))
    expect(ran.map(({ status, stderr }) => [status, stderr])).toEqual(NUMBERS.map(() => [0, '']))
    const started = projects.map(recorded)
    expect(new Set(started.map(({ port }) => port)).size).toBe(HERD)
    for (const [index, { project, url, pid }] of started.entries()) {
      expect(ran[index]?.stdout).toBe(`${url}/\n`)
      expect(dashboardsOf(project).map((one) => one.pid)).toEqual([pid])
    }
    for (const { project, port } of started) {
      expect(await healthOn(port)).toMatchObject({ daemon_family: 'dashboard', project_path: project })
    }
    expect(listenersOn(FROM, TO)).toHaveLength(HERD + 1)
  })

  it('stop at once too: one says that it did, none fails', async () => {
    const project = place.project('one')
    const stop = () => place.json(project, ['dashboard', '--stop'])
    const ran = await Promise.all([stop(), stop(), stop(), stop()])
    expect(ran.map(({ status }) => status)).toEqual([0, 0, 0, 0])
    expect(ran.map(({ document }) => document.outcome).toSorted()).toEqual([
      'none',
      'none',
      'none',
      'stopped',
    ])
    expect(dashboardsOf(project)).toEqual([])
  })
})
