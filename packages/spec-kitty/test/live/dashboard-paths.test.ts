import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { fileName } from '../../../../stand-ins/file-name.mjs'
import { writeDashboardRecord } from '../../../../stand-ins/predecessor.mjs'
import { lives } from '../helpers/dashboards.js'
import { makeDashboardTestEnv, type DashboardTestEnv } from './dashboards.js'

/** Projects whose names Python's `repr` escapes: their dashboards are read, and decided on, as any other. */
const NAMES = [
  'tab\there',
  'line\nbreak',
  'carriage\rreturn',
  'escape\u001b[31m',
  'no\u00a0break',
  'soft\u00adhyphen',
  'zero\u200bwidth',
  'line\u2028separator',
  'back\\slash',
  'back\\nslash',
  "it's",
  `it's "both"`,
  '日本 🐈',
  'tag\u{e0001}',
  // Bytes that are no UTF-8, each a lone surrogate here.
  'caf\udce9',
  '\udc93\udcfa\udc96{',
]

/** What a program of ours can be given: Node reads its working directory as UTF-8. */
const OURS = [`tab\there "it's"`, 'line\nbreak \u001b[31m zero\u200bwidth']

let place: DashboardTestEnv

beforeEach(() => {
  place = makeDashboardTestEnv()
})

afterEach(() => place.end())

function makeProject(name: string): string {
  const project = join(place.base, 'projects', name)
  mkdirSync(fileName(join(project, '.kittify')), { recursive: true })
  return project
}

async function candidates(...more: readonly string[]): Promise<readonly any[]> {
  const { document } = await place.json(place.base, ['dashboard', '--cleanup-all', ...more])
  return document.candidates
}

const rowsOf = (rows: readonly any[]) => rows.map((row) => [row.daemon_root, row.rule, row.skip_reason])

describe("predecessors' dashboards in projects with odd names", () => {
  it('are young without a record, spared with one, and cleaned once their projects are gone', async () => {
    const all = await Promise.all(
      NAMES.map((name, index) => place.predecessor(9240 + index, makeProject(name))),
    )
    // Not unreadable.
    expect(rowsOf(await candidates('--dry-run'))).toEqual(
      all.map(({ project }) => [project, 'D12', 'starting']),
    )

    for (const { project, port, token, pid } of all) writeDashboardRecord(project, { port, token, pid })
    expect(rowsOf(await candidates('--dry-run'))).toEqual(
      all.map(({ project }) => [project, 'D5', 'is_recorded_singleton']),
    )
    expect((await candidates('--yes', '--force')).length).toBe(NAMES.length)
    expect(all.filter((one) => !lives(one))).toEqual([])

    for (const { project } of all) rmSync(fileName(project), { recursive: true })
    // Beside them, two whose names look alike.
    const kept = await place.predecessor(9300, makeProject('caf\udce8'), { record: true })
    const alike = await place.predecessor(9301, makeProject('caf\ufffd'), { record: true })
    const { document, status } = await place.json(place.base, ['dashboard', '--cleanup-all', '--yes'])
    expect([status, document.failed, document.skipped]).toEqual([0, [], []])
    expect(document.swept.map(({ port }: { port: number }) => port).toSorted()).toEqual(
      NAMES.map((_, index) => 9240 + index),
    )
    expect([all.filter(lives), lives(kept), lives(alike)]).toEqual([[], true, true])
  })
})

describe('a dashboard of ours in a project with an odd name', () => {
  it.for(OURS)('%j: is started, found, told, spared and stopped', async (name) => {
    const project = makeProject(name)
    const ours = await place.start(project)
    expect((await place.start(project)).pid).toBe(ours.pid)
    expect((await place.json(project, ['dashboard', '--status'])).document).toMatchObject({ pid: ours.pid })
    expect(rowsOf(await candidates('--yes', '--force'))).toEqual([[project, 'D5', 'is_recorded_singleton']])
    const { status } = await place.run(project, ['dashboard', '--stop'])
    expect([status, lives(ours)]).toEqual([0, false])
  })
})
