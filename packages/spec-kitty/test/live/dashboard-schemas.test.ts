import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Ajv2020, type AnySchemaObject } from 'ajv/dist/2020.js'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { writeRealisticProject } from '../../../../scripts/realistic-project.mjs'
import { fillProject, makeProject, MISSION, type DashboardProject } from './pages-project.js'
import { get, openEvents } from './pages-wire.js'
import { until, type Daemon } from './sync-root.js'

/** Every reply of a real dashboard, compared with the schema in the documentation. */

const SCHEMAS = fileURLToPath(new URL('../../../../docs/schemas/dashboard/', import.meta.url))

const ajv = new Ajv2020({ allErrors: true, strict: true, strictRequired: false, strictTypes: false })
ajv.addFormat('date-time', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
for (const name of readdirSync(SCHEMAS)) {
  ajv.addSchema(JSON.parse(readFileSync(`${SCHEMAS}${name}`, 'utf8')) as AnySchemaObject)
}

let project: DashboardProject
let daemon: Daemon

beforeAll(() => {
  project = makeProject()
  fillProject(project)
  writeRealisticProject(project.path, { missions: 30 })
  daemon = project.start()
})

afterAll(() => project?.end())

/** What a reply has that its schema does not say, and the other way round. */
function complaintsOf(name: string, text: string): readonly string[] {
  const validate = ajv.getSchema(`dashboard/${name}.schema.json`)
  if (validate === undefined) return [`there is no schema ${name}`]
  void validate(JSON.parse(text))
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`)
}

describe('every reply', () => {
  it('is what its schema says', async () => {
    const missions: readonly { readonly id: string }[] = JSON.parse(
      (await get(daemon.port, '/api/missions')).text,
    ).missions
    const routes: (readonly [string, string, number])[] = [
      ['missions', '/api/missions', 200],
      ['now', '/api/now', 200],
      ['charter', '/api/charter', 200],
      ['search', '/api/search?q=daemon', 200],
      ['search', '/api/search?q=WP01', 200],
      ['daemons', '/api/daemons', 200],
      ['document', `/api/missions/${MISSION}/documents/spec.md`, 200],
      ['document', `/api/missions/${MISSION}/documents/${encodeURIComponent('tasks/WP01-start.md')}`, 200],
      ['error', '/api/search?q=', 400],
      ['error', '/api/missions/none', 404],
      ['error', '/api/nothing', 401],
      ...missions.map(({ id }) => ['mission', `/api/missions/${encodeURIComponent(id)}`, 200] as const),
    ]
    expect(missions.length).toBeGreaterThan(30)
    for (const [name, path, expected] of routes) {
      const { status, text } = await get(daemon.port, path)
      expect([path, status, complaintsOf(name, text)]).toEqual([path, expected, []])
    }
  })

  it('is that of the stream too', async () => {
    const stream = await openEvents(daemon.port)
    expect(await until(() => stream.all.some(({ name }) => name === 'changed'), 60_000)).toBe(true)
    stream.close()
    const told = Object.fromEntries(stream.all.map(({ name, data }) => [name, data]))
    const all = { watch: { blind: null }, heartbeat: {}, ...told }
    expect(complaintsOf('events', JSON.stringify(all))).toEqual([])
  })

  it('has a schema that refuses what it does not name', () => {
    expect(complaintsOf('error', '{"error":"a","more":1}')).toEqual([' must NOT have additional properties'])
    expect(complaintsOf('now', '{}')).toHaveLength(9)
  })
})
