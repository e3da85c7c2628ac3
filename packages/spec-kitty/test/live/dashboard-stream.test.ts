import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { until } from '../helpers/dashboards.js'
import { makeDashboardTestEnv, type Dashboard, type DashboardTestEnv } from './dashboards.js'
import { get, openEvents, type EventStream } from './pages-wire.js'

/** What a client may rely on when it talks to a dashboard for long. */
let place: DashboardTestEnv
const streams: EventStream[] = []

beforeEach(() => {
  place = makeDashboardTestEnv()
})

afterEach(async () => {
  for (const stream of streams.splice(0)) stream.close()
  await place.end()
})

const PATHS = ['/api/missions', '/api/missions/none', '/api/missions/none/documents/spec.md', '/api/daemons']

async function helloOf({ port }: Dashboard) {
  const stream = await openEvents(port)
  streams.push(stream)
  expect(await until(() => stream.all.some(({ name }) => name === 'changed'), 60_000)).toBe(true)
  expect(stream.all.map(({ name }) => name)).toEqual(['hello', 'changed'])
  return stream.all[0]?.data
}

describe('a stream', () => {
  it('begins with who answers, and every reply names the same project', async () => {
    const [one, other] = [await place.start(place.project('one')), await place.start(place.project('other'))]
    const [hello, theirs] = [await helloOf(one), await helloOf(other)]
    expect(hello).toEqual({
      project: { id: expect.stringMatching(/^[0-9a-f]{16}$/), name: 'one', path: one.project },
      instance: expect.stringMatching(/^[0-9a-f]{16}$/),
      version: '4.0.0',
      page: expect.stringMatching(/^[0-9a-f]{16}$/),
    })
    expect([theirs.project.id === hello.project.id, theirs.instance === hello.instance]).toEqual([
      false,
      false,
    ])
    for (const path of PATHS) {
      const { headers } = await get(one.port, path)
      expect([path, headers['spec-kitty-project']]).toEqual([path, hello.project.id])
    }
    const page = await get(one.port, '/')
    expect(page.text).toContain(`<meta name="page-build" content="${hello.page}" />`)
    expect(JSON.stringify(hello)).not.toContain(one.token)
  })

  it('tells a dashboard that was started again from the one before, and not their projects', async () => {
    const project = place.project('one')
    const before = await helloOf(await place.start(project))
    expect((await place.run(project, ['dashboard', '--stop'])).status).toBe(0)
    const after = await helloOf(await place.start(project))
    expect(after).toEqual({ ...before, instance: expect.not.stringMatching(before.instance) })
  })

  it('says something every ten seconds, also when nothing happens', { timeout: 240_000 }, async () => {
    const { port, project } = await place.start(place.project('one'))
    const stream = await openEvents(port)
    streams.push(stream)
    const beats = (): number => stream.all.filter(({ name }) => name === 'heartbeat').length
    expect(await until(() => beats() === 2, 60_000)).toBe(true)
    writeFileSync(join(project, 'README.md'), 'not shown')
    expect(stream.events).toEqual([{ missions: null }])
  })
})
